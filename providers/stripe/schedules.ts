import type { Stripe } from "stripe";
import type { CallRequest } from "../provider.ts";
import { END_ARRANGED, ProviderError } from "../provider.ts";
import type { Ask } from "./ask.ts";
import { idOf } from "./read.ts";

type ScheduleRequest = Extract<CallRequest, { name: "schedule_change" }>;
type Phase = Stripe.SubscriptionSchedule.Phase;
type SentPhase = Stripe.SubscriptionScheduleUpdateParams.Phase;

/** What is sent for a change at the period's end; the running phase, which Stripe says, is put before its phase. */
export const parametersOfSchedule = ({ priceId, interval, quantity }: ScheduleRequest) =>
  ({
    end_behavior: "release",
    proration_behavior: "none",
    phases: [
      {
        items: [{ price: priceId, quantity }],
        // Then it is released: the subscription goes on by itself on these terms.
        duration: { interval, interval_count: 1 },
        proration_behavior: "none",
      },
    ],
  }) satisfies Stripe.SubscriptionScheduleUpdateParams;

/**
 * Has the next period begin on other terms. Stripe takes no phases with a new schedule of a running subscription, so
 * it is two requests; one that an earlier attempt has left in between, or that somebody else made, is taken over.
 */
export async function scheduleChange(
  ask: Ask,
  { subscriptionId }: ScheduleRequest,
  sent: Readonly<Record<string, unknown>>,
  { idempotencyKey }: { readonly idempotencyKey: string },
): Promise<void> {
  const subscription = await ask((stripe) => stripe.subscriptions.retrieve(subscriptionId, EXPANDED));
  const item = onlyItemOf(subscription);
  // A schedule would take back the end that somebody, be it the customer in the portal, has just arranged.
  if (subscription.cancel_at !== null || subscription.cancel_at_period_end) {
    throw cannot(subscriptionId, END_ARRANGED);
  }
  const schedule =
    scheduleIn(subscription) ??
    (await ask((stripe) =>
      stripe.subscriptionSchedules.create(
        { from_subscription: subscriptionId },
        { idempotencyKey: `${idempotencyKey}/schedule` },
      ),
    ));
  const { phases, running } = phasesFrom(schedule, item, sent);
  await ask((stripe) =>
    stripe.subscriptionSchedules.update(
      schedule.id,
      { ...sent, phases },
      // When a renewal has come between two attempts, the later one sends something else.
      { idempotencyKey: `${idempotencyKey}/${running.end_date}` },
    ),
  );
}

/** For reads of a subscription: with the schedule that manages it. */
export const EXPANDED = { expand: ["schedule"] };

/** The schedule that manages it, as far as it was read with it; null: none. */
export const scheduleIn = ({ schedule }: Stripe.Subscription): Stripe.SubscriptionSchedule | null =>
  typeof schedule === "object" ? schedule : null;

/** What it sells. @throws ProviderError refused, where that is not one thing: we would not know which to change */
export function onlyItemOf({ id, items }: Stripe.Subscription): Stripe.SubscriptionItem {
  const [item] = items.data;
  if (item === undefined || items.data.length > 1) throw cannot(id, "several_items");
  return item;
}

export const cannot = (subscriptionId: string, code: string): ProviderError =>
  new ProviderError("stripe", "refused", `Stripe: ${subscriptionId}: ${code}`, { code });

/** The running phase, cut or stretched to the period, and the one that was stored to be sent. */
function phasesFrom(
  { phases, current_phase }: Stripe.SubscriptionSchedule,
  { price, quantity = 1, current_period_end: end_date }: Stripe.SubscriptionItem,
  sent: Readonly<Record<string, unknown>>,
): { readonly phases: SentPhase[]; readonly running: { readonly end_date: number } } {
  const now = phases.find(({ start_date }) => start_date === current_phase?.start_date) ?? phases[0];
  const running = {
    ...(now === undefined ? {} : { ...kept(now), start_date: now.start_date }),
    ...(typeof now?.trial_end === "number" ? { trial_end: now.trial_end } : {}),
    items: [{ price: price.id, quantity }],
    end_date,
  };
  const [next] = Array.isArray(sent["phases"]) ? sent["phases"] : [];
  return { phases: [running, { ...(now === undefined ? {} : kept(now)), ...next }], running };
}

/** What a phase would lose if it were not said again; its other settings are the schedule's own. */
const kept = ({ discounts, default_tax_rates, automatic_tax }: Phase): Partial<SentPhase> => ({
  ...(discounts.length === 0
    ? {}
    : {
        discounts: discounts.map(({ discount, coupon, promotion_code }) => {
          const [id, couponId, codeId] = [idOf(discount), idOf(coupon), idOf(promotion_code)];
          if (id !== null) return { discount: id };
          return codeId === null ? { coupon: couponId ?? "" } : { promotion_code: codeId };
        }),
      }),
  ...(default_tax_rates?.length ? { default_tax_rates: default_tax_rates.map(({ id }) => id) } : {}),
  ...(automatic_tax?.enabled ? { automatic_tax: { enabled: true } } : {}),
});

/**
 * Lets the subscription go on as it is, if a schedule manages it: then only the schedule may say when it ends, and
 * other terms would begin by themselves. An arranged end stays.
 */
export async function release(
  ask: Ask,
  subscriptionId: string,
  { idempotencyKey }: { readonly idempotencyKey: string },
): Promise<void> {
  const { schedule } = await ask((stripe) => stripe.subscriptions.retrieve(subscriptionId));
  const id = idOf(schedule);
  if (id === null) return;
  await ask((stripe) =>
    stripe.subscriptionSchedules.release(
      id,
      { preserve_cancel_date: true },
      { idempotencyKey: `${idempotencyKey}/release/${id}` },
    ),
  );
}
