import type { SubscriptionId } from "../domain/ids.ts";
import type { AskedCommand, Carried, CommandReply, Standing, SubscriptionInput } from "./contract.ts";

/** What one run of a subscription's workflow holds in its hands. Everything else is in Postgres. */
export interface Run {
  readonly subscriptionId: SubscriptionId;
  /** Something happened since the last look. */
  dirty: boolean;
  /** Commands that no settled turn has taken in yet. */
  asked: AskedCommand[];
  /** Who waits for an answer: an update's id, and the id of the command that it asked. Two may ask the same. */
  readonly waiting: Map<string, string>;
  /** By update id. */
  readonly replies: Map<string, CommandReply>;
  /** Milliseconds by the system's clock (R13), absolute: a timer does not survive its run, a deadline does. */
  deadline: number | null;
  /** Milliseconds by Temporal's clock: when to try again after a turn that failed, or that has to wait. */
  retryAt: number | null;
  /** Turns that failed in a row. */
  failures: number;
  /** Turns in a row that somebody else has forestalled. */
  conflicts: number;
  /** Turns in a row that found a command done at the provider and not shown there. */
  unseen: number;
  offsetMs: number;
  standing: Standing | null;
  /** What it is listed by now, so that only a change is written. */
  listed: string;
}

export const begin = ({ subscriptionId, carried }: SubscriptionInput): Run => ({
  subscriptionId,
  dirty: carried?.dirty ?? true,
  asked: [...(carried?.commands ?? [])],
  waiting: new Map(),
  replies: new Map(),
  deadline: carried?.deadline ?? null,
  retryAt: null,
  failures: 0,
  conflicts: 0,
  unseen: 0,
  offsetMs: carried?.offsetMs ?? 0,
  standing: carried?.standing ?? null,
  listed: carried?.listed ?? "",
});

export const carry = (run: Run): Carried => ({
  // A retry that was due becomes a turn at once.
  dirty: run.dirty || run.retryAt !== null,
  commands: run.asked,
  deadline: run.deadline,
  offsetMs: run.offsetMs,
  standing: run.standing,
  listed: run.listed,
});

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const LONGEST_WAIT_MS = 28 * DAY_MS;
/** The first turn at this age is a run's last, so that changed code reaches also the quietest subscription. */
const FULL_AGE_MS = 28 * DAY_MS;
/** At this age it is taken in any case. No month is so long: where something renews, the renewal is that turn. */
const LONGEST_RUN_MS = 32 * DAY_MS;

/** What is waited for when nothing comes. */
export interface Wait {
  readonly cause: "retry" | "deadline" | "monthly";
  /** Zero or less: now. */
  readonly waitMs: number;
  readonly summary: string;
}

/** How long to wait at most, and for what: from absolute times, so that nothing drifts. */
export function nextWait(run: Run, now: number, runStartTime: Date): Wait {
  if (run.retryAt !== null) {
    // Alone it counts then: a deadline that passed while turns fail would make one turn after the other without rest.
    return { cause: "retry", waitMs: run.retryAt - now, summary: "Try again" };
  }
  const deadline = run.deadline === null ? Infinity : run.deadline - run.offsetMs - now;
  const leftOfRun = Math.max(SECOND_MS, runStartTime.getTime() + LONGEST_RUN_MS - now);
  const longest = Math.min(LONGEST_WAIT_MS, leftOfRun);
  return deadline <= longest
    ? { cause: "deadline", waitMs: deadline, summary: "Next deadline" }
    : { cause: "monthly", waitMs: longest, summary: "A look at least monthly" };
}

/** Nothing is left to wait for: no deadline, no retry, no command, no wake. */
export const isOver = (run: Run): boolean =>
  run.deadline === null &&
  run.retryAt === null &&
  !run.dirty &&
  run.asked.length === 0 &&
  run.waiting.size === 0;

/** How many turns, or events of history, one run takes before the next run goes on. */
const TURNS_A_RUN = 150;
const EVENTS_A_RUN = 600;
/** What an earlier version let a run take: turns that it has taken beyond the 600 are replayed as they were. */
const EVENTS_ALLOWED_ONCE = 800;

/** Whether the next run should go on. `keepsPast`: whether this turn was taken by that earlier version. */
export const isLong = (
  turns: number,
  info: {
    readonly historyLength: number;
    readonly continueAsNewSuggested: boolean;
    readonly runStartTime: Date;
  },
  now: number,
  keepsPast: () => boolean,
): boolean =>
  turns >= TURNS_A_RUN ||
  info.historyLength >= EVENTS_ALLOWED_ONCE ||
  (info.historyLength >= EVENTS_A_RUN && !keepsPast()) ||
  info.continueAsNewSuggested ||
  now - info.runStartTime.getTime() >= FULL_AGE_MS;
