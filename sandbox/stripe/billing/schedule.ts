import { invalid, type StripeError } from "../errors.ts";
import { newId } from "../ids.ts";
import type { Subscription, SubscriptionItem } from "../records.ts";
import type { Schedule, SchedulePhase } from "../schedule-records.ts";
import { scheduleView } from "../views/schedule.ts";
import { change, emit, type Work } from "../world.ts";
import { updateSubscription } from "./update.ts";

/** The schedule that manages a subscription now; null when there is none. */
export function scheduleOf(state: Work["state"], sub: Subscription): Schedule | null {
  const id = sub.schedule ?? null;
  const schedule = id === null ? undefined : state.schedules[id];
  return schedule?.status === "active" ? schedule : null;
}

/** The phase in which the schedule is. */
export function runningPhase(schedule: Schedule): SchedulePhase {
  const phase = schedule.phases[schedule.current];
  if (phase === undefined) throw new Error(`${schedule.id} is in no phase`);
  return phase;
}

/** The phase that begins when the running one ends; null when that is the last. */
export function nextPhase(schedule: Schedule): SchedulePhase | null {
  return schedule.phases[schedule.current + 1] ?? null;
}

/** The subscription's items in a phase: what stays at its price stays the same item. */
export function itemsOfPhase(work: Work, sub: Subscription, phase: SchedulePhase): SubscriptionItem[] {
  return phase.items.map((wanted) => {
    const item = sub.items.find(({ price }) => price === wanted.price);
    return {
      id: item?.id ?? newId("subscription_item"),
      created: item?.created ?? work.now,
      price: wanted.price,
      quantity: wanted.quantity,
      metadata: { ...item?.metadata, ...wanted.metadata },
    };
  });
}

/** The next phase is the running one from now on. */
export function enterNextPhase(work: Work, schedule: Schedule): void {
  change(work, "subscription_schedule.updated", schedule, scheduleView, (it) => {
    it.current += 1;
  });
}

/** The subscription goes its own way from here, as it is. */
export function releaseSchedule(work: Work, sub: Subscription, schedule: Schedule): void {
  schedule.status = "released";
  schedule.released_at = work.now;
  schedule.released_subscription = sub.id;
  schedule.subscription = null;
  emit(work, "subscription_schedule.released", scheduleView(work, schedule));
  updateSubscription(work, sub, (it) => {
    it.schedule = null;
  });
}

/** The subscription has ended: as its schedule had it in mind, or before that. */
export function endSchedule(work: Work, sub: Subscription): void {
  const schedule = scheduleOf(work.state, sub);
  if (schedule === null) return;
  const done = schedule.end_behavior === "cancel" && (schedule.phases.at(-1)?.end ?? 0) <= work.now;
  schedule.status = done ? "completed" : "canceled";
  if (done) schedule.completed_at = work.now;
  else schedule.canceled_at = work.now;
  emit(work, `subscription_schedule.${schedule.status}`, scheduleView(work, schedule));
}

/** Throws when a schedule alone may say when the subscription ends. */
export function refuseManagedEnd(work: Work, sub: Subscription): void {
  const schedule = scheduleOf(work.state, sub);
  if (schedule !== null) throw managed(schedule);
}

function managed({ id }: Schedule): StripeError {
  return invalid(
    `The subscription is managed by the subscription schedule \`${id}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
  );
}
