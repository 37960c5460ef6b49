import type { Price, Product, StripeState } from "./records.ts";

/** The start of the catalog's life, seconds. */
const created = 1_735_689_600;

const products: Record<string, string> = {
  prod_pro: "Pro",
  prod_scale: "Scale",
  prod_other: "Other product",
};

const prices: Record<string, Pick<Price, "product" | "unit_amount" | "active"> & Partial<Price>> = {
  price_pro_monthly: { product: "prod_pro", unit_amount: 2900, active: true },
  price_scale_monthly: { product: "prod_scale", unit_amount: 9900, active: true },
  price_pro_yearly: { product: "prod_pro", unit_amount: 29_000, active: true, interval: "year" },
  price_scale_yearly: { product: "prod_scale", unit_amount: 99_000, active: true, interval: "year" },
  price_pro_legacy: { product: "prod_pro", unit_amount: 1900, active: false },
  // an account may serve other products too
  price_other_product: { product: "prod_other", unit_amount: 500, active: true },
};

/** Puts the products and prices into an account that lacks them. */
export function seedCatalog(state: StripeState): void {
  for (const [id, name] of Object.entries(products)) {
    state.products[id] ??= { id, created, name, active: true, metadata: {} } satisfies Product;
  }
  for (const [id, price] of Object.entries(prices)) {
    state.prices[id] ??= {
      id,
      created,
      currency: "usd",
      interval: "month",
      interval_count: 1,
      lookup_key: id,
      metadata: {},
      ...price,
    };
  }
}
