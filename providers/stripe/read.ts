import type { Stripe } from "stripe";
import type { DisputeStatus } from "../../domain/dispute.ts";
import type {
  ObservedChange,
  ObservedDispute,
  ObservedInvoice,
  ObservedPayment,
  ObservedRefund,
  ObservedSession,
  ObservedSubscription,
} from "../../domain/observation.ts";

/** Stripe's times are whole seconds; ours are milliseconds. */
export const ms = (seconds: number): number => seconds * 1_000;
export const msOrNull = (seconds: number | null | undefined): number | null =>
  typeof seconds === "number" ? ms(seconds) : null;

export const idOf = (reference: string | { readonly id: string } | null | undefined): string | null =>
  typeof reference === "string" ? reference : (reference?.id ?? null);

const SESSION_STATES = ["open", "complete", "expired"] as const;

/** Null: in a state that was added after this was written, so it cannot be said whether it can be paid. */
export const sessionState = (session: Stripe.Checkout.Session): ObservedSession["state"] | null =>
  SESSION_STATES.find((state) => state === session.status) ?? null;

/** Null: in a state that this version does not know. */
export function readSession(session: Stripe.Checkout.Session): ObservedSession | null {
  const state = sessionState(session);
  return state === null
    ? null
    : {
        id: session.id,
        state,
        expiresAt: ms(session.expires_at),
        subscriptionId: idOf(session.subscription),
      };
}

export function readSubscription(subscription: Stripe.Subscription): ObservedSubscription {
  const items = subscription.items.data;
  const [item] = items;
  const quantity = item?.quantity ?? 1;
  const period = periodOf(subscription, items);
  return {
    provider: "stripe",
    id: subscription.id,
    // The type promises a customer. Two without one must not be taken for one customer's.
    customerId: idOf(subscription.customer) ?? subscription.id,
    // A paused collection is paused (R12), though Stripe's status does not say so.
    status:
      subscription.pause_collection && subscription.status === "active" ? "paused" : subscription.status,
    // Without an item it sells nothing, and nothing is in no catalog.
    priceId: item?.price.id ?? "(none)",
    // Other intervals are in no catalog, so their prices are not ours anyway.
    interval: item?.price.recurring?.interval === "year" ? "year" : "month",
    quantity,
    price: {
      amount: item === undefined ? 0 : Math.round(unitAmount(item.price) * quantity),
      currency: item?.price.currency ?? subscription.currency,
    },
    period,
    startedAt: ms(subscription.start_date),
    trialEnd: msOrNull(subscription.trial_end),
    // The API and the dashboard set the boolean, the customer portal sets the time (facts: providers A1).
    cancelAt: msOrNull(subscription.cancel_at) ?? (subscription.cancel_at_period_end ? period.end : null),
    canceledAt: msOrNull(subscription.canceled_at),
    endedAt: msOrNull(subscription.ended_at),
    isEndedUnpaid: subscription.cancellation_details?.reason === "payment_failed",
    scheduled: scheduledChange(subscription),
  };
}

/** The first later phase of its schedule that sells something else. Null also where the schedule was not read with it. */
function scheduledChange({ schedule, items }: Stripe.Subscription): ObservedChange | null {
  const phase = typeof schedule === "object" ? schedule?.current_phase : null;
  if (!phase || typeof schedule !== "object") return null;
  const [now] = items.data;
  const changes = (schedule?.phases ?? []).flatMap(({ start_date, items: [item] }) => {
    const priceId = idOf(item?.price);
    const quantity = item?.quantity ?? 1;
    const isOther = priceId !== now?.price.id || quantity !== (now?.quantity ?? 1);
    return start_date >= phase.end_date && priceId !== null && isOther
      ? [{ at: ms(start_date), priceId, quantity }]
      : [];
  });
  return changes[0] ?? null;
}

