import type { EventSubject } from "../provider.ts";
import type { Ask } from "./ask.ts";
import { orNull } from "./ask.ts";
import { METADATA_SUBSCRIPTION } from "./metadata.ts";
import { idOf, subscriptionOf } from "./read.ts";

/** The subscription that an event is about after all, and our own id of it as its metadata says. */
export async function trace(
  ask: Ask,
  subject: EventSubject,
): Promise<{ subscriptionId: string; reference: string | null } | null> {
  const subscriptionId = await tracedSubscription(ask, subject);
  if (subscriptionId === null) return null;
  const subscription = await orNull(ask((stripe) => stripe.subscriptions.retrieve(subscriptionId)));
  return { subscriptionId, reference: subscription?.metadata[METADATA_SUBSCRIPTION] ?? null };
}

/** From a refund, dispute or charge to its payment, from there to the invoice, from there to the subscription (facts: A1). */
export const tracedSubscription = async (ask: Ask, subject: EventSubject): Promise<string | null> =>
  subject.subscriptionId ??
  (await ofSession(ask, subject.sessionId)) ??
  (await ofInvoice(ask, subject.invoiceId)) ??
  (await ofPayment(ask, subject.paymentId ?? (await paymentOf(ask, subject))));

async function ofSession(ask: Ask, id: string | null): Promise<string | null> {
  if (id === null) return null;
  return idOf((await orNull(ask((stripe) => stripe.checkout.sessions.retrieve(id))))?.subscription);
}

async function ofInvoice(ask: Ask, id: string | null): Promise<string | null> {
  if (id === null) return null;
  const invoice = await orNull(ask((stripe) => stripe.invoices.retrieve(id)));
  return invoice && subscriptionOf(invoice);
}

async function ofPayment(ask: Ask, id: string | null): Promise<string | null> {
  if (id === null) return null;
  const list = await orNull(
    ask((stripe) =>
      stripe.invoicePayments.list({
        payment: { type: "payment_intent", payment_intent: id },
        limit: 1,
        expand: ["data.invoice"],
      }),
    ),
  );
  const invoice = list?.data[0]?.invoice;
  // A deleted invoice is a bare id and a flag.
  if (typeof invoice === "object" && "lines" in invoice) return subscriptionOf(invoice);
  return ofInvoice(ask, idOf(invoice));
}

async function paymentOf(ask: Ask, subject: EventSubject): Promise<string | null> {
  const { refundId, disputeId, chargeId } = subject;
  const refund = refundId === null ? null : await orNull(ask((stripe) => stripe.refunds.retrieve(refundId)));
  const dispute =
    disputeId === null ? null : await orNull(ask((stripe) => stripe.disputes.retrieve(disputeId)));
  const paymentId = idOf(refund?.payment_intent) ?? idOf(dispute?.payment_intent);
  const charge = chargeId ?? idOf(refund?.charge) ?? idOf(dispute?.charge);
  if (paymentId !== null || charge === null) return paymentId;
  return idOf((await orNull(ask((stripe) => stripe.charges.retrieve(charge))))?.payment_intent);
}
