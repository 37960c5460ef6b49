import { givesAccess } from "../domain/access.ts";
import { scheduledOf } from "../domain/order.ts";
import type { Subscription } from "../domain/subscription.ts";
import type { CheckoutRow } from "../store/checkouts.ts";
import type { LifeOverview, Overview } from "../store/overview.ts";
import type { ShownEntry } from "../store/timeline.ts";
import { dunningAnswer } from "./dunning-answer.ts";
import { iso } from "./iso.ts";
import { moneyAnswer } from "./money-answer.ts";

// The shapes of what the API says of customers and their subscriptions: times in ISO 8601 (UTC), money in the
// currency's minor unit. No e-mail address: the caller has it, and answers end up in logs (R10).

/** GET /api/billing/customers/:receipt */
export const customerAnswer = (overview: Overview): object => ({
  receipt: overview.customer.receipt,
  blocked: overview.customer.blocked,
  access: overview.live !== undefined,
  tier: overview.live?.subscription.terms.tier ?? null,
  live_subscription_id: overview.live?.id ?? null,
  open_checkout: overview.openCheckout === undefined ? null : checkoutAnswer(overview.openCheckout),
  subscriptions: overview.lives.map((life) => lifeAnswer(overview, life)),
  as_of: iso(overview.now),
});

/** GET /api/billing/subscriptions/:id */
export const subscriptionAnswer = (overview: Overview): object => ({
  ...overview.lives.map((life) => lifeAnswer(overview, life))[0],
  as_of: iso(overview.now),
});

function lifeAnswer({ customer, live, calendar, now }: Overview, life: LifeOverview): object {
  const { id, row, checkout } = life;
  return {
    subscription_id: id,
    receipt: customer.receipt,
    subscription_status: row?.subscription.status ?? null,
    why: life.why,
    // R12: what the money facts allow, and R9: whether it is this one that gives it.
    access: row !== undefined && live?.id === id && givesAccess(row.subscription, now),
    is_live: live?.id === id,
    duplicate_of: row?.duplicateOf ?? null,
    needs_attention: row?.needsAttention ?? null,
    next_deadline: iso(life.nextDeadline),
    version: row?.version ?? checkout?.version ?? 0,
    ...(row === undefined ? { subscription: null } : { subscription: termsAnswer(row.subscription) }),
    dunning:
      row === undefined
        ? null
        : dunningAnswer(row.subscription, { calendar, sent: life.notices, adoptedAt: life.adoptedAt }),
    checkout: checkout === undefined ? null : checkoutAnswer(checkout),
    ...moneyAnswer(life),
    freshness: {
      updated_at: iso(life.updatedAt),
      waiting_events: life.waitingEvents,
      parked_events: life.parkedEvents,
    },
  };
}

function termsAnswer(subscription: Subscription): object {
  const { terms, period } = subscription;
  return {
    provider: terms.provider,
    provider_subscription_id: terms.providerSubscriptionId,
    provider_customer_id: terms.providerCustomerId,
    tier: terms.tier,
    price_id: terms.priceId,
    interval: terms.interval,
    quantity: terms.quantity,
    ...terms.price,
    started_at: iso(subscription.startedAt),
    since: iso(subscription.since),
    current_period_start: iso(period.start),
    current_period_end: iso(period.end),
    trial_end: iso("trialEnd" in subscription ? subscription.trialEnd : null),
    grace_until: iso("graceUntil" in subscription ? subscription.graceUntil : null),
    cancel_at: iso("cancelAt" in subscription ? subscription.cancelAt : null),
    scheduled_change: scheduledAnswer(subscription),
    canceled_at: iso("canceledAt" in subscription ? subscription.canceledAt : null),
    ended_at: iso("endedAt" in subscription ? subscription.endedAt : null),
  };
}

/** Other terms that begin later, or null: none are arranged. */
export function scheduledAnswer(subscription: Subscription): object | null {
  const scheduled = scheduledOf(subscription);
  return (
    scheduled && {
      at: iso(scheduled.at),
      tier: scheduled.tier,
      interval: scheduled.interval,
      quantity: scheduled.quantity,
    }
  );
}

const checkoutAnswer = ({ checkout, url }: CheckoutRow): object => ({
  checkout_id: checkout.id,
  subscription_id: checkout.subscriptionId,
  state: checkout.state,
  tier: checkout.tier,
  interval: checkout.interval,
  quantity: checkout.quantity,
  trial_days: checkout.offered?.trialDays ?? 0,
  checkout_url: checkout.state === "open" ? url : null,
  expires_at: iso(checkout.expiresAt),
  created_at: iso(checkout.createdAt),
});

/** One line of a timeline: what woke it, what it led to, and why. */
export const entryAnswer = (entry: ShownEntry): object => ({
  subscription_id: entry.subscriptionId,
  version: entry.version,
  at: iso(entry.at),
  from: entry.from,
  to: entry.to,
  why: entry.why,
  woken_by: entry.cause.woken_by,
  events: entry.cause.events,
  commands: entry.cause.commands.map(({ askedBy, ...asked }) => ({ ...asked, asked_by: askedBy })),
  catalog_version: entry.catalogVersion,
  code_version: entry.codeVersion,
});