/** Since basil the period is the items'; several items bill together when the last of them does. */
function periodOf(
  { start_date }: Stripe.Subscription,
  items: readonly Stripe.SubscriptionItem[],
): ObservedSubscription["period"] {
  if (items.length === 0) return { start: ms(start_date), end: ms(start_date) };
  return {
    start: ms(Math.min(...items.map((item) => item.current_period_start))),
    end: ms(Math.max(...items.map((item) => item.current_period_end))),
  };
}

/** In minor units. Fractions of one are in the decimal only; a price in tiers has no unit amount: 0. */
const unitAmount = ({ unit_amount, unit_amount_decimal }: Stripe.Price): number =>
  unit_amount ?? Number(unit_amount_decimal?.toString() ?? 0);

const INVOICE_STATES = ["draft", "open", "paid", "uncollectible", "void"] as const;

/** Null: in a state that this version does not know. */
export function readInvoice(invoice: Stripe.Invoice): ObservedInvoice | null {
  // Only an upcoming invoice has no status.
  const state = INVOICE_STATES.find((each) => each === (invoice.status ?? "draft"));
  if (state === undefined) return null;
  return {
    id: invoice.id,
    state,
    due: { amount: invoice.amount_due, currency: invoice.currency },
    createdAt: ms(invoice.created),
    paidAt: msOrNull(invoice.status_transitions.paid_at),
    attempts: invoice.attempt_count,
    nextAttemptAt: msOrNull(invoice.next_payment_attempt),
    dueAt: msOrNull(invoice.due_date),
    payments: (invoice.payments?.data ?? []).map(readPayment),
  };
}

const PAYMENT_STATES = ["open", "paid", "canceled"] as const;

const readPayment = ({ id, payment, ...rest }: Stripe.InvoicePayment): ObservedPayment => ({
  id: idOf(payment.payment_intent) ?? idOf(payment.charge) ?? idOf(payment.payment_record) ?? id,
  // A state that this version does not know is at least no money yet.
  state: PAYMENT_STATES.find((state) => state === rest.status) ?? "open",
  paid: { amount: rest.amount_paid ?? 0, currency: rest.currency },
});

/** The subscription that an invoice collects for; one made by hand names it in its lines only. */
export const subscriptionOf = ({ parent, lines }: Stripe.Invoice): string | null =>
  idOf(parent?.subscription_details?.subscription) ??
  lines.data
    .map(
      (line) =>
        line.parent?.subscription_item_details?.subscription ??
        line.parent?.invoice_item_details?.subscription,
    )
    .find((id) => typeof id === "string") ??
  null;

/** Null: it gives back no payment that we could know. */
export function readRefund(refund: Stripe.Refund): ObservedRefund | null {
  const paymentId = idOf(refund.payment_intent) ?? idOf(refund.charge);
  return paymentId === null
    ? null
    : {
        id: refund.id,
        paymentId,
        status: refund.status ?? "pending",
        refunded: { amount: refund.amount, currency: refund.currency },
        createdAt: ms(refund.created),
      };
}

/** Stripe's words of a dispute. While a lost one is appealed the money stays away, so it is lost until it is won. */
const DISPUTE_STATES: ReadonlyMap<string, DisputeStatus> = new Map([
  ["warning_needs_response", "inquiry"],
  ["warning_under_review", "inquiry"],
  ["warning_closed", "closed"],
  ["needs_response", "open"],
  ["under_review", "open"],
  ["appeal_needs_response", "lost"],
  ["appeal_under_review", "lost"],
  ["lost", "lost"],
  ["won", "won"],
  // Settled by a refund before it became a dispute.
  ["prevented", "closed"],
]);

/** Null: in a state that this version does not know, so it cannot be said who has the money. */
export function readDispute(dispute: Stripe.Dispute): ObservedDispute | null {
  const status = DISPUTE_STATES.get(dispute.status);
  return status === undefined
    ? null
    : {
        id: dispute.id,
        paymentId: idOf(dispute.payment_intent) ?? idOf(dispute.charge) ?? dispute.id,
        status,
        disputed: { amount: dispute.amount, currency: dispute.currency },
        createdAt: ms(dispute.created),
        answerBy: msOrNull(dispute.evidence_details.due_by),
      };
}
