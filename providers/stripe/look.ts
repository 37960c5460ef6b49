import type { Stripe } from "stripe";
import type { ObservedInvoice, ObservedRefund } from "../../domain/observation.ts";
import type { EventSubject, Look, Seen } from "../provider.ts";
import { asking, askingFor } from "./errors.ts";
import { METADATA_SUBSCRIPTION } from "./metadata.ts";
import { idOf, readInvoice, readRefund, readSession, readSubscription } from "./read.ts";

/** How many of the newest invoices are read at each look; older ones only when an event names them. */
const INVOICES_A_LOOK = 20;

/** Reads the current truth, and by its id each object that an event names (R4). */
export async function look(stripe: Stripe, at: Look): Promise<Seen> {
  const problems = new Map<string, string>();
  const session =
    at.sessionId === null
      ? null
      : await askingFor(() => stripe.checkout.sessions.retrieve(at.sessionId ?? ""));
  const subscriptionId =
    at.subscriptionId ??
    idOf(session?.subscription) ??
    at.named.find((subject) => subject.subscriptionId !== null)?.subscriptionId ??
    null;
  const [subscription, invoices, refunds] = await Promise.all([
    subscriptionId === null ? null : askingFor(() => stripe.subscriptions.retrieve(subscriptionId)),
    invoicesOf(stripe, subscriptionId, at.named, problems),
    refundsOf(stripe, at.named, problems),
  ]);
  return {
    session: session && readSession(session),
    subscription: subscription && readSubscription(subscription),
    invoices,
    refunds,
    problems,
  };
}

async function invoicesOf(
  stripe: Stripe,
  subscriptionId: string | null,
  named: readonly EventSubject[],
  problems: Map<string, string>,
): Promise<readonly ObservedInvoice[]> {
  if (subscriptionId === null) return [];
  const newest = await asking(() =>
    stripe.invoices.list({ subscription: subscriptionId, limit: INVOICES_A_LOOK, expand: ["data.payments"] }),
  );
  const known = new Set(newest.data.map((invoice) => invoice.id));
  const older = new Set(named.flatMap(({ invoiceId }) => (invoiceId === null ? [] : [invoiceId])));
  const invoices = newest.data.map(readInvoice);
  for (const id of older) {
    if (known.has(id)) continue;
    const invoice = await askingFor(() => stripe.invoices.retrieve(id, { expand: ["payments"] }));
    if (invoice === null) problems.set(id, `Stripe has no invoice ${id}`);
    else invoices.push(readInvoice(invoice));
  }
  return invoices.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

async function refundsOf(
  stripe: Stripe,
  named: readonly EventSubject[],
  problems: Map<string, string>,
): Promise<readonly ObservedRefund[]> {
  const refunds = new Map<string, ObservedRefund>();
  for (const { refundId, objectId, chargeId } of named) {
    if (refundId !== null && !refunds.has(refundId)) {
      const refund = await askingFor(() => stripe.refunds.retrieve(refundId));
      if (refund === null) problems.set(refundId, `Stripe has no refund ${refundId}`);
      else refunds.set(refund.id, readRefund(refund));
    } else if (chargeId !== null && objectId === chargeId) {
      // charge.refunded names the charge only: its refunds are listed (facts: providers A1).
      const page = await asking(() => stripe.refunds.list({ charge: chargeId, limit: 100 }));
      for (const refund of page.data) refunds.set(refund.id, readRefund(refund));
    }
  }
  return [...refunds.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** From a refund or charge to its payment, from there to the invoice, from there to the subscription (facts: A1). */
export async function trace(
  stripe: Stripe,
  subject: EventSubject,
): Promise<{ subscriptionId: string; reference: string | null } | null> {
  const subscriptionId =
    subject.subscriptionId ??
    (await subscriptionOfSession(stripe, subject.sessionId)) ??
    (await subscriptionOfInvoice(stripe, subject.invoiceId)) ??
    (await subscriptionOfPayment(stripe, await paymentOf(stripe, subject)));
  if (subscriptionId === null) return null;
  const subscription = await askingFor(() => stripe.subscriptions.retrieve(subscriptionId));
  return { subscriptionId, reference: subscription?.metadata[METADATA_SUBSCRIPTION] ?? null };
}

async function subscriptionOfSession(stripe: Stripe, sessionId: string | null): Promise<string | null> {
  if (sessionId === null) return null;
  return idOf((await askingFor(() => stripe.checkout.sessions.retrieve(sessionId)))?.subscription);
}

async function subscriptionOfInvoice(stripe: Stripe, invoiceId: string | null): Promise<string | null> {
  if (invoiceId === null) return null;
  const invoice = await askingFor(() => stripe.invoices.retrieve(invoiceId));
  return idOf(invoice?.parent?.subscription_details?.subscription);
}

async function paymentOf(stripe: Stripe, subject: EventSubject): Promise<string | null> {
  if (subject.paymentId !== null) return subject.paymentId;
  const { refundId, chargeId } = subject;
  if (refundId !== null) {
    const refund = await askingFor(() => stripe.refunds.retrieve(refundId));
    if (refund?.payment_intent) return idOf(refund.payment_intent);
  }
  if (chargeId === null) return null;
  return idOf((await askingFor(() => stripe.charges.retrieve(chargeId)))?.payment_intent);
}

async function subscriptionOfPayment(stripe: Stripe, paymentId: string | null): Promise<string | null> {
  if (paymentId === null) return null;
  const { data } = await asking(() =>
    stripe.invoicePayments.list({
      payment: { type: "payment_intent", payment_intent: paymentId },
      limit: 1,
      expand: ["data.invoice"],
    }),
  );
  const invoice = data[0]?.invoice;
  if (invoice === undefined || typeof invoice === "string" || !("parent" in invoice)) return null;
  return idOf(invoice.parent?.subscription_details?.subscription);
}
