import { z } from "zod";
import { boolean, range, text, within } from "../http/params.ts";
import { list, type Route, retrieve } from "../http/route.ts";
import { priceView, productView } from "../views/price.ts";

export const catalogRoutes: Route[] = [
  list(
    "/v1/prices",
    {
      active: boolean.optional(),
      product: text.optional(),
      currency: text.optional(),
      type: z.enum(["recurring", "one_time"]).optional(),
      lookup_keys: z.array(text).max(10).optional(),
      recurring: z.strictObject({ interval: text.optional(), usage_type: text.optional() }).optional(),
      created: range.optional(),
    },
    ({ work }, params) =>
      Object.values(work.state.prices).filter(
        (price) =>
          (params.active === undefined || price.active === params.active) &&
          (params.product === undefined || price.product === params.product) &&
          (params.currency === undefined || price.currency === params.currency) &&
          params.type !== "one_time" &&
          (params.lookup_keys === undefined || params.lookup_keys.includes(price.lookup_key ?? "")) &&
          (params.recurring?.interval === undefined || price.interval === params.recurring.interval) &&
          within(price.created, params.created),
      ),
    priceView,
  ),
  retrieve("/v1/prices/:id", "price", (work) => work.state.prices, priceView),
  list(
    "/v1/products",
    { active: boolean.optional(), ids: z.array(text).optional(), created: range.optional() },
    ({ work }, params) =>
      Object.values(work.state.products).filter(
        (product) =>
          (params.active === undefined || product.active === params.active) &&
          (params.ids === undefined || params.ids.includes(product.id)) &&
          within(product.created, params.created),
      ),
    productView,
  ),
  retrieve("/v1/products/:id", "product", (work) => work.state.products, productView),
];
