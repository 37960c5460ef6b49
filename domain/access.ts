import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";

/** R12, the one table: does this subscription give its tier to the customer now? */
export function givesAccess(subscription: Subscription, now: Instant): boolean {
  switch (subscription.status) {
    case "trialing":
    case "active":
      return true;
    // The provider's own retries may be over before our calendar is: what the customer was told holds.
    case "past_due":
    case "unpaid":
      return now < subscription.graceUntil;
    case "incomplete":
    case "incomplete_expired":
    case "paused":
    case "canceled":
      return false;
    default:
      return subscription satisfies never;
  }
}
