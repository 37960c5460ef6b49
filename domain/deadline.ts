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
    // Paid, but the provider has not shown its subscription yet.
    case "complete":
      return [now + 5 * MINUTE];
    // Its session is expired by the checkout that replaced it; until then a customer can pay at it.
    case "replaced":
      return checkout.expiresAt === null ? [] : [checkout.expiresAt + MINUTE];
    case "expired":
    case "refused":
    case undefined:
      return [];
  }
}

/** The moments at which a subscription changes by itself; with the provider's, the time that it may take over them. */
function subscriptionDue(subscription: Subscription): readonly Instant[] {
  const cancelAt = "cancelAt" in subscription ? subscription.cancelAt : null;
  const arranged = cancelAt === null ? [] : [cancelAt + OVERDUE];
  switch (subscription.status) {
    case "incomplete":
      // Stripe gives the first payment 23 hours (facts: providers A3).
      return [subscription.since + 23 * HOUR + OVERDUE];
    case "trialing":
      return [subscription.trialEnd + OVERDUE, ...arranged];
    case "active":
    case "unpaid":
    case "paused":
      return [subscription.period.end + OVERDUE, ...arranged];
    case "past_due":
      // The end of the grace is ours and exact.
      return [subscription.graceUntil, subscription.period.end + OVERDUE, ...arranged];
    case "canceled":
    case "incomplete_expired":
      return [];
    default:
      return subscription satisfies never;
  }
}
