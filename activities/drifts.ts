import { driftConfirmed, EVENTS_MAY_TAKE } from "../domain/drift.ts";
import { insertAlert } from "../store/alerts.ts";
import { closeDrifts } from "../store/checks.ts";
import { clockOffset } from "../store/clock.ts";
import { transaction } from "../store/pool.ts";
import type { Deps } from "./deps.ts";

/** How many one sweep takes up. */
const BATCH = 100;

/** Records as drift, and owes people the news of, what no event has explained in time. */
export async function alertDrifts({ pool, channels }: Pick<Deps, "pool" | "channels">): Promise<void> {
  await transaction(pool, async (db) => {
    const now = Date.now() + (await clockOffset(db));
    for (const drift of await closeDrifts(db, now - EVENTS_MAY_TAKE, now, BATCH)) {
      await insertAlert(db, driftConfirmed(drift, now), drift.subscriptionId, channels);
    }
  });
}
