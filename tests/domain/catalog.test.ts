import { describe, expect, test } from "vitest";
import { currentPrice, findTier, rank, soldTiers, tierOfPrice } from "../../domain/catalog.ts";
import { CATALOG } from "./builders.ts";

describe("catalog", () => {
  test("sold is what has a current price", () => {
    expect(soldTiers(CATALOG).map((tier) => tier.name)).toEqual(["pro", "scale"]);
  });

  test("a legacy price still belongs to its tier, so that a price change orphans nobody", () => {
    expect(tierOfPrice(CATALOG, "stripe", "price_pro")?.name).toBe("pro");
    expect(tierOfPrice(CATALOG, "stripe", "price_pro_2024")?.name).toBe("pro");
  });

  test("R14: a price of nobody, or of the other provider, is not ours", () => {
    expect(tierOfPrice(CATALOG, "stripe", "price_other")).toBeUndefined();
    expect(tierOfPrice(CATALOG, "razorpay", "price_pro")).toBeUndefined();
  });

  test("a legacy price is never offered", () => {
    const pro = findTier(CATALOG, "pro");
    expect(pro && currentPrice(pro, "stripe", "month")?.id).toBe("price_pro");
    expect(pro && currentPrice(pro, "stripe", "year")).toBeUndefined();
    expect(pro && currentPrice(pro, "razorpay", "month")).toBeUndefined();
  });

  test("later tiers rank higher, and one that is gone ranks below all", () => {
    expect(["gone", "starter", "pro", "scale"].map((name) => rank(CATALOG, name))).toEqual([-1, 0, 1, 2]);
    expect(findTier(CATALOG, "gone")).toBeUndefined();
  });
});
