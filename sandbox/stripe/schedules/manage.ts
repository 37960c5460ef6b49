import type { z } from "zod";
import { planEnd } from "../billing/cancel.ts";
import { releaseSchedule, runningPhase, scheduleOf } from "../billing/schedule.ts";
import { endTrial } from "../billing/trial.ts";
import { isOver, updateSubscription } from "../billing/update.ts";
import { find, invalid } from "../errors.ts";
import { mergeMetadata } from "../http/params.ts";
import { newId } from "../ids.ts";
import type { Subscription } from "../records.ts";
import type { Schedule } from "../schedule-records.ts";
import { scheduleView } from "../views/schedule.ts";
import { change, emit, type Work } from "../world.ts";
import type { createScheduleParams, updateScheduleParams } from "./params.ts";
import { phaseOfNow, readPhases } from "./phases.ts";

/** POST /v1/subscription_schedules: from a subscription that runs already. */
export function createSchedule(
  work: Work,
  params: z.infer<z.ZodObject<typeof createScheduleParams>>,
): Schedule {
  const { from_subscription: from, ...others } = params;
  if (from === undefined)
    throw invalid("The sandbox makes schedules of running subscriptions only.", {
      param: "from_subscription",
    });
  const other = Object.entries(others).find(([, value]) => value !== undefined);
  if (other !== undefined)
    throw invalid(`You cannot set \`${other[0]}\` if \`from_subscription\` is set.`, { param: other[0] });
  const sub = find(work.state.subscriptions, from, "subscription", "from_subscription");
  if (isOver(sub))
    throw invalid("You cannot migrate a subscription that is canceled.", { param: "from_subscription" });
  const before = scheduleOf(work.state, sub);
  if (before !== null)
    throw invalid(
      `You cannot migrate a subscription that is already attached to a schedule: \`${before.id}\`.`,
      { param: "from_subscription" },
    );
  const schedule: Schedule = {
    id: newId("schedule"),
    created: work.now,
    customer: sub.customer,
    subscription: sub.id,
    status: "active",
    end_behavior: sub.cancel_at_period_end || sub.cancel_at !== null ? "cancel" : "release",
    phases: [phaseOfNow(sub)],
    current: 0,
    billing_mode: sub.billing_mode,
    currency: sub.currency,
    metadata: {},
    canceled_at: null,
    completed_at: null,
    released_at: null,
    released_subscription: null,
  };
  work.state.schedules[schedule.id] = schedule;
  emit(work, "subscription_schedule.created", scheduleView(work, schedule));
  updateSubscription(work, sub, (it) => {
    it.schedule = schedule.id;
  });
  return schedule;
}

/** POST /v1/subscription_schedules/:id: all phases from the running one on are given anew. */
export function updateSchedule(
  work: Work,
  schedule: Schedule,
  params: z.infer<z.ZodObject<typeof updateScheduleParams>>,
): Schedule {
  const sub = managedBy(work, schedule, "update");
  const { phases } = params;
  const running = runningPhase(schedule);
  const read = phases === undefined ? null : readPhases(work, running, phases);
  change(work, "subscription_schedule.updated", schedule, scheduleView, (it) => {
    it.metadata = mergeMetadata(it.metadata, params.metadata);
    it.end_behavior = params.end_behavior ?? it.end_behavior;
    if (read === null) return;
    it.phases = read;
    it.current = 0;
  });
  const last = schedule.phases.at(-1);
  updateSubscription(work, sub, (it) =>
    planEnd(work, it, {
      at_period_end: false,
      at: schedule.end_behavior === "cancel" && last !== undefined ? last.end : null,
    }),
  );
  // a running phase that does not name the end of its trial has none
  if (read !== null && sub.status === "trialing" && (read[0]?.trial_end ?? null) === null)
    endTrial(work, sub);
  return schedule;
}

/** POST /v1/subscription_schedules/:id/release. An end that the schedule had in mind is forgotten unless it is kept. */
export function releaseNow(work: Work, schedule: Schedule, keepEnd: boolean): Schedule {
  const sub = managedBy(work, schedule, "release");
  if (schedule.end_behavior === "cancel" && !keepEnd)
    updateSubscription(work, sub, (it) => planEnd(work, it, { at_period_end: false, at: null }));
  releaseSchedule(work, sub, schedule);
  return schedule;
}

function managedBy(work: Work, schedule: Schedule, what: "release" | "update"): Subscription {
  const sub = schedule.subscription === null ? undefined : work.state.subscriptions[schedule.subscription];
  if (sub !== undefined && schedule.status === "active") return sub;
  throw invalid(
    `You cannot ${what} a subscription schedule that is currently in the \`${schedule.status}\` status. It must be in one of the following statuses: not_started, active.`,
  );
}
