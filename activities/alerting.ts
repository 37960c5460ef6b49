import type { Logger } from "pino";
import type { Alert } from "../domain/alert.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import { messageRefused } from "../domain/message.ts";
import {
  claimDelivery,
  insertAlert,
  markDelivered,
  markRefused,
  markUndelivered,
  undelivered,
} from "../store/alerts.ts";
import { clockOffset } from "../store/clock.ts";
import type { Pool } from "../store/pool.ts";
import { transaction } from "../store/pool.ts";
import type { Channel } from "./channels/channel.ts";
import { DeliveryRefused } from "./channels/channel.ts";

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
  deps: AlertDeps,
  of: SubscriptionId | null,
  endsAt: number,
): Promise<void> {
  const { pool, log } = deps;
  const { name } = channel;
  for (const { alert, about, attempts } of await undelivered(pool, name, of, BATCH)) {
    // A channel that takes its time may not hold up whoever called: the rest stays owed.
    if (performance.now() > endsAt) return;
    // Workflows, the sweep and the API deliver side by side: one of them has it, until it is told or forgotten.
    if (!(await claimDelivery(pool, alert.key, name, FIRST_RETRY_MS))) continue;
    try {
      await channel.send(alert);
    } catch (error) {
      const retryInMs = Math.min(FIRST_RETRY_MS * 2 ** attempts, LONGEST_RETRY_MS);
      const reason = error instanceof Error ? error.message : "unknown";
      if (error instanceof DeliveryRefused) {
        await refuse(deps, name, alert, about, reason);
        continue;
      }
      log.warn({ alert: alert.key, channel: name, reason, retry_in_ms: retryInMs }, "alert not delivered");
      await markUndelivered(pool, alert.key, name, reason, retryInMs);
      continue;
    }
    await markDelivered(pool, alert.key, name);
  }
}

/** Ends the delivery, and tells the operators: somebody has not heard what we owed them. */
async function refuse(
  { pool, channels, log }: AlertDeps,
  channel: string,
  alert: Alert,
  about: SubscriptionId | null,
  reason: string,
): Promise<void> {
  log.warn({ alert: alert.key, channel, reason }, "alert refused for good");
  await transaction(pool, async (db) => {
    if (!(await markRefused(db, alert.key, channel, reason))) return;
    const at = Date.now() + (await clockOffset(db));
    await insertAlert(db, messageRefused(alert, about, reason, at), about, channels);
  });
}
