import type { Catalog, Price, Tier } from "../../domain/catalog.ts";
import { currentPrice, findTier, soldTiers } from "../../domain/catalog.ts";
import type { Provider } from "../../domain/provider.ts";
import { ApiError } from "../api-error.ts";
import type { CheckoutRequest } from "./request.ts";

export interface Offer {
  readonly tier: Tier;
  readonly price: Price;
}

/** What is sold under the names that were asked for, or why nothing is. */
export function findOffer(
  catalog: Catalog,
  provider: Provider,
  wanted: Pick<CheckoutRequest, "tier" | "interval">,
): Offer | ApiError {
  const tiers = soldTiers(catalog).map((tier) => tier.name);
  const sold = `Sold are: ${tiers.join(", ")}`;
  const tier = findTier(catalog, wanted.tier);
  if (tier === undefined) {
    return new ApiError(400, "unknown_tier", `There is no tier ${wanted.tier}. ${sold}`, {
      fields: { tiers },
    });
  }
  if (tier.current.length === 0) {
    return new ApiError(400, "tier_not_sold", `${tier.name} is not sold by a checkout. ${sold}`, {
      fields: { tiers },
    });
  }
  const price = currentPrice(tier, provider, wanted.interval);
  if (price === undefined) {
    const intervals = tier.current.filter((each) => each.provider === provider).map((each) => each.interval);
    return new ApiError(
      400,
      "interval_not_sold",
      `${tier.name} has no price a ${wanted.interval}. It is sold by: ${intervals.join(", ") || "no interval"}`,
      { fields: { intervals } },
    );
  }
  return { tier, price };
}
