import type { Provider } from "./provider.ts";

export const INTERVALS = ["month", "year"] as const;
export type Interval = (typeof INTERVALS)[number];

/** What a tier costs at one provider for one interval. */
export interface Price {
  readonly provider: Provider;
  readonly interval: Interval;
  /** Stripe's price id or Razorpay's plan id. */
  readonly id: string;
}

export interface Tier {
  readonly name: string;
  readonly title: string;
  /** Sold by a checkout now. Starter is not: every customer has it. */
  readonly current: readonly Price[];
  /** No longer sold, still recognised, so that a price change orphans nobody. */
  readonly legacy: readonly Price[];
  readonly features: readonly string[];
}

/** What is sold and by which rules: one published version of catalog.yaml. */
export interface Catalog {
  readonly version: number;
  /** Lowest first: a later tier includes the ones before it. */
  readonly tiers: readonly Tier[];
  readonly policy: Policy;
}

/** The rules of a catalog version that decisions read. */
interface Policy {
  /** How long a past due customer keeps access, in days from the unpaid invoice. */
  readonly graceDays: number;
}

/** The tiers that a checkout can buy. */
export const soldTiers = (catalog: Catalog): readonly Tier[] =>
  catalog.tiers.filter((tier) => tier.current.length > 0);

export const findTier = (catalog: Catalog, name: string): Tier | undefined =>
  catalog.tiers.find((tier) => tier.name === name);

/** Higher includes lower; a tier that the catalog no longer has ranks below all. */
export const rank = (catalog: Catalog, tierName: string): number =>
  catalog.tiers.findIndex((tier) => tier.name === tierName);

/** The tier that a provider's price belongs to, current or legacy; undefined: not ours (R14). */
export const tierOfPrice = (catalog: Catalog, provider: Provider, priceId: string): Tier | undefined =>
  catalog.tiers.find((tier) =>
    [...tier.current, ...tier.legacy].some((price) => price.provider === provider && price.id === priceId),
  );

export const currentPrice = (tier: Tier, provider: Provider, interval: Interval): Price | undefined =>
  tier.current.find((price) => price.provider === provider && price.interval === interval);
