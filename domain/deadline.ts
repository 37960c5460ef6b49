import type { Checkout } from "./checkout.ts";
import { endOfGrace, isOverdue } from "./dunning.ts";
import type { SubscriptionId } from "./ids.ts";
import type { Policy } from "./policy.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";
import { DAY, HOUR, MINUTE } from "./time.ts";
import { reminderOf } from "./trial.ts";

/** How long after a due moment we look ourselves, when no event has come by then. */
const OVERDUE = 3 * HOUR;
/** Over how long the looks at what was due at one moment are spread: on the first of a month many are. */
const SPREAD = HOUR;

/** How long this one waits for what was due: always the same, and another for another. */
const patienceOf = (id: SubscriptionId): number => {
  const digits = Number.parseInt(id.slice(-6), 16);
  return OVERDUE + Math.floor((digits / 0x1_00_00_00) * SPREAD);
};

/** Whether the provider was to begin the next period, or to end the trial, and has not. */
export function isRenewalOverdue(id: SubscriptionId, subscription: Subscription, now: Instant): boolean {
  switch (subscription.status) {
    case "trialing":
      return subscription.trialEnd + patienceOf(id) <= now;
    case "active":
    case "past_due":
      return subscription.period.end + patienceOf(id) <= now;
    case "incomplete":
    case "unpaid":
    case "paused":
    case "canceled":
    case "incomplete_expired":
      return false;
    default:
      return subscription satisfies never;
  }
}

/**
 * When to look next if nothing happens before, or null: nothing is left to wait for. A moment that has passed
 * without the change that was due is looked at again a day later.
 */
export function nextDeadline(
  id: SubscriptionId,
  checkout: Checkout | null,
  subscription: Subscription | null,
  policy: Policy,
  now: Instant,
): Instant | null {
  const due =
    subscription === null
      ? checkoutDue(checkout, now)
      : [...subscriptionDue(subscription, patienceOf(id)), ...calendarDue(subscription, policy, now)];
  if (due.length === 0) return null;
  return Math.min(...due.map((moment) => (moment > now ? moment : now + DAY)));
}

/** The moments at which a checkout can change by itself. */
function checkoutDue(checkout: Checkout | null, now: Instant): readonly Instant[] {
  switch (checkout?.state) {
    case "opening":
      return [now + 5 * MINUTE];
    case "open":
      return [(checkout.expiresAt ?? now + DAY) + MINUTE];
    // Paid, but the provider has not shown its subscription yet: less and less often, from when its page was to close.
    case "complete": {
      const closed = checkout.expiresAt ?? checkout.createdAt + DAY;
      return [now + Math.min(Math.max(now - closed, 5 * MINUTE), DAY)];
    }
    // Its session is expired by the checkout that replaced it; until then a customer can pay at it.
    case "replaced":
      return checkout.expiresAt === null ? [] : [checkout.expiresAt + MINUTE];
    case "expired":
    case "refused":
    case undefined:
      return [];
  }
}

/** The moments at which the provider changes a subscription by itself, with the time that it may take over them. */
function subscriptionDue(subscription: Subscription, patience: number): readonly Instant[] {
  const cancelAt = "cancelAt" in subscription ? subscription.cancelAt : null;
  const arranged = cancelAt === null ? [] : [cancelAt + patience];
  switch (subscription.status) {
    case "incomplete":
      // Stripe gives the first payment 23 hours (facts: providers A3).
      return [subscription.since + 23 * HOUR + patience];
    case "trialing":
      return [subscription.trialEnd + patience, ...arranged];
    case "active":
    case "past_due":
    case "unpaid":
    case "paused":
      return [subscription.period.end + patience, ...arranged];
    case "canceled":
    case "incomplete_expired":
      return [];
    default:
      return subscription satisfies never;
  }
}

/** The moments of our own calendars: exact. What a message has told is not told again; an end is looked after until it is one. */
function calendarDue(subscription: Subscription, policy: Policy, now: Instant): readonly Instant[] {
  const reminder = reminderOf(subscription, policy);
  const { messages, end } = policy.dunning;
  const overdue = isOverdue(subscription) ? subscription : null;
  const told = overdue === null ? [] : messages.map(({ day }) => overdue.unpaidSince + day * DAY);
  const ends = overdue === null ? [] : [endOfGrace(overdue, policy.dunning)];
  return [
    ...[...(reminder === null ? [] : [reminder]), ...told].filter((moment) => moment > now),
    ...ends.filter((moment) => moment > now || end.action === "cancel"),
  ];
}
