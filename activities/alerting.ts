import type { Logger } from "pino";
import type { SubscriptionId } from "../domain/ids.ts";
import { claimDelivery, markDelivered, markUndelivered, undelivered } from "../store/alerts.ts";
import type { Pool } from "../store/pool.ts";
import type { Channel } from "./channels/channel.ts";

export interface AlertDeps {
  readonly pool: Pool;
  readonly channels: readonly Channel[];
  readonly log: Logger;
}

/** How many alerts of a channel one pass takes up, and how long it goes on beginning them, in milliseconds. */
const BATCH = 100;
const PASS_MS = 8_000;
const FIRST_RETRY_MS = 10_000;
const LONGEST_RETRY_MS = 10 * 60_000;

/**
 * Sends what is owed to the channels: of one subscription, or all (null). A channel that fails keeps its debt, with
 * a time to try again; the others are served meanwhile. At least once, with the same id (R6).
 */
export async function deliverAlerts(deps: AlertDeps, about: SubscriptionId | null): Promise<void> {
  const endsAt = performance.now() + PASS_MS;
  await Promise.all(deps.channels.map((channel) => deliverTo(channel, deps, about, endsAt)));
}

async function deliverTo(
  channel: Channel,
  { pool, log }: AlertDeps,
  about: SubscriptionId | null,
  endsAt: number,
): Promise<void> {
  const { name } = channel;
  for (const { alert, attempts } of await undelivered(pool, name, about, BATCH)) {
    // A channel that takes its time may not hold up whoever called: the rest stays owed.
    if (performance.now() > endsAt) return;
    // Workflows, the sweep and the API deliver side by side: one of them has it, until it is told or forgotten.
    if (!(await claimDelivery(pool, alert.key, name, FIRST_RETRY_MS))) continue;
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
