import { givesAccess } from "./access.ts";
import type { Catalog, Tier } from "./catalog.ts";
import { rank } from "./catalog.ts";
import type { SubscriptionId } from "./ids.ts";
import type { Held } from "./live-subscription.ts";
import { chooseLive } from "./live-subscription.ts";
import type { Instant } from "./time.ts";

/** A subscription that gives no access and has not ended: paid, or resumed, it goes on and is charged for. */
interface Idle {
  readonly id: SubscriptionId;
  readonly tier: string;
  readonly because: "unpaid" | "paused";
}

/** What the answer to "may this customer …?" is made of. */
export interface Standing {
  readonly blocked: boolean;
  readonly blockedReason: string | null;
  /** The tier that the live subscription gives, or null: none is paid for. */
  readonly liveTier: string | null;
  readonly idle: readonly Idle[];
}

/** How a customer stands with all of its subscriptions, by the clock and not by the last turn (R11). */
export function standingOf(
  { blocked, blockedReason }: Pick<Standing, "blocked" | "blockedReason">,
  held: readonly Held[],
  catalog: Catalog,
  now: Instant,
): Standing {
  const live = chooseLive(held, catalog, now);
  return {
    blocked,
    blockedReason,
    liveTier: held.find(({ id }) => id === live)?.subscription.terms.tier ?? null,
    idle: held.flatMap((one) => {
      const because = whyIdle(one, now);
      return because === null ? [] : [{ id: one.id, tier: one.subscription.terms.tier, because }];
    }),
  };
}

function whyIdle({ subscription }: Held, now: Instant): Idle["because"] | null {
  if (givesAccess(subscription, now)) return null;
  switch (subscription.status) {
    case "past_due":
    case "unpaid":
      return "unpaid";
    case "paused":
      return "paused";
    // Its first payment is not made: nothing goes on without it, and it ends within a day.
    case "incomplete":
    case "trialing":
    case "active":
    case "canceled":
    case "incomplete_expired":
      return null;
    default:
      return subscription satisfies never;
  }
}

export type Entitled =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly reason:
        | "tier_already_held"
        | "higher_tier_held"
        | "subscription_unpaid"
        | "subscription_paused"
        | "customer_blocked";
      readonly message: string;
      /** What the caller can do instead. */
      readonly instead: string;
      /** The subscription with which that can be done. */
      readonly subscriptionId?: SubscriptionId;
    };

/** May this customer start a checkout for the tier? */
export function checkEntitlement(
  _what: "checkout",
  wanted: Tier,
  standing: Standing,
  catalog: Catalog,
): Entitled {
  if (standing.blocked) {
    return {
      allowed: false,
      reason: "customer_blocked",
      message: standing.blockedReason ?? "An operator has blocked this customer from buying",
      instead: "Ask support to lift the block",
    };
  }
  const held = standing.liveTier === null ? -1 : rank(catalog, standing.liveTier);
  if (held === rank(catalog, wanted.name)) {
    return {
      allowed: false,
      reason: "tier_already_held",
      message: `The customer has ${wanted.name} already`,
      instead: "Nothing needs to be bought; a higher tier can be",
    };
  }
  if (held > rank(catalog, wanted.name)) {
    return {
      allowed: false,
      reason: "higher_tier_held",
      message: `The customer has ${standing.liveTier}, which includes ${wanted.name}`,
      instead: `Cancel ${standing.liveTier} first, then buy ${wanted.name}`,
    };
  }
  const idle = standing.idle.find(({ tier }) => rank(catalog, tier) >= rank(catalog, wanted.name));
  return idle === undefined ? { allowed: true } : refusedBy(idle, wanted);
}

/** Bought a second time, it would be charged twice as soon as the first recovers. */
function refusedBy({ id, tier, because }: Idle, wanted: Tier): Entitled {
  const orCancel = `or cancel it first, then buy ${wanted.name}`;
  switch (because) {
    case "unpaid":
      return {
        allowed: false,
        reason: "subscription_unpaid",
        message: `The customer's subscription to ${tier} is unpaid and has not ended`,
        instead: `Have its open invoice paid (retry-payment), ${orCancel}`,
        subscriptionId: id,
      };
    case "paused":
      return {
        allowed: false,
        reason: "subscription_paused",
        message: `The customer's subscription to ${tier} is paused and has not ended`,
        instead: `Resume it (resume), ${orCancel}`,
        subscriptionId: id,
      };
    default:
      return because satisfies never;
  }
}
