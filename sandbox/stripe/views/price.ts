import { find } from "../errors.ts";
import type { Price, Product } from "../records.ts";
import type { StripeObject, Work } from "../world.ts";

export function productView(_work: Work, product: Product): StripeObject {
  return {
    id: product.id,
    object: "product",
    active: product.active,
    created: product.created,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: product.metadata,
    name: product.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: "service",
    unit_label: null,
    updated: product.created,
    url: null,
  };
}

export function priceView(_work: Work, price: Price): StripeObject {
  return {
    id: price.id,
    object: "price",
    active: price.active,
    billing_scheme: "per_unit",
    created: price.created,
    currency: price.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: price.lookup_key,
    metadata: price.metadata,
    nickname: null,
    product: price.product,
    recurring: {
      interval: price.interval,
      interval_count: price.interval_count,
      meter: null,
      usage_type: "licensed",
    },
    tax_behavior: "unspecified",
    tiers_mode: null,
    transform_quantity: null,
    type: "recurring",
    unit_amount: price.unit_amount,
    unit_amount_decimal: String(price.unit_amount),
  };
}

/** The older name of a price, which a subscription item still carries. */
export function planView(_work: Work, price: Price): StripeObject {
  return {
    id: price.id,
    object: "plan",
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: String(price.unit_amount),
    billing_scheme: "per_unit",
    created: price.created,
    currency: price.currency,
    interval: price.interval,
    interval_count: price.interval_count,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: null,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: "licensed",
  };
}

/** What a line of this price is called on a page or an invoice. */
export function priceLabel(work: Work, priceId: string): { product: string; amount: string; price: Price } {
  const price = find(work.state.prices, priceId, "price");
  const product = find(work.state.products, price.product, "product");
  const money = new Intl.NumberFormat("en-US", { style: "currency", currency: price.currency });
  const digits = money.resolvedOptions().maximumFractionDigits ?? 2;
  const every = price.interval_count === 1 ? price.interval : `${price.interval_count} ${price.interval}s`;
  return {
    product: product.name,
    amount: `${money.format(price.unit_amount / 10 ** digits)} / ${every}`,
    price,
  };
}
