import type { z } from "zod";
import { day, hour } from "../calendar.ts";
import { liveCustomer } from "../customers.ts";
import { find, invalid } from "../errors.ts";
import { mergeMetadata, requireUrl } from "../http/params.ts";
import { newId } from "../ids.ts";
import type { CheckoutSession } from "../records.ts";
import type { Work } from "../world.ts";
import type { sessionParams } from "./params.ts";

type Params = z.infer<z.ZodObject<typeof sessionParams>>;

/** Opens a hosted checkout for a subscription. */
export function openSession(work: Work, params: Params, origin: string): CheckoutSession {
  if (params.mode !== "subscription")
    throw invalid("The sandbox opens checkouts of mode `subscription` only.", { param: "mode" });
  if (params.line_items === undefined) throw required("line_items");
  if (params.success_url === undefined) throw required("success_url");
  if (params.customer !== undefined && params.customer_email !== undefined) {
    throw invalid("You may only specify one of these parameters: customer, customer_email.", {
      param: "customer",
    });
  }
  if (params.customer !== undefined) liveCustomer(work, params.customer, "customer");
  refuseTax(params);
  if (params.subscription_data?.trial_period_days === 0)
    throw invalid("The minimum number of trial period days is 1.", {
      param: "subscription_data[trial_period_days]",
    });
  requireUrl("success_url", params.success_url);
  if (params.cancel_url !== undefined) requireUrl("cancel_url", params.cancel_url);
  const lines = params.line_items.map((line, position) => {
    const price = find(work.state.prices, line.price, "price", `line_items[${position}][price]`);
    if (!price.active)
      throw invalid(`The price specified is inactive. This field only accepts active prices.`, {
        param: `line_items[${position}][price]`,
      });
    return { price, quantity: line.quantity ?? 1 };
  });
  const first = lines[0];
  if (first === undefined) throw required("line_items");
  const id = newId("session");
  const data = params.subscription_data;
  const session: CheckoutSession = {
    id,
    created: work.now,
    expires_at: expiry(work, params.expires_at),
    status: "open",
    payment_status: "unpaid",
    customer: params.customer ?? null,
    customer_email: params.customer_email ?? null,
    client_reference_id: params.client_reference_id ?? null,
    metadata: mergeMetadata({}, params.metadata),
    line_items: lines.map((line) => ({
      id: newId("line").replace("il_", "li_"),
      price: line.price.id,
      quantity: line.quantity,
    })),
    currency: first.price.currency,
    amount_total:
      data?.trial_period_days === undefined
        ? lines.reduce((sum, line) => sum + line.price.unit_amount * line.quantity, 0)
        : 0,
    success_url: params.success_url,
    cancel_url: params.cancel_url ?? null,
    url: `${origin}/c/pay/${id}`,
    locale: params.locale ?? null,
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    automatic_tax: params.automatic_tax?.enabled ?? false,
    payment_method_collection: params.payment_method_collection ?? "always",
    subscription_data: {
      metadata: mergeMetadata({}, data?.metadata),
      description: data?.description ?? null,
      trial_period_days: data?.trial_period_days ?? null,
      missing_payment_method: data?.trial_settings?.end_behavior.missing_payment_method ?? "create_invoice",
      billing_mode: data?.billing_mode?.type ?? "flexible",
    },
    subscription: null,
    invoice: null,
  };
  work.state.sessions[id] = session;
  return session;
}

/** A customer that is there already, and whose address nobody knows, must let Checkout write it down. */
function refuseTax(params: Params): void {
  const { customer, customer_update: update } = params;
  if (update !== undefined && customer === undefined)
    throw invalid("`customer_update` can only be used with `customer`.", { param: "customer_update" });
  if (params.automatic_tax?.enabled !== true || customer === undefined) return;
  if (update?.address === "auto" || update?.shipping === "auto") return;
  throw invalid(
    "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' to save the address entered in Checkout to the Customer.",
    { code: "customer_tax_location_invalid", param: "automatic_tax" },
  );
}

function expiry(work: Work, wanted: number | undefined): number {
  if (wanted === undefined) return work.now + day;
  // Stripe's bounds are 30 minutes and 24 hours; a minute of tolerance for the way of the request
  if (wanted < work.now + hour / 2 - 60 || wanted > work.now + day + 60) {
    throw invalid(
      "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
      { param: "expires_at" },
    );
  }
  return wanted;
}

function required(param: string): Error {
  return invalid(`Missing required param: ${param}.`, { code: "parameter_missing", param });
}
