import { givesAccess } from "./access.ts";
import type { Catalog } from "./catalog.ts";
import { rank } from "./catalog.ts";
import type { SubscriptionId } from "./ids.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";

export interface Held {
  readonly id: SubscriptionId;
  readonly subscription: Subscription;
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
