import { condition, currentUpdateInfo, log, setDefaultSignalHandler, setHandler } from "@temporalio/workflow";
import type { Outcome } from "../domain/command.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import {
  type AskedBy,
  type AskedCommand,
  type Carried,
  type CommandReply,
  cancel,
  checkout,
  resync,
  type Standing,
  type SubscriptionInput,
  unpark,
  wake,
} from "./contract.ts";
import { checkAskedBy, checkCheckoutId } from "./validate.ts";

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
  offsetMs: carried?.offsetMs ?? 0,
  standing: carried?.standing ?? null,
  listed: "",
});

export const carry = (run: Run): Carried => ({
  // A retry that was due becomes a turn at once.
  dirty: run.dirty || run.retryAt !== null,
  commands: run.asked,
  deadline: run.deadline,
  offsetMs: run.offsetMs,
  standing: run.standing,
});

/** What an operator may send by hand. */
const byHand = (description: string) => ({ description, validator: checkAskedBy });

/** Handlers only take note; the one loop acts. They never throw: a refusal is an answer. */
export function listen(run: Run): void {
  const look = (): void => {
    run.dirty = true;
  };
  setHandler(wake, look, { description: "Look again at the provider" });
  setDefaultSignalHandler((name) => {
    log.warn("unknown signal, taken for a wake", { name });
    look();
  });
  setHandler(checkout, ({ id }) => submit(run, "checkout", { id, by: "api" }), {
    description: "Open the checkout; sent by the API",
    validator: checkCheckoutId,
  });
  setHandler(
    cancel,
    (asked) => submit(run, "cancel", asked),
    byHand('End the subscription at the provider now: {"by": "your name", "why": "…"}'),
  );
  setHandler(
    resync,
    (asked) => submit(run, "resync", asked),
    byHand('Read the provider\'s truth now: {"by": "your name"}'),
  );
  setHandler(
    unpark,
    (asked) => submit(run, "unpark", asked),
    byHand('Try parked events again and clear the need for attention: {"by": "your name"}'),
  );
}

async function submit(
  run: Run,
  kind: AskedCommand["kind"],
  { by, why, ...asked }: AskedBy,
): Promise<CommandReply> {
  const updateId = currentUpdateInfo()?.id ?? "";
  const id = asked.id ?? updateId;
  if (!run.asked.some((command) => command.id === id)) run.asked.push({ id, kind, by, why: why ?? null });
  run.waiting.set(updateId, id);
  run.dirty = true;
  await condition(() => run.replies.has(updateId));
  const answer = run.replies.get(updateId);
  run.replies.delete(updateId);
  return answer ?? PENDING;
}

const PENDING: CommandReply = {
  state: "pending",
  what: "The provider or the database is away; the command is kept",
};

/** Gives the answers that Postgres holds to those who wait for them. */
export function reply(
  run: Run,
  answers: readonly { readonly commandId: string; readonly outcome: Outcome }[],
): void {
  for (const [updateId, id] of run.waiting) {
    const answer = answers.find(({ commandId }) => commandId === id);
    if (answer !== undefined) answerOne(run, updateId, answer.outcome);
  }
}

export function replyPending(run: Run): void {
  for (const updateId of run.waiting.keys()) answerOne(run, updateId, PENDING);
}

function answerOne(run: Run, updateId: string, answer: CommandReply): void {
  run.waiting.delete(updateId);
  run.replies.set(updateId, answer);
}

const DAY_MS = 86_400_000;
const LONGEST_WAIT_MS = 28 * DAY_MS;

/** How long to wait, for what, and why: from absolute times, so that nothing drifts. */
export function nextWake(run: Run): {
  readonly cause: "wake" | "command" | "retry";
  readonly waitMs: number;
  readonly summary: string;
} {
  const cause = run.asked.length > 0 ? "command" : run.dirty ? "wake" : "retry";
  if (run.dirty) return { cause, waitMs: 0, summary: "now" };
  const now = Date.now();
  const deadline = run.deadline === null ? Infinity : run.deadline - run.offsetMs;
  const retryAt = run.retryAt ?? Infinity;
  const at = Math.min(deadline, retryAt, now + LONGEST_WAIT_MS);
  const summary =
    retryAt <= deadline && retryAt < Infinity ? "Try again" : "Next deadline, or at least monthly";
  return { cause, waitMs: at - now, summary };
}
