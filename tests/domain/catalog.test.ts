import { describe, expect, test } from "vitest";
import { currentPrice, findTier, priceOf, rank, soldTiers, tierOfPrice } from "../../domain/catalog.ts";
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

  test("a price is found by its provider and its id, be it a legacy one", () => {
    const both = ["stripe", "razorpay"] as const;
    const prices = both.map((provider) => ({ provider, interval: "year", id: `year_${provider}` }) as const);
    const pro = findTier(CATALOG, "pro");
    if (pro === undefined) throw new Error("the catalog of these tests sells pro");
    const sold = { ...pro, current: [...pro.current, ...prices] };
    expect(priceOf(sold, "stripe", "price_pro")?.interval).toBe("month");
    expect(priceOf(sold, "stripe", "price_pro_2024")).toBe(pro.legacy[0]);
    expect(priceOf(sold, "razorpay", "year_razorpay")).toBe(prices[1]);
    expect(priceOf(sold, "razorpay", "year_stripe")).toBeUndefined();
    expect(priceOf(sold, "stripe", "price_scale")).toBeUndefined();
  });

  test("later tiers rank higher, and one that is gone ranks below all", () => {
    expect(["gone", "starter", "pro", "scale"].map((name) => rank(CATALOG, name))).toEqual([-1, 0, 1, 2]);
    expect(findTier(CATALOG, "gone")).toBeUndefined();
  });
});
