import { DateTime } from "luxon";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Queue } from "../delivery/queue.ts";
import type { State } from "../state.ts";
import { firstDue } from "../stripe/billing/due.ts";
import type { Perform } from "../stripe/perform.ts";
import { ControlError } from "./control-error.ts";

/** How far to go: a length of time (months of the calendar, in UTC), or the moment itself in ms since 1970. */
const target = z.union([
  z.strictObject({ to: z.number().int() }),
  z
    .strictObject({
      months: z.number().int().min(0),
      days: z.number().min(0),
      hours: z.number().min(0),
      minutes: z.number().min(0),
      seconds: z.number().min(0),
    })
    .partial()
    .refine((length) => Object.values(length).some((part) => part !== undefined && part > 0)),
]);

export type Target = z.infer<typeof target>;

/** Reads what the control API was asked for. */
export function readTarget(body: unknown): Target {
  const result = target.safeParse(body);
  if (result.success) return result.data;
  throw new ControlError(
    400,
    'expected {"months"?, "days"?, "hours"?, "minutes"?, "seconds"?} with at least one above 0 (months whole), or {"to": ms since 1970}',
  );
}

/** Where an advance ended. */
interface Advanced {
  now: number;
  offset_ms: number;
  /** how many things happened on the way */
  steps: number;
}

/** Moves the sandbox's time. */
export interface Traveller {
  advance(wanted: Target): Promise<Advanced>;
  /** Does what has become due while nobody moved the clock. */
  catchUp(): void;
}

interface TravelParts {
  state: State;
  clock: Clock;
  queue: Queue;
  perform: Perform;
  changed: () => void;
  /**
   * Told of each new offset before anything happens at that time; null = nobody. Its answer may say when the rest of
   * the system wants the time next, in ms since 1970: {"next_deadline_ms": 0}. There the clock stops, too.
   */
  clockHook: string | null;
}

/** The deliveries of one moment may take this long before the clock goes on, ms. */
const quietMs = 15_000;
/** The hook may take this long, ms. */
const hookMs = 30_000;

/** Moves from one due moment to the next, so that whatever happens, happens at its time. */
export function createTraveller(parts: TravelParts): Traveller {
  const { state, clock, queue, perform, changed } = parts;
  let moving = false;
  // after a failed hook the rest of the system is behind: nothing may happen by itself until it was told
  let behind = false;

  async function travel(end: number): Promise<Advanced> {
    let wanted = await tell(0, false);
    for (let steps = 0; ; steps += 1) {
      await queue.idle(quietMs);
      const due = firstDue(state.stripe, Math.floor(end / 1000));
      const stops = [end, due === null ? end : due.at * 1000, wanted ?? end];
      const stop = Math.max(Math.min(...stops), clock.now());
      const arrived = stop >= end && due === null;
      wanted = await moveTo(stop, steps, arrived);
      if (arrived) return { now: clock.now(), offset_ms: clock.offset(), steps };
      happen(end);
    }
  }

  async function moveTo(moment: number, steps: number, arrived: boolean): Promise<number | null> {
    queue.pause();
    try {
      clock.moveTo(moment);
      changed();
      behind = true;
      const wanted = await tell(steps, arrived);
      behind = false;
      return wanted;
    } finally {
      queue.resume();
    }
  }

  /** Answers when the rest of the system wants the time next, if that is still to come. */
  async function tell(steps: number, arrived: boolean): Promise<number | null> {
    if (parts.clockHook === null) return null;
    const { failure, next } = await post(parts.clockHook, { offset_ms: clock.offset(), arrived });
    if (failure === null) return next !== null && next > clock.now() ? next : null;
    const at = new Date(clock.now()).toISOString();
    throw new ControlError(502, `the advance stopped at ${at}: the clock hook ${failure}`, {
      now: clock.now(),
      offset_ms: clock.offset(),
      steps,
    });
  }

  /** Does the first thing that is due by `until` (ms); false when nothing is. */
  function happen(until: number): boolean {
    // looked up again: while the hook was told, the due thing may have changed
    const due = firstDue(state.stripe, Math.floor(Math.min(until, clock.now()) / 1000));
    if (due === null) return false;
    perform(due.run, { at: due.at });
    changed();
    return true;
  }

  return {
    async advance(wanted) {
      if (moving) throw new ControlError(409, "the clock is being moved already");
      const end = momentOf(wanted, clock.now());
      if (end < clock.now() - 2000)
        throw new ControlError(400, "the sandbox's clock never goes back", { now: clock.now() });
      moving = true;
      try {
        return await travel(end);
      } finally {
        moving = false;
      }
    },
    catchUp() {
      if (moving || behind) return;
      while (happen(clock.now()));
    },
  };
}

function momentOf(wanted: Target, now: number): number {
  if ("to" in wanted) return wanted.to;
  return DateTime.fromMillis(now, { zone: "utc" }).plus(wanted).toMillis();
}

const hookAnswer = z.looseObject({ next_deadline_ms: z.number().nullish() });

interface HookAnswer {
  /** null: it was taken */
  failure: string | null;
  next: number | null;
}

async function post(url: string, body: unknown): Promise<HookAnswer> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(hookMs),
    });
    const text = await answer.text();
    if (!answer.ok) return { failure: `answered ${answer.status} ${text.slice(0, 200)}`, next: null };
    const said = hookAnswer.safeParse(text.startsWith("{") ? JSON.parse(text) : {});
    return { failure: null, next: said.data?.next_deadline_ms ?? null };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { failure: `could not be reached: ${reason}`, next: null };
  }
}
