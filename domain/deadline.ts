import type { Checkout } from "./checkout.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";
import { DAY, HOUR, MINUTE } from "./time.ts";

/** How long after a due moment we look ourselves, when no event has come by then. */
const OVERDUE = 3 * HOUR;

/**
 * When to look next if nothing happens before, or null: nothing is left to wait for. A moment that has passed
 * without the change that was due is looked at again a day later.
 */
export function nextDeadline(
  checkout: Checkout | null,
  subscription: Subscription | null,
  now: Instant,
): Instant | null {
  const due = subscription === null ? checkoutDue(checkout, now) : subscriptionDue(subscription);
  if (due === null) return null;
  return due > now ? due : now + DAY;
}

function checkoutDue(checkout: Checkout | null, now: Instant): Instant | null {
  switch (checkout?.state) {
    case "opening":
      return now + 5 * MINUTE;
    case "open":
      return (checkout.expiresAt ?? now + DAY) + MINUTE;
    // Paid, but the provider has not shown its subscription yet.
    case "complete":
      return now + 5 * MINUTE;
    // Its session is expired by the checkout that replaced it; until then a customer can pay at it.
    case "replaced":
      return checkout.expiresAt === null ? null : checkout.expiresAt + MINUTE;
    case "expired":
    case "refused":
    case undefined:
      return null;
  }
}

function subscriptionDue(subscription: Subscription): Instant | null {
  switch (subscription.status) {
    case "incomplete":
      // Stripe gives the first payment 23 hours (facts: providers A3).
      return subscription.since + 23 * HOUR + OVERDUE;
    case "trialing":
      return Math.min(subscription.trialEnd, subscription.cancelAt ?? Infinity) + OVERDUE;
    case "active":
    case "unpaid":
    case "paused":
      return Math.min(subscription.period.end, subscription.cancelAt ?? Infinity) + OVERDUE;
    case "past_due":
      return Math.min(subscription.graceUntil, subscription.period.end, subscription.cancelAt ?? Infinity);
    case "canceled":
    case "incomplete_expired":
      return null;
    default:
      return subscription satisfies never;
  }
}
