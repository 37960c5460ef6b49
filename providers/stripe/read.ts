import type { Stripe } from "stripe";
import type {
  ObservedInvoice,
  ObservedRefund,
  ObservedSession,
  ObservedSubscription,
} from "../../domain/observation.ts";
import { ProviderError } from "../provider.ts";

/** Stripe's times are whole seconds; ours are milliseconds. */
const ms = (seconds: number): number => seconds * 1_000;
const msOrNull = (seconds: number | null | undefined): number | null => (seconds ? ms(seconds) : null);

export const idOf = (reference: string | { readonly id: string } | null | undefined): string | null =>
  typeof reference === "string" ? reference : (reference?.id ?? null);

const SESSION_STATES = ["open", "complete", "expired"] as const;

export function readSession(session: Stripe.Checkout.Session): ObservedSession {
  return {
    id: session.id,
    state: SESSION_STATES.find((state) => state === session.status) ?? "open",
    expiresAt: ms(session.expires_at),
    subscriptionId: idOf(session.subscription),
  };
}

/** @throws ProviderError when it has no item: no price, no period, nothing that we could have sold */
export function readSubscription(subscription: Stripe.Subscription): ObservedSubscription {
  const items = subscription.items.data;
  const [item] = items;
  if (item === undefined)
    throw new ProviderError("stripe", "refused", `subscription ${subscription.id} has no item`);
  // Since basil the period is the items'; several items bill together when the last of them does.
  const period = {
    start: ms(Math.min(...items.map((each) => each.current_period_start))),
    end: ms(Math.max(...items.map((each) => each.current_period_end))),
  };
  const quantity = item.quantity ?? 1;
  return {
    provider: "stripe",
    id: subscription.id,
    customerId: idOf(subscription.customer) ?? "",
    // A paused collection is paused (R12), though Stripe's status does not say so.
    status:
      subscription.pause_collection && subscription.status === "active" ? "paused" : subscription.status,
    priceId: item.price.id,
    // Other intervals are in no catalog, so their prices are not ours anyway.
    interval: item.price.recurring?.interval === "year" ? "year" : "month",
    quantity,
    price: { amount: (item.price.unit_amount ?? 0) * quantity, currency: item.price.currency },
    period,
    startedAt: ms(subscription.start_date),
    trialEnd: msOrNull(subscription.trial_end),
    // The API and the dashboard set the boolean, the customer portal sets the time (facts: providers A1).
    cancelAt: msOrNull(subscription.cancel_at) ?? (subscription.cancel_at_period_end ? period.end : null),
    canceledAt: msOrNull(subscription.canceled_at),
    endedAt: msOrNull(subscription.ended_at),
  };
}

const PAYMENT_STATES = ["open", "paid", "canceled"] as const;

export function readInvoice(invoice: Stripe.Invoice): ObservedInvoice {
  return {
    id: invoice.id ?? "",
    state: stateOf(invoice.status),
    due: { amount: invoice.amount_due, currency: invoice.currency },
    createdAt: ms(invoice.created),
    paidAt: msOrNull(invoice.status_transitions.paid_at),
    attempts: invoice.attempt_count,
    nextAttemptAt: msOrNull(invoice.next_payment_attempt),
    payments: (invoice.payments?.data ?? []).map((each) => ({
      id: idOf(each.payment.payment_intent) ?? idOf(each.payment.charge) ?? each.id,
      state: PAYMENT_STATES.find((state) => state === each.status) ?? "open",
      paid: { amount: each.amount_paid ?? 0, currency: each.currency },
    })),
  };
}

const INVOICE_STATES = ["draft", "open", "paid", "uncollectible", "void"] as const;

/** An invoice without a status, such as an upcoming one, is a draft. */
const stateOf = (status: Stripe.Invoice["status"]): ObservedInvoice["state"] =>
  INVOICE_STATES.find((state) => state === status) ?? "draft";

export function readRefund(refund: Stripe.Refund): ObservedRefund {
  return {
    id: refund.id,
    paymentId: idOf(refund.payment_intent) ?? idOf(refund.charge) ?? "",
    status: refund.status ?? "pending",
    refunded: { amount: refund.amount, currency: refund.currency },
    createdAt: ms(refund.created),
  };
}
