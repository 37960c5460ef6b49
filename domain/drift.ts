import type { Alert } from "./alert.ts";
import type { Catalog } from "./catalog.ts";
import type { SubscriptionId } from "./ids.ts";
import type { Turn } from "./life.ts";
import type { ObservedSubscription } from "./observation.ts";
import { readSubscription } from "./observe-subscription.ts";
import type { Provider } from "./provider.ts";
import { isTerminal } from "./status.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";
import { MINUTE } from "./time.ts";

/** How long an event may be on its way before what a look has shown counts as drift, in milliseconds. */
export const EVENTS_MAY_TAKE = 10 * MINUTE;

/** The provider's facts that a list shows as a look does; what only invoices and schedules tell is left to looks. */
const factsOf = (subscription: Subscription) => {
  const { terms, period } = subscription;
  return {
    status: subscription.status,
    customer: terms.providerCustomerId,
    price: terms.priceId,
    interval: terms.interval,
    amount: terms.price.amount,
    currency: terms.price.currency,
    quantity: terms.quantity,
    started_at: subscription.startedAt,
    period_start: period.start,
    period_end: period.end,
    trial_end: "trialEnd" in subscription ? subscription.trialEnd : null,
    cancel_at: "cancelAt" in subscription ? subscription.cancelAt : null,
    canceled_at: "canceledAt" in subscription ? subscription.canceledAt : null,
    ended_at: "endedAt" in subscription ? subscription.endedAt : null,
  };
};
export type Facts = Readonly<ReturnType<typeof factsOf>>;

/** A fact's name, or missing: the provider does not show it; or unknown: it is in our catalog, and we have it not. */
type Difference = string;

/** What a list shows of one subscription, against what we know of it. */
export interface Comparison {
  /** Null: the provider's words mean nothing to this version or this catalog. */
  readonly facts: Facts | null;
  /** Empty: nothing to look into. */
  readonly differences: readonly Difference[];
}

/** Compares what a list shows with what we know, null: nothing, by the reading that a look would have. */
export function compare(
  id: SubscriptionId,
  known: Subscription | null,
  observed: ObservedSubscription,
  catalog: Catalog,
  now: Instant,
): Comparison {
  const reading = readSubscription(observed, [], listing(id, observed, catalog, now));
  if (reading.kind !== "read") return { facts: null, differences: [] };
  const { subscription } = reading;
  const facts = factsOf(subscription);
  // R14: what ended before we knew it is nobody's any more.
  if (known === null) return { facts, differences: isTerminal(subscription.status) ? [] : ["unknown"] };
  return { facts, differences: differing(known, subscription) };
}

/** A list shows nothing but the subscription itself, and the reading of it may not lean on what we know. */
const listing = (
  id: SubscriptionId,
  subscription: ObservedSubscription,
  catalog: Catalog,
  now: Instant,
): Turn => ({
  life: { id, checkout: null, subscription: null, payments: [], announced: [], needsAttention: null },
  observation: { events: [], session: null, subscription, invoices: [], refunds: [] },
  commands: [],
  calls: [],
  catalog,
  now,
});

/** What has ended stays as it ended, whatever is shown (R8). */
function differing(known: Subscription, shown: Subscription): readonly Difference[] {
  if (isTerminal(known.status)) return [];
  const theirs = new Map<string, unknown>(Object.entries(factsOf(shown)));
  return Object.entries(factsOf(known)).flatMap(([fact, ours]) => (theirs.get(fact) === ours ? [] : fact));
}

/** What a turn's own look has changed, or misses: drift where no event comes to tell of it. */
export function changedByLook(
  { life, observation }: Pick<Turn, "life" | "observation">,
  decided: Subscription | null,
): readonly Difference[] {
  const { subscription: before } = life;
  // R14: adoption is no drift, and announces nothing.
  if (before === null || decided === null || isTerminal(before.status)) return [];
  return observation.subscription === null ? ["missing"] : differing(before, decided);
}

/** A difference that a look has confirmed and that no event has explained in time. */
export interface Drift {
  readonly subscriptionId: SubscriptionId;
  readonly provider: Provider;
  readonly providerSubscriptionId: string;
  readonly differences: readonly Difference[];
  /** Of the subscription, as the look left it: the same drift has one alert (R6). */
  readonly version: number;
}

export function driftConfirmed(drift: Drift, now: Instant): Alert {
  const { subscriptionId, provider, providerSubscriptionId, version } = drift;
  const differences = drift.differences.join(", ");
  return {
    key: `drift_confirmed:${subscriptionId}:${version}`,
    kind: "drift_confirmed",
    text: drift.differences.includes("missing")
      ? `${provider} does not show a subscription any more, and no event has told of it`
      : `${provider} has changed a subscription, and no event has told of it: ${differences}`,
    fields: {
      subscription: subscriptionId,
      provider_subscription: providerSubscriptionId,
      differences,
      version,
    },
    superseded: false,
    at: now,
  };
}
