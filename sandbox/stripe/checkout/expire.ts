import type { CheckoutSession } from "../records.ts";
import { sessionView } from "../views/checkout-session.ts";
import { emit, type Work } from "../world.ts";

/** Closes an unpaid checkout. */
export function expireSession(work: Work, session: CheckoutSession): void {
  session.status = "expired";
  emit(work, "checkout.session.expired", sessionView(work, session));
}
