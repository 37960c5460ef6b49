import { givesAccess } from "./access.ts";
import type { Catalog } from "./catalog.ts";
import { rank } from "./catalog.ts";
import type { SubscriptionId } from "./ids.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";

export interface Held {
  readonly id: SubscriptionId;
  readonly subscription: Subscription;
  /** It is being ended as a duplicate: so it is no longer what another is the duplicate of. Absent: it is not. */
  readonly isEnding?: boolean;
}

/** Where a subscription stands among all of its customer's (R9). */
export interface Place {
  /** The one that gives access, or null: none does. */
  readonly live: SubscriptionId | null;
  /** When that one began. */
  readonly liveSince: Instant | null;
  /** The live one that this one doubles, or null: it is the live one itself, or gives no access. */
  readonly duplicateOf: SubscriptionId | null;
}

/**
 * Decided under the customer's lock, one turn after the other. What one of them has begun to end counts no more, so
 * never both are ended, whatever changes meanwhile.
 */
export function placeOf(one: Held, others: readonly Held[], catalog: Catalog, now: Instant): Place {
  const all = [...others, one].filter(({ isEnding }) => isEnding !== true);
  const live = chooseLive(all, catalog, now);
  return {
    live,
    liveSince: all.find(({ id }) => id === live)?.subscription.startedAt ?? null,
    duplicateOf: duplicateOf(one, live, now),
  };
}

/**
 * R9: the one of a customer's subscriptions that gives access: the highest tier, then the one that began first, then
 * the smaller provider id. Only facts of the provider decide, so the answer is the same whichever was seen first.
 */
export function chooseLive(held: readonly Held[], catalog: Catalog, now: Instant): SubscriptionId | null {
  const [first] = held
    .filter(({ subscription }) => givesAccess(subscription, now))
    .toSorted(
      (a, b) =>
        rank(catalog, b.subscription.terms.tier) - rank(catalog, a.subscription.terms.tier) ||
        a.subscription.startedAt - b.subscription.startedAt ||
        (a.subscription.terms.providerSubscriptionId < b.subscription.terms.providerSubscriptionId ? -1 : 1),
    );
  return first?.id ?? null;
}

/** The live subscription that this one doubles, or null: it is the live one itself, or gives no access. */
export function duplicateOf(one: Held, live: SubscriptionId | null, now: Instant): SubscriptionId | null {
  return live !== null && live !== one.id && givesAccess(one.subscription, now) ? live : null;
}
