import type { Schedule, SchedulePhase } from "../schedule-records.ts";
import type { StripeObject, Work } from "../world.ts";

export function scheduleView(_work: Work, schedule: Schedule): StripeObject {
  const running = schedule.status === "active" ? schedule.phases[schedule.current] : undefined;
  return {
    id: schedule.id,
    object: "subscription_schedule",
    application: null,
    billing_mode:
      schedule.billing_mode === "flexible"
        ? { flexible: { proration_discounts: "included" }, type: "flexible" }
        : { flexible: null, type: "classic" },
    canceled_at: schedule.canceled_at,
    completed_at: schedule.completed_at,
    created: schedule.created,
    current_phase: running === undefined ? null : { end_date: running.end, start_date: running.start },
    customer: schedule.customer,
    customer_account: null,
    default_settings: {
      application_fee_percent: null,
      automatic_tax: { disabled_reason: null, enabled: false, liability: null },
      billing_cycle_anchor: "automatic",
      billing_thresholds: null,
      collection_method: "charge_automatically",
      default_payment_method: null,
      description: null,
      invoice_settings: { account_tax_ids: null, days_until_due: null, issuer: { type: "self" } },
      on_behalf_of: null,
      transfer_data: null,
    },
    end_behavior: schedule.end_behavior,
    livemode: false,
    metadata: schedule.metadata,
    phases: schedule.phases.map((phase) => phaseView(schedule, phase)),
    released_at: schedule.released_at,
    released_subscription: schedule.released_subscription,
    status: schedule.status,
    subscription: schedule.subscription,
    test_clock: null,
  };
}

function phaseView(schedule: Schedule, phase: SchedulePhase): StripeObject {
  return {
    add_invoice_items: [],
    application_fee_percent: null,
    billing_cycle_anchor: null,
    billing_thresholds: null,
    collection_method: null,
    currency: schedule.currency,
    default_payment_method: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    end_date: phase.end,
    invoice_settings: null,
    items: phase.items.map((item) => ({
      billing_thresholds: null,
      discounts: [],
      metadata: item.metadata,
      price: item.price,
      quantity: item.quantity,
      tax_rates: [],
    })),
    metadata: phase.metadata,
    on_behalf_of: null,
    proration_behavior: phase.proration,
    start_date: phase.start,
    transfer_data: null,
    trial_end: phase.trial_end,
  };
}
