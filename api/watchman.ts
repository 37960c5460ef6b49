import { oldestUnappliedSeconds } from "../store/events.ts";
import type { AppDeps } from "./deps.ts";
import { describeError } from "./describe-error.ts";
import { addToIncident, endIncident } from "./incident.ts";

export interface WatchmanOptions {
  readonly everyMs: number;
  /** How long an event may wait before people are told, in seconds. */
  readonly limitSeconds: number;
}

/** All waiting events together are one incident. */
const SUBJECT = "all";

/**
 * Watches how long the oldest unapplied event has waited, from outside of what applies them: the workers and
 * Temporal may be gone. Runs in the API; every copy watches, and an incident is opened and closed once.
 */
export function startWatchman(
  deps: Pick<AppDeps, "pool" | "channels" | "deliverAlerts" | "log">,
  { everyMs, limitSeconds }: WatchmanOptions,
): { stop(): Promise<void> } {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();

  const watch = async (): Promise<void> => {
    try {
      await look(deps, limitSeconds);
    } catch (error) {
      deps.log.warn({ error: describeError(error) }, "the watchman could not look");
    }
    if (!isStopped) timer = setTimeout(begin, everyMs);
  };
  const begin = (): void => {
    round = watch();
  };
  begin();

  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}

async function look(deps: Parameters<typeof startWatchman>[0], limitSeconds: number): Promise<void> {
  const seconds = await oldestUnappliedSeconds(deps.pool);
  if (seconds === null || seconds <= limitSeconds) {
    await endIncident(deps, "events_waiting", SUBJECT, {
      kind: "events_flowing",
      text: `Webhook events are applied in time again`,
      fields: { oldest_seconds: seconds === null ? null : Math.round(seconds) },
    });
    return;
  }
  await addToIncident(deps, "events_waiting", SUBJECT, 1, {
    kind: "events_waiting",
    text: `Webhook events wait: the oldest for ${Math.round(seconds)} s, more than ${limitSeconds} s`,
    fields: { oldest_seconds: Math.round(seconds), limit_seconds: limitSeconds },
  });
  // The sweep that would repeat a failed delivery may be what is down.
  await deps.deliverAlerts();
}
