import { find } from "../errors.ts";
import type { Subscription, SubscriptionItem } from "../records.ts";
import type { StripeObject, Work } from "../world.ts";
import { listOf } from "./list.ts";
import { planView, priceView } from "./price.ts";

export function subscriptionView(work: Work, sub: Subscription): StripeObject {
  return {
    id: sub.id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: sub.billing_cycle_anchor,
    billing_cycle_anchor_config: null,
    billing_mode:
      sub.billing_mode === "flexible"
        ? { flexible: { proration_discounts: "included" }, type: "flexible" }
        : { flexible: null, type: "classic" },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: sub.cancel_at,
    cancel_at_period_end: sub.cancel_at_period_end,
    canceled_at: sub.canceled_at,
    cancellation_details: sub.cancellation,
    collection_method: "charge_automatically",
    created: sub.created,
    currency: sub.currency,
    customer: sub.customer,
    customer_account: null,
    days_until_due: null,
    default_payment_method: sub.default_payment_method,
    default_source: null,
    default_tax_rates: [],
    description: sub.description,
    discounts: [],
    ended_at: sub.ended_at,
    invoice_settings: { account_tax_ids: null, issuer: { type: "self" } },
    items: listOf(
      `/v1/subscription_items?subscription=${sub.id}`,
      sub.items.map((item) => itemView(work, sub, item)),
    ),
    latest_invoice: sub.latest_invoice,
    livemode: false,
    managed_payments: null,
    metadata: sub.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: sub.pause_collection,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: sub.save_default_payment_method,
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: sub.schedule ?? null,
    start_date: sub.created,
    status: sub.status,
    ...(sub.paused === null
      ? {}
      : {
          status_details: {
            paused: { subscription: { type: sub.paused.type }, transitioned_at: sub.paused.transitioned_at },
          },
        }),
    test_clock: null,
    transfer_data: null,
    trial_end: sub.trial_end,
    trial_settings: { end_behavior: { missing_payment_method: sub.missing_payment_method } },
    trial_start: sub.trial_start,
  };
}

function itemView(work: Work, sub: Subscription, item: SubscriptionItem): StripeObject {
  const price = find(work.state.prices, item.price, "price");
  return {
    id: item.id,
    object: "subscription_item",
    billing_thresholds: null,
    created: item.created,
    current_period_end: sub.current_period_end,
    current_period_start: sub.current_period_start,
    current_trial: null,
    discounts: [],
    metadata: item.metadata,
    plan: planView(work, price),
    price: priceView(work, price),
    quantity: item.quantity,
    subscription: sub.id,
    tax_rates: [],
  };
}
