import type { Policy, PublishedPolicy } from "./policy.ts";
import { readPolicy } from "./policy.ts";
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
  /** Days that a new subscription to it may be tried without paying; 0 or absent: none. */
  readonly trialDays?: number;
}

/** What the provider's checkout page may do besides taking the money. */
export interface CheckoutOptions {
  /** Customers may enter promotion codes. */
  readonly promotionCodes: boolean;
  /** The provider computes and adds taxes. */
  readonly automaticTax: boolean;
}

/** What is sold and by which rules: one published version of catalog.yaml. */
export interface Catalog {
  readonly version: number;
  /** Lowest first: a later tier includes the ones before it. */
  readonly tiers: readonly Tier[];
  readonly policy: Policy;
  readonly checkout: CheckoutOptions;
}

/** A catalog as it was published, be it by a version that knew less of it. */
export interface PublishedCatalog {
  readonly tiers: readonly Tier[];
  readonly policy: PublishedPolicy;
  readonly checkout?: CheckoutOptions;
}

/** Reads a published catalog: what its version did not know is off. */
export const readCatalog = (version: number, { tiers, policy, checkout }: PublishedCatalog): Catalog => ({
  version,
  tiers,
  policy: readPolicy(policy),
  checkout: checkout ?? { promotionCodes: false, automaticTax: false },
});

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

/** The price by its provider's id, current or legacy. */
export const priceOf = (tier: Tier, provider: Provider, priceId: string): Price | undefined =>
  [...tier.current, ...tier.legacy].find((price) => price.provider === provider && price.id === priceId);

export const currentPrice = (tier: Tier, provider: Provider, interval: Interval): Price | undefined =>
  tier.current.find((price) => price.provider === provider && price.interval === interval);
