import type { Logger } from "pino";
import type { Alert } from "../domain/alert.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import { insertAlert, markDelivered, markUndelivered, undelivered } from "../store/alerts.ts";
import type { Pool } from "../store/pool.ts";
import type { Channel } from "./channels/channel.ts";

export interface AlertDeps {
  readonly pool: Pool;
  readonly channels: readonly Channel[];
  readonly log: Logger;
}

const BATCH = 100;
const FIRST_RETRY_MS = 10_000;
const LONGEST_RETRY_MS = 10 * 60_000;

/**
 * Sends what is owed to the channels: of one subscription, or all (null). A channel that fails keeps its debt, with
 * a time to try again; the others are served. At least once, with the same id (R6).
 */
export async function deliverAlerts(
  { pool, channels, log }: AlertDeps,
  about: SubscriptionId | null,
): Promise<void> {
  for (const { alert, channel: name, attempts } of await undelivered(pool, about, BATCH)) {
    const channel = channels.find((each) => each.name === name);
    if (channel === undefined) continue;
    try {
      await channel.send(alert);
    } catch (error) {
      const retryInMs = Math.min(FIRST_RETRY_MS * 2 ** attempts, LONGEST_RETRY_MS);
      const reason = error instanceof Error ? error.message : "unknown";
      log.warn({ alert: alert.key, channel: name, reason, retry_in_ms: retryInMs }, "alert not delivered");
      await markUndelivered(pool, alert.key, name, reason, retryInMs);
      continue;
    }
    await markDelivered(pool, alert.key, name);
  }
}

/** Records an alert that is about no subscription, such as an incident's, and sends it. */
export async function raiseAlert(deps: AlertDeps, alert: Alert): Promise<void> {
  const isNew = await insertAlert(
    deps.pool,
    alert,
    null,
    deps.channels.map((channel) => channel.name),
  );
  if (isNew) await deliverAlerts(deps, null);
}
