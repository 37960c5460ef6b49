import { log, proxyActivities, proxyLocalActivities } from "@temporalio/workflow";
import type { Activities } from "../activities/activities.ts";
import type { Report } from "../activities/report.ts";
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
  // One request with its one repetition may take 17 seconds.
  heartbeatTimeout: "20 seconds",
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
/** How soon to look again for what was asked of the provider and does not show yet. */
const WAIT_FOR_PROVIDER_MS = 5_000;

/**
 * observe, settle, then what was decided: the same few steps, whatever the business decides. A failure of any of
 * them is a time to try again, never an error of the workflow (R7).
 * @returns undefined when the turn came to nothing
 */
export async function takeTurn(run: Run, turnId: string, cause: string): Promise<Report | undefined> {
  const asked = [...run.asked];
  const awaited = [...new Set(run.waiting.values())];
  try {
    const { version, offsetMs, observation } = await observe(run.subscriptionId);
    run.offsetMs = offsetMs;
    const settled = await settle({
      subscriptionId: run.subscriptionId,
      turnId,
      version,
      now: Date.now() + offsetMs,
      cause,
      observation,
      asked: asked.map(({ id, kind, by, why }) => ({ id, kind, askedBy: by, why })),
      awaited,
    });
    if (settled.kind === "conflict") {
      run.dirty = true;
      return undefined;
    }
    run.asked = run.asked.filter((command) => !asked.includes(command));
    run.deadline = settled.nextDeadline;
    run.standing = settled.standing;
    run.retryAt = null;
    if (settled.callsPending) await perform(run.subscriptionId);
    if (settled.callsPending || settled.eventsRemain) run.dirty = true;
    else if (settled.commandsOpen) run.retryAt = Date.now() + WAIT_FOR_PROVIDER_MS;
    run.failures = 0;
    if (settled.alertsPending || settled.wakes.length > 0) await tell(run, settled);
    return settled;
  } catch (error) {
    run.retryAt = Date.now() + Math.min(FIRST_RETRY_MS * 2 ** run.failures, LONGEST_RETRY_MS);
    run.failures += 1;
    log.warn("turn failed, will be tried again", { error, failures: run.failures });
    return undefined;
  }
}

/** What is not delivered now stays owed in Postgres and is delivered by the sweep. */
async function tell(run: Run, { wakes }: Report): Promise<void> {
  try {
    await deliver(run.subscriptionId, wakes);
  } catch (error) {
    log.warn("alerts not delivered, left to the sweep", { error });
  }
}
