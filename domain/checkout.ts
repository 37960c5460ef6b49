import type { FinishedCall } from "./call.ts";
import type { CheckoutOptions, Interval, Tier } from "./catalog.ts";
import type { CheckoutId, SubscriptionId } from "./ids.ts";
import type { ObservedSession } from "./observation.ts";
import type { Provider } from "./provider.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";

/**
 * opening: asked for, the provider's session is not known yet. open: a customer can pay. complete: paid.
 * expired: nobody paid in time. replaced: the customer asked for another tier (R9). refused: it could not be opened.
 */
export const CHECKOUT_STATES = ["opening", "open", "complete", "expired", "replaced", "refused"] as const;
export type CheckoutState = (typeof CHECKOUT_STATES)[number];

/** What the provider's page offers besides the price: decided when it is asked for, so that a repetition asks the same (R6). */
export interface Offered extends CheckoutOptions {
  /** Days before the first payment; 0: it is due at once. */
  readonly trialDays: number;
}

export const NOTHING_OFFERED: Offered = { trialDays: 0, promotionCodes: false, automaticTax: false };

/** One attempt of a customer to buy a tier. */
export interface Checkout {
  readonly id: CheckoutId;
  readonly subscriptionId: SubscriptionId;
  readonly provider: Provider;
  readonly tier: string;
  readonly interval: Interval;
  readonly quantity: number;
  readonly priceId: string;
  /** Absent in a turn that was stored before anything could be offered. */
  readonly offered?: Offered;
  readonly state: CheckoutState;
  readonly sessionId: string | null;
  readonly expiresAt: Instant | null;
  readonly createdAt: Instant;
}

/** The customer may still pay at it. */
export const isOpen = (checkout: Checkout): boolean =>
  checkout.state === "opening" || checkout.state === "open";

/** What a customer asks for: two that ask for the same are one checkout (R9). */
export type Purchase = Pick<Checkout, "tier" | "interval" | "quantity" | "priceId" | "offered">;

/** A page that was opened at another price, or offers something else, is another purchase. */
export const isSamePurchase = (one: Purchase, other: Purchase): boolean =>
  one.tier === other.tier &&
  one.interval === other.interval &&
  one.quantity === other.quantity &&
  one.priceId === other.priceId &&
  isSameOffer(one.offered ?? NOTHING_OFFERED, other.offered ?? NOTHING_OFFERED);

const isSameOffer = (one: Offered, other: Offered): boolean =>
  one.trialDays === other.trialDays &&
  one.promotionCodes === other.promotionCodes &&
  one.automaticTax === other.automaticTax;

/**
 * The days that a customer may try a tier: only one who never had a subscription, of whatever tier. One whose first
 * payment never came through was none.
 */
export const trialDaysOf = (tier: Tier, had: readonly Subscription[]): number =>
  had.every(({ status }) => status === "incomplete" || status === "incomplete_expired")
    ? (tier.trialDays ?? 0)
    : 0;

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
