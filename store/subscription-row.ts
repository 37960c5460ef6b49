import type { Interval } from "../domain/catalog.ts";
import type { CustomerId, SubscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { Status } from "../domain/status.ts";
import type { ScheduledChange, Subscription, Terms } from "../domain/subscription.ts";
import type { Instant } from "../domain/time.ts";
import { timestamp } from "./pool.ts";

/** A subscription with what only its row knows. */
export interface SubscriptionRow {
  readonly id: SubscriptionId;
  readonly customerId: CustomerId;
  readonly subscription: Subscription;
  readonly duplicateOf: SubscriptionId | null;
  readonly needsAttention: string | null;
  readonly nextDeadline: Instant | null;
  readonly version: number;
}

export interface Row {
  id: string;
  customer_id: string;
  provider: Provider;
  provider_subscription_id: string;
  provider_customer_id: string;
  tier: string;
  price_id: string;
  status: Status;
  started_at: number;
  since: number;
  current_period_start: number;
  current_period_end: number;
  trial_end: number | null;
  cancel_at: number | null;
  canceled_at: number | null;
  ended_at: number | null;
  grace_until: number | null;
  unpaid_since: number | null;
  grace_extended_days: number | null;
  next_payment_attempt_at: number | null;
  scheduled_at: number | null;
  scheduled_tier: string | null;
  scheduled_price_id: string | null;
  scheduled_interval: Interval | null;
  scheduled_quantity: number | null;
  amount: number;
  currency: string;
  interval: Interval;
  quantity: number;
  duplicate_of: string | null;
  needs_attention: string | null;
  next_deadline_at: number | null;
  version: number;
}

/** Reads a row into the variant of its status. @throws Error naming the column that a status must have and has not. */
export function fromRow(row: Row): Subscription {
  const terms: Terms = {
    provider: row.provider,
    providerSubscriptionId: row.provider_subscription_id,
    providerCustomerId: row.provider_customer_id,
    tier: row.tier,
    priceId: row.price_id,
    interval: row.interval,
    quantity: row.quantity,
    price: { amount: row.amount, currency: row.currency },
  };
  const needed = (column: "trial_end" | "ended_at" | "grace_until" | "unpaid_since"): Instant => {
    const value = row[column];
    if (value === null) throw new Error(`subscription ${row.id} is ${row.status} without ${column}`);
    return value;
  };
  const base = {
    terms,
    startedAt: row.started_at,
    since: row.since,
    period: { start: row.current_period_start, end: row.current_period_end },
  };
  const running = { ...base, cancelAt: row.cancel_at, scheduled: scheduledIn(row) };
  const overdue = (): Pick<
    Extract<Subscription, { status: "past_due" }>,
    "unpaidSince" | "graceExtendedDays" | "nextAttemptAt" | "graceUntil"
  > => ({
    unpaidSince: needed("unpaid_since"),
    graceExtendedDays: row.grace_extended_days,
    nextAttemptAt: row.next_payment_attempt_at,
    graceUntil: needed("grace_until"),
  });
  switch (row.status) {
    case "incomplete":
      return { ...base, status: row.status };
    case "trialing":
      return { ...running, status: row.status, trialEnd: needed("trial_end") };
    case "active":
    case "paused":
      return { ...running, status: row.status };
    case "past_due":
    case "unpaid":
      return { ...running, status: row.status, ...overdue() };
    case "canceled":
    case "incomplete_expired":
      return { ...base, status: row.status, endedAt: needed("ended_at"), canceledAt: row.canceled_at };
    default:
      return row.status satisfies never;
  }
}

function scheduledIn(row: Row): ScheduledChange | null {
  const { scheduled_at, scheduled_tier, scheduled_price_id, scheduled_interval, scheduled_quantity } = row;
  return scheduled_at === null ||
    scheduled_tier === null ||
    scheduled_price_id === null ||
    scheduled_interval === null ||
    scheduled_quantity === null
    ? null
    : {
        at: scheduled_at,
        tier: scheduled_tier,
        priceId: scheduled_price_id,
        interval: scheduled_interval,
        quantity: scheduled_quantity,
      };
}

/** The columns of a row, by name, in the order in which they are written. */
export function toRow(row: SubscriptionRow): Readonly<Record<string, unknown>> {
  const { subscription } = row;
  const { terms } = subscription;
  const scheduled = "scheduled" in subscription ? subscription.scheduled : null;
  const overdue = "unpaidSince" in subscription ? subscription : null;
  const isStripe = terms.provider === "stripe";
  return {
    id: row.id,
    customer_id: row.customerId,
    provider: terms.provider,
    stripe_subscription_id: isStripe ? terms.providerSubscriptionId : null,
    stripe_customer_id: isStripe ? terms.providerCustomerId : null,
    razorpay_subscription_id: isStripe ? null : terms.providerSubscriptionId,
    razorpay_customer_id: isStripe ? null : terms.providerCustomerId,
    tier: terms.tier,
    price_id: terms.priceId,
    status: subscription.status,
    started_at: timestamp(subscription.startedAt),
    since: timestamp(subscription.since),
    current_period_start: timestamp(subscription.period.start),
    current_period_end: timestamp(subscription.period.end),
    trial_end: timestamp("trialEnd" in subscription ? subscription.trialEnd : null),
    cancel_at: timestamp("cancelAt" in subscription ? subscription.cancelAt : null),
    canceled_at: timestamp("canceledAt" in subscription ? subscription.canceledAt : null),
    ended_at: timestamp("endedAt" in subscription ? subscription.endedAt : null),
    grace_until: timestamp("graceUntil" in subscription ? subscription.graceUntil : null),
    unpaid_since: timestamp(overdue?.unpaidSince ?? null),
    grace_extended_days: overdue?.graceExtendedDays ?? null,
    next_payment_attempt_at: timestamp(overdue?.nextAttemptAt ?? null),
    scheduled_at: timestamp(scheduled?.at ?? null),
    scheduled_tier: scheduled?.tier ?? null,
    scheduled_price_id: scheduled?.priceId ?? null,
    scheduled_interval: scheduled?.interval ?? null,
    scheduled_quantity: scheduled?.quantity ?? null,
    amount: terms.price.amount,
    currency: terms.price.currency,
    interval: terms.interval,
    quantity: terms.quantity,
    duplicate_of: row.duplicateOf,
    needs_attention: row.needsAttention,
    next_deadline_at: timestamp(row.nextDeadline),
    version: row.version,
  };
}
