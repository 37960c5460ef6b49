import type { z } from "zod";
import { planEnd } from "../billing/cancel.ts";
import { cardError, subscribe, trialEnd } from "../billing/subscribe.ts";
import { cardOf } from "../cards.ts";
import { liveCustomer } from "../customers.ts";
import { find, invalid } from "../errors.ts";
import { mergeMetadata } from "../http/params.ts";
import { methodNamed } from "../payment-methods.ts";
import type { PaymentMethod, Subscription } from "../records.ts";
import { subscriptionView } from "../views/subscription.ts";
import { emit, type Work } from "../world.ts";
import type { createParams } from "./params.ts";

type Params = z.infer<z.ZodObject<typeof createParams>>;

/** POST /v1/subscriptions. Stripe reports the subscription last, with the status it then has. */
export function createFromParams(work: Work, params: Params): Subscription {
  const customer = liveCustomer(work, params.customer, "customer");
  const prices = params.items.map((item, position) =>
    find(work.state.prices, item.price, "price", `items[${position}][price]`),
  );
  const named = params.default_payment_method;
  const own = named === undefined ? null : methodNamed(work, named, customer, "default_payment_method");
  const onFile = customer.default_payment_method;
  const method = own ?? (onFile === null ? null : (work.state.payment_methods[onFile] ?? null));
  const ends = trialOf(work, params);
  const behavior = params.payment_behavior ?? "allow_incomplete";
  refuse(method, ends, behavior);
  const { sub } = subscribe(work, {
    customer,
    items: params.items.map((item) => ({
      price: item.price,
      quantity: item.quantity ?? 1,
      metadata: item.metadata ?? {},
    })),
    currency: prices[0]?.currency ?? "usd",
    metadata: mergeMetadata({}, params.metadata),
    description: params.description ?? null,
    method,
    trialEnd: ends,
    missingPaymentMethod: params.trial_settings?.end_behavior.missing_payment_method ?? "create_invoice",
    billingMode: params.billing_mode?.type ?? "flexible",
    saveCard: own !== null,
    present: params.off_session !== true,
    payNow: behavior !== "default_incomplete",
  });
  sub.save_default_payment_method = params.payment_settings?.save_default_payment_method ?? "off";
  planEnd(work, sub, {
    ...(params.cancel_at === undefined ? {} : { at: params.cancel_at }),
    ...(params.cancel_at_period_end === undefined ? {} : { at_period_end: params.cancel_at_period_end }),
  });
  const early = new Set(["customer.subscription.created", "customer.subscription.updated"]);
  // a new subscription: no other one can have been reported in the same work
  work.events = work.events.filter((event) => !early.has(event.type));
  emit(work, "customer.subscription.created", subscriptionView(work, sub));
  return sub;
}

function trialOf(work: Work, params: Params): number | null {
  if (params.trial_end === undefined) return trialEnd(work, params.trial_period_days ?? null);
  if (params.trial_end === "now") return null;
  if (params.trial_end <= work.now)
    throw invalid("Timestamp is in the past: trial_end", { param: "trial_end" });
  return params.trial_end;
}

/** What is refused before anything exists. */
function refuse(method: PaymentMethod | null, ends: number | null, behavior: string): void {
  if (ends !== null || behavior === "default_incomplete") return;
  if (method === null) {
    throw invalid(
      "This customer has no attached payment source or default payment method. Please consider adding a default payment method.",
      { code: "resource_missing" },
    );
  }
  const { decline } = cardOf(method);
  if (behavior === "error_if_incomplete" && decline !== null)
    throw cardError({ paid: false, decline, asksCustomer: false });
}
