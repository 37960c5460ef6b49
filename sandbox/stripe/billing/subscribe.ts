import { day, nextBoundary } from "../calendar.ts";
import { StripeError } from "../errors.ts";
import { newId } from "../ids.ts";
import type {
  Customer,
  Metadata,
  MissingPaymentMethod,
  PaymentMethod,
  Subscription,
  SubscriptionItem,
} from "../records.ts";
import { subscriptionView } from "../views/subscription.ts";
import { emit, type Work } from "../world.ts";
import { intentOf, type Outcome } from "./collect.ts";
import { draftInvoice, finalizeInvoice } from "./invoicing.ts";
import { cycleOf, periodLine } from "./lines.ts";
import { charge } from "./settle.ts";

/** What a new subscription is made of. */
export interface NewSubscription {
  customer: Customer;
  items: { price: string; quantity: number; metadata?: Metadata }[];
  currency: string;
  metadata: Metadata;
  description: string | null;
  /** the card kept on the subscription itself */
  method: PaymentMethod | null;
  /** seconds; null = no trial */
  trialEnd: number | null;
  missingPaymentMethod: MissingPaymentMethod;
  billingMode: "classic" | "flexible";
  saveCard: boolean;
  /** the customer is there to confirm */
  present: boolean;
  /** false = leave the first invoice open for the customer to pay */
  payNow: boolean;
}

/** Starts a subscription with its first invoice. A first payment that fails leaves it incomplete. */
export function subscribe(work: Work, wanted: NewSubscription): { sub: Subscription; outcome: Outcome } {
  const sub = build(work, wanted);
  work.state.subscriptions[sub.id] = sub;
  const trial = wanted.trialEnd !== null;
  emit(work, "customer.subscription.created", subscriptionView(work, sub));
  const period = { start: sub.current_period_start, end: sub.current_period_end };
  const invoice = draftInvoice(work, sub, {
    reason: "subscription_create",
    lines: sub.items.map((item) => periodLine(work, item, period, trial)),
    window: { start: work.now, end: work.now },
    finalizesAt: null,
    autoAdvance: false,
  });
  sub.latest_invoice = invoice.id;
  finalizeInvoice(work, invoice);
  if (trial && period.end - work.now <= 3 * day) announceTrialEnd(work, sub);
  if (!wanted.payNow && invoice.amount_due > 0) {
    intentOf(work, invoice);
    const decline = { code: "", decline_code: "", message: "" };
    return { sub, outcome: { paid: false, decline, asksCustomer: false } };
  }
  const outcome = charge(work, invoice, {
    automatic: true,
    present: wanted.present,
    ...(wanted.method === null ? {} : { method: wanted.method }),
  });
  return { sub, outcome };
}

/** Says, once, that the trial ends soon. */
export function announceTrialEnd(work: Work, sub: Subscription): void {
  sub.announced.trial_will_end = true;
  emit(work, "customer.subscription.trial_will_end", subscriptionView(work, sub));
}

/** The trial's end for a number of days from now; null without a trial. */
export function trialEnd(work: Work, days: number | null): number | null {
  return days === null || days === 0 ? null : work.now + days * day;
}

/** Stripe's answer when a card is refused while the caller waits. */
export function cardError(
  outcome: Extract<Outcome, { paid: false }>,
  more: Record<string, unknown> = {},
): StripeError {
  const { code, decline_code, message } = outcome.decline;
  return new StripeError(402, "card_error", message, { code, decline_code, ...more });
}

function build(work: Work, wanted: NewSubscription): Subscription {
  const items: SubscriptionItem[] = wanted.items.map((item) => ({
    id: newId("subscription_item"),
    created: work.now,
    price: item.price,
    quantity: item.quantity,
    metadata: item.metadata ?? {},
  }));
  const anchor = wanted.trialEnd ?? work.now;
  return {
    id: newId("subscription"),
    created: work.now,
    customer: wanted.customer.id,
    status: wanted.trialEnd === null ? "incomplete" : "trialing",
    currency: wanted.currency,
    items,
    metadata: wanted.metadata,
    description: wanted.description,
    default_payment_method: wanted.saveCard ? (wanted.method?.id ?? null) : null,
    billing_cycle_anchor: anchor,
    billing_mode: wanted.billingMode,
    current_period_start: work.now,
    current_period_end: wanted.trialEnd ?? nextBoundary(anchor, cycleOf(work, { items }), work.now),
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    ended_at: null,
    cancellation: { reason: null, feedback: null, comment: null },
    trial_start: wanted.trialEnd === null ? null : work.now,
    trial_end: wanted.trialEnd,
    missing_payment_method: wanted.missingPaymentMethod,
    save_default_payment_method: wanted.saveCard ? "on_subscription" : "off",
    pause_collection: null,
    paused: null,
    latest_invoice: null,
    announced: { trial_will_end: false, upcoming_for: null },
  };
}
