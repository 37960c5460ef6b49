import type { FinishedCall } from "./call.ts";
import type { Interval } from "./catalog.ts";
import type { CheckoutId, SubscriptionId } from "./ids.ts";
import type { ObservedSession } from "./observation.ts";
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

/** What a turn learns of a checkout. */
export interface Learned {
  /** The provider has shown the subscription that it was for. */
  readonly bought: boolean;
  readonly session: ObservedSession | null;
  /** The end of the call that opens it. */
  readonly opening: FinishedCall | undefined;
}

/** The checkout as it is after a turn. What was paid stays complete, also where it was replaced or had expired for us. */
export function settleCheckout(checkout: Checkout, { bought, session, opening }: Learned): Checkout {
  if (bought || checkout.state === "complete" || session?.state === "complete") {
    return { ...checkout, state: "complete" };
  }
  const tried = opening === undefined ? checkout : afterOpening(checkout, opening.end);
  if (session?.state !== "expired") return tried;
  // Nobody can pay at it any more: no reason to look again.
  return tried.state === "replaced" ? { ...tried, expiresAt: null } : { ...tried, state: "expired" };
}

function afterOpening(checkout: Checkout, end: FinishedCall["end"]): Checkout {
  switch (checkout.state) {
    case "opening":
      return end.state === "refused"
        ? { ...checkout, state: "refused" }
        : { ...checkout, state: "open", expiresAt: end.expiresAt };
    case "replaced":
      // It was replaced while it opened: until its session has ended a customer can pay at it, so it is watched.
      return end.state === "refused" ? checkout : { ...checkout, expiresAt: end.expiresAt };
    case "open":
    case "complete":
    case "expired":
    case "refused":
      return checkout;
    default:
      return checkout.state satisfies never;
  }
}
