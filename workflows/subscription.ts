import {
  allHandlersFinished,
  CancellationScope,
  condition,
  log,
  makeContinueAsNewFunc,
  patched,
  setCurrentDetails,
  workflowInfo,
} from "@temporalio/workflow";
import type { SubscriptionInput, SubscriptionResult } from "./contract.ts";
import { details } from "./details.ts";
import { KEPT, listen, replyPending } from "./listen.ts";
import { begin, carry, isLong, isOver, nextWait, type Run } from "./run.ts";
import { takeTurn } from "./turn.ts";

/** How many turns a run that should end still takes for commands that wait for their answers. */
const TURNS_FOR_THE_WAITING = 10;
/** Of a run that ends after 600 events, not 800. To be removed when no run is left that began before it. */
const SHORTER_RUNS = "shorter-runs";

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

  for (let turns = 1, late = 0; ; turns += 1) {
    const cause = await untilDue(run);
    run.dirty = false;
    await takeTurn(run, `${workflowInfo().runId}/${turns}`, cause);

    if (isOver(run) && run.standing !== null) {
      await condition(allHandlersFinished);
      // Asked or woken while the last answers went out: one more turn, then.
      if (isOver(run)) return { subscriptionId: run.subscriptionId, ...run.standing };
    }
    // Checked after every turn: a run that waits for quiet never ends. Who waits for an answer is served first, but
    // not for ever.
    if (isLong(turns, workflowInfo(), Date.now(), () => !patched(SHORTER_RUNS))) late += 1;
    if (late > 0 && (run.waiting.size === 0 || late > TURNS_FOR_THE_WAITING)) {
      replyPending(run, [...run.waiting.values()], KEPT);
      await condition(allHandlersFinished);
      if (run.waiting.size === 0) await continueAsNew(run);
    }
  }
}

/** Waits for a wake, a command or the next due time. */
async function untilDue(run: Run): Promise<string> {
  const { cause, waitMs, summary } = nextWait(run, Date.now(), workflowInfo().runStartTime);
  if (!run.dirty && waitMs > 0) await condition(() => run.dirty, waitMs, { summary });
  if (!run.dirty) return cause;
  return run.asked.length > 0 ? "command" : "wake";
}

async function continueAsNew(run: Run): Promise<void> {
  log.info("continuing as new", { subscriptionId: run.subscriptionId });
  await makeContinueAsNewFunc<typeof subscription>({ initialVersioningBehavior: "AUTO_UPGRADE" })({
    subscriptionId: run.subscriptionId,
    carried: carry(run),
  });
}
