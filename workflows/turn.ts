import { log, proxyActivities, proxyLocalActivities, setCurrentDetails } from "@temporalio/workflow";
import type { Activities } from "../activities/activities.ts";
import type { Report } from "../activities/report.ts";
import { details, list } from "./details.ts";
import { AWAY, reply, replyPending, UNSEEN } from "./listen.ts";
import type { Run } from "./run.ts";

const { observe } = proxyActivities<Activities>({
  startToCloseTimeout: "15 seconds",
  scheduleToCloseTimeout: "30 seconds",
  retry: { initialInterval: "500 milliseconds", maximumAttempts: 3 },
  summary: "Look at the provider",
});
const { settle } = proxyLocalActivities<Activities>({
  startToCloseTimeout: "5 seconds",
  scheduleToCloseTimeout: "12 seconds",
  retry: { initialInterval: "200 milliseconds", maximumAttempts: 3 },
  summary: "Decide and record",
});
const { perform } = proxyActivities<Activities>({
  startToCloseTimeout: "30 seconds",
  scheduleToCloseTimeout: "30 seconds",
  heartbeatTimeout: "10 seconds",
  retry: { initialInterval: "500 milliseconds", maximumAttempts: 2 },
  summary: "Ask the provider",
});
const { deliver } = proxyActivities<Activities>({
  startToCloseTimeout: "15 seconds",
  scheduleToCloseTimeout: "30 seconds",
  retry: { maximumAttempts: 2 },
  summary: "Send alerts",
});

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** How soon to look again for what was asked of the provider and does not show yet; longer each time. */
const FIRST_LOOK_AGAIN_MS = 5_000;
/** So often is looked again at once when somebody else has written since the look (R5). */
const CONFLICTS_AT_ONCE = 3;

const backOff = (firstMs: number, times: number): number =>
  Date.now() + Math.min(firstMs * 2 ** times, LONGEST_RETRY_MS);

/**
 * observe, settle, then what was decided: the same few steps, whatever the business decides. A failure of any of
 * them is a time to try again, never an error of the workflow (R7).
 */
export async function takeTurn(run: Run, turnId: string, cause: string): Promise<void> {
  // Who asks while the turn goes on has the next one.
  const awaited = [...new Set(run.waiting.values())];
  try {
    await lookAndAct(run, turnId, cause, awaited);
  } catch (error) {
    run.retryAt = backOff(FIRST_RETRY_MS, run.failures);
    run.failures += 1;
    // Nobody waits through an outage: the command is kept, and the asker is told so.
    replyPending(run, awaited, AWAY);
    log.warn("turn failed, will be tried again", { error, failures: run.failures });
  }
}

async function lookAndAct(
  run: Run,
  turnId: string,
  cause: string,
  awaited: readonly string[],
): Promise<void> {
  const asked = [...run.asked];
  const { version, offsetMs, observation } = await observe(run.subscriptionId);
  run.offsetMs = offsetMs;
  const settled = await settle({
    subscriptionId: run.subscriptionId,
    turnId,
    version,
    now: Date.now() + offsetMs,
    cause,
    observation,
    asked: asked.map(({ by, ...command }) => ({ ...command, askedBy: by })),
    awaited,
  });
  if (settled.kind === "conflict") {
    run.conflicts += 1;
    if (run.conflicts > CONFLICTS_AT_ONCE) throw new Error("one conflict after the other");
    run.dirty = true;
    return;
  }
  run.conflicts = 0;
  run.asked = run.asked.filter((command) => !asked.includes(command));
  run.deadline = settled.nextDeadline;
  run.retryAt = null;
  // Before anything else that may take its time or fail: who waits for an answer hears what is known.
  show(run, settled);
  if (settled.callsPending) await perform(run.subscriptionId);
  if (settled.callsPending || settled.eventsRemain) run.dirty = true;
  run.failures = 0;
  lookAgainFor(run, settled, awaited);
  if (settled.alertsPending || settled.wakes.length > 0) await tell(run, settled);
}

/** Says what is known now to everybody who looks: askers, lists, details. */
function show(run: Run, settled: Report): void {
  run.standing = settled.standing;
  reply(run, settled.answers);
  list(run, settled.listed);
  setCurrentDetails(details(settled.standing));
}

/** What was done at the provider and does not show there yet is looked for again, by and by less often. */
function lookAgainFor(run: Run, { commandsOpen, callsPending }: Report, awaited: readonly string[]): void {
  if (!commandsOpen || callsPending) {
    run.unseen = 0;
    return;
  }
  replyPending(run, awaited, UNSEEN);
  run.retryAt = backOff(FIRST_LOOK_AGAIN_MS, run.unseen);
  run.unseen += 1;
}

/** Alerts that are not delivered now stay owed in Postgres and are delivered by the sweep; a wake is owed nowhere. */
async function tell(run: Run, { wakes }: Report): Promise<void> {
  try {
    await deliver(run.subscriptionId, wakes);
  } catch (error) {
    log.warn("alerts not delivered, left to the sweep", { error });
    if (wakes.length > 0) run.retryAt ??= backOff(FIRST_RETRY_MS, 0);
  }
}
