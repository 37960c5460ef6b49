import { cycleOf } from "../billing/lines.ts";
import { nextBoundary } from "../calendar.ts";
import { find, invalid } from "../errors.ts";
import type { Subscription } from "../records.ts";
import type { SchedulePhase } from "../schedule-records.ts";
import type { Work } from "../world.ts";
import type { PhaseParams } from "./params.ts";

/** The one phase of a schedule that is made from a subscription: the period that runs. */
export function phaseOfNow(sub: Subscription): SchedulePhase {
  return {
    start: sub.current_period_start,
    end: sub.current_period_end,
    items: sub.items.map(({ price, quantity }) => ({ price, quantity, metadata: {} })),
    metadata: {},
    proration: "create_prorations",
    trial_end: sub.status === "trialing" ? sub.trial_end : null,
  };
}

/** The phases as asked for, each from the end of the one before. The first is the running one. */
export function readPhases(
  work: Work,
  running: SchedulePhase,
  wanted: readonly PhaseParams[],
): SchedulePhase[] {
  const phases: SchedulePhase[] = [];
  for (const [position, params] of wanted.entries()) {
    const param = `phases[${position}]`;
    const before = phases.at(-1);
    const start =
      before === undefined ? startOfFirst(running, params) : startAfter(before, params, work, param);
    const items = params.items.map((item, index) => {
      find(work.state.prices, item.price, "price", `${param}[items][${index}][price]`);
      return { price: item.price, quantity: item.quantity ?? 1, metadata: item.metadata ?? {} };
    });
    const end = endOf(work, params, start, items);
    if (end <= start || end < work.now)
      throw invalid("The end date of a phase must be after its start date, and not in the past.", {
        param: `${param}[end_date]`,
      });
    phases.push({
      start,
      end,
      items,
      metadata: params.metadata ?? {},
      proration: params.proration_behavior ?? "create_prorations",
      trial_end: params.trial_end ?? null,
    });
  }
  refuseOtherItems(running, phases);
  return phases;
}

function startOfFirst(running: SchedulePhase, { start_date: start }: PhaseParams): number {
  if (start === undefined)
    throw invalid(
      "The subscription schedule update is missing at least one phase with a `start_date` to anchor end dates to.",
      { param: "phases" },
    );
  if (start !== running.start)
    throw invalid("You can not modify the start date of the current phase.", {
      param: "phases[0][start_date]",
    });
  return start;
}

function startAfter(before: SchedulePhase, params: PhaseParams, work: Work, param: string): number {
  const given = params.start_date === "now" ? work.now : params.start_date;
  if (given !== undefined && given !== before.end)
    throw invalid("The start date of a phase must be the end date of the phase before it.", {
      param: `${param}[start_date]`,
    });
  return before.end;
}

/** Without a date and a duration a phase lasts one period of its price. */
function endOf(work: Work, params: PhaseParams, start: number, items: SchedulePhase["items"]): number {
  const { end_date: end, duration } = params;
  if (end !== undefined && duration !== undefined)
    throw invalid("You may only specify one of these parameters: end_date, duration.", { param: "phases" });
  if (end !== undefined) return end === "now" ? work.now : end;
  const cycle =
    duration === undefined
      ? cycleOf(work, { items })
      : { interval: duration.interval, interval_count: duration.interval_count ?? 1 };
  return nextBoundary(start, cycle, start);
}

/** Stripe would change what runs at once; the sandbox leaves that to the subscription's own update. */
function refuseOtherItems(running: SchedulePhase, [first]: readonly SchedulePhase[]): void {
  if (first !== undefined && terms(first) !== terms(running))
    throw invalid("The sandbox does not change the items of the running phase: update the subscription.", {
      param: "phases[0][items]",
    });
}

function terms({ items }: SchedulePhase): string {
  return JSON.stringify(items.map(({ price, quantity }) => `${price} ${quantity}`).toSorted());
}
