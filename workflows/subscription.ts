import {
  allHandlersFinished,
  CancellationScope,
  condition,
  log,
  makeContinueAsNewFunc,
  setCurrentDetails,
  workflowInfo,
} from "@temporalio/workflow";
import type { SubscriptionInput, SubscriptionResult } from "./contract.ts";
import { details, list } from "./details.ts";
import { begin, carry, listen, nextWake, type Run, reply, replyPending } from "./run.ts";
import { takeTurn } from "./turn.ts";

/** How many turns, or events of history, one run takes before the next run goes on. */
const TURNS_A_RUN = 150;
const EVENTS_A_RUN = 800;
const DAY_MS = 86_400_000;
/** A run ends at least monthly, so that changed code reaches also the quietest subscription. */
const LONGEST_RUN_MS = 28 * DAY_MS;

/**
 * One subscription, from its checkout until nothing is left to wait for. It is the turnstile and the clock: it takes
 * turns one by one and keeps the next deadline. What a turn means is decided in `settle`, which may change every
 * day without this changing.
 */
export function subscription(input: SubscriptionInput): Promise<SubscriptionResult> {
  // A click on "Cancel" in the Web UI ends no subscription: the command of that name does.
  return CancellationScope.nonCancellable(() => live(begin(input)));
}

async function live(run: Run): Promise<SubscriptionResult> {
  listen(run);
  if (run.standing !== null) setCurrentDetails(details(run.standing));

  for (let turns = 1; ; turns += 1) {
    const { cause, waitMs, summary } = nextWake(run);
    const woken = waitMs <= 0 || (await condition(() => run.dirty, waitMs, { summary }));
    run.dirty = false;
    const report = await takeTurn(run, `${workflowInfo().runId}/${turns}`, woken ? cause : "deadline");
    if (report !== undefined) {
      reply(run, report.answers);
      list(run, report.listed);
      setCurrentDetails(details(report.standing));
    }
    // Nobody waits through an outage: the command is kept, and the asker is told so.
    if (run.failures > 0) replyPending(run);

    if (report !== undefined && isOver(run)) {
      await condition(allHandlersFinished);
      // Asked or woken while the last answers went out: one more turn, then.
      if (isOver(run)) return { subscriptionId: run.subscriptionId, ...report.standing };
    }
    // Checked after every turn, and waiting commands first: a run that waits for quiet never ends.
    if (shouldContinue(turns) && run.waiting.size === 0) {
      await condition(allHandlersFinished);
      if (run.asked.length === 0) await continueAsNew(run);
    }
  }
}

/** Nothing is left to wait for: no deadline, no command, no wake. */
const isOver = (run: Run): boolean =>
  run.deadline === null &&
  run.retryAt === null &&
  !run.dirty &&
  run.asked.length === 0 &&
  run.waiting.size === 0;

function shouldContinue(turns: number): boolean {
  const { historyLength, continueAsNewSuggested, runStartTime } = workflowInfo();
  return (
    turns >= TURNS_A_RUN ||
    historyLength >= EVENTS_A_RUN ||
    continueAsNewSuggested ||
    Date.now() - runStartTime.getTime() >= LONGEST_RUN_MS
  );
}

async function continueAsNew(run: Run): Promise<void> {
  log.info("continuing as new", { subscriptionId: run.subscriptionId });
  await makeContinueAsNewFunc<typeof subscription>({ initialVersioningBehavior: "AUTO_UPGRADE" })({
    subscriptionId: run.subscriptionId,
    carried: carry(run),
  });
}
