import type { Interval } from "./catalog.ts";
import type { CheckoutId, SubscriptionId } from "./ids.ts";
import type { Provider } from "./provider.ts";
import type { Instant } from "./time.ts";

/**
 * opening: asked for, the provider's session is not known yet. open: a customer can pay. complete: paid.
 * expired: nobody paid in time. replaced: the customer asked for another tier (R9). refused: it could not be opened.
 */
export const CHECKOUT_STATES = ["opening", "open", "complete", "expired", "replaced", "refused"] as const;
export type CheckoutState = (typeof CHECKOUT_STATES)[number];

/** One attempt of a customer to buy a tier. */
export interface Checkout {
  readonly id: CheckoutId;
  readonly subscriptionId: SubscriptionId;
  readonly provider: Provider;
  readonly tier: string;
  readonly interval: Interval;
  readonly quantity: number;
  readonly priceId: string;
  readonly state: CheckoutState;
  readonly sessionId: string | null;
  readonly expiresAt: Instant | null;
  readonly createdAt: Instant;
}

/** The customer may still pay at it. */
export const isOpen = (checkout: Checkout): boolean =>
  checkout.state === "opening" || checkout.state === "open";
