/**
 * R4, written by hand before any of it was run. One customer's story at the provider, in four phases:
 *
 *   bought     pays for Pro                              → active, one payment of 29.00
 *   failed     moves to Scale with a card that declines  → past due, an open invoice for the difference, tried once
 *   recovered  pays that invoice with another card       → active again, two payments, the second after one failure
 *   refunded   gets 10.00 of it back                     → one refund; the subscription is as before
 *
 * Whatever is delivered of its events, in whatever order, how often and how late: after any delivery the subscription is
 * as the provider says at that moment, and when all was delivered so are payments, refunds and what was told.
 */

/** The six events of the story that we act on, a refund's two names counting as one. */
export const STORY_EVENTS: readonly string[] = [
  "checkout.session.completed",
  "customer.subscription.created",
  "customer.subscription.updated",
  "invoice.payment_failed",
  "invoice.paid",
  "refund.created",
  "charge.refunded",
];

export const PHASES = ["bought", "failed", "recovered", "refunded"] as const;
export type Phase = (typeof PHASES)[number];

/** The moments and ids of one customer's story as the provider has them; times in milliseconds. */
export interface Facts {
  readonly subscription: string;
  readonly customer: string;
  readonly boughtAt: number;
  readonly periodEnd: number;
  readonly upgradeAt: number;
  readonly recoveredAt: number;
  /** The amount of the invoice that failed: it depends on the second of the upgrade. */
  readonly difference: number;
}

/** What was delivered of a story; what never was cannot be known where only its event tells of it. */
export interface Heard {
  /** By its event, or by a look while it was so. */
  readonly failure: boolean;
  readonly refund: boolean;
}

const DAY = 86_400_000;

/** The provider-derived columns of `subscriptions`, after any delivery in this phase. */
export function subscriptionIn(phase: Phase, facts: Facts, heard: Heard): object {
  const always = {
    provider: "stripe",
    stripe_subscription_id: facts.subscription,
    stripe_customer_id: facts.customer,
    started_at: facts.boughtAt,
    current_period_start: facts.boughtAt,
    current_period_end: facts.periodEnd,
    trial_end: null,
    cancel_at: null,
    canceled_at: null,
    ended_at: null,
    grace_until: null,
    currency: "usd",
    interval: "month",
    quantity: 1,
    duplicate_of: null,
    needs_attention: null,
  };
  const pro = { tier: "pro", price_id: "price_pro_monthly", amount: 2_900 };
  const scale = { tier: "scale", price_id: "price_scale_monthly", amount: 9_900 };
  switch (phase) {
    case "bought":
      return { ...always, ...pro, status: "active", since: facts.boughtAt };
    case "failed":
      return {
        ...always,
        ...scale,
        status: "past_due",
        since: facts.upgradeAt,
        grace_until: facts.upgradeAt + 14 * DAY,
      };
    case "recovered":
    case "refunded":
      return {
        ...always,
        ...scale,
        status: "active",
        since: heard.failure ? facts.recoveredAt : facts.boughtAt,
      };
  }
}

/** The rows of `payments` in the end, by the invoice that they paid. */
export const payments = (facts: Facts, heard: Heard): readonly object[] => [
  {
    invoice: "purchase",
    status: "succeeded",
    amount: 2_900,
    currency: "usd",
    failed_attempts: 0,
    paid_at: facts.boughtAt,
  },
  {
    invoice: "upgrade",
    status: "succeeded",
    amount: facts.difference,
    currency: "usd",
    failed_attempts: heard.failure ? 1 : 0,
    paid_at: facts.recoveredAt,
  },
];

/** The rows of `refunds` in the end. */
export const refunds = (heard: Heard): readonly object[] =>
  heard.refund
    ? [{ refund: "refund", payment: "upgrade", status: "succeeded", amount: 1_000, currency: "usd" }]
    : [];

/** The keys of `alerts` in the end, in the order of the alphabet. */
export const alertKeys = (heard: Heard): readonly string[] => [
  "checkout_started:checkout",
  ...(heard.failure ? ["dunning:upgrade:0"] : []),
  ...(heard.failure ? ["payment_failed:upgrade:1", "payment_recovered:upgrade"] : []),
  ...(heard.refund ? ["refund_recorded:refund"] : []),
  "subscription_started:subscription",
];
