import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";

/** R12, the one table: does this subscription give its tier to the customer now? */
export function givesAccess(subscription: Subscription, now: Instant): boolean {
  switch (subscription.status) {
    case "trialing":
    case "active":
      return true;
    case "past_due":
      return now < subscription.graceUntil;
    case "incomplete":
    case "incomplete_expired":
    case "unpaid":
    case "paused":
    case "canceled":
      return false;
    default:
      return subscription satisfies never;
  }
}
