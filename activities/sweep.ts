import type { SubscriptionId } from "../domain/ids.ts";
import { asSubscriptionId } from "../domain/ids.ts";
import { MINUTE } from "../domain/time.ts";
import { clockOffset } from "../store/clock.ts";
import { subscriptionsAsked } from "../store/commands.ts";
import { eventsUnrouted, subscriptionsWaiting } from "../store/events.ts";
import { livesOverdue } from "../store/subscriptions.ts";
import { deliverAlerts } from "./alerting.ts";
import type { Deps } from "./deps.ts";
import { closeIncidents } from "./incidents.ts";

/** How many of each kind one sweep takes up; the next takes the next. */
const BATCH = 200;
/** How long a deadline may have passed before its workflow is taken for lost (R7). */
const OVERDUE_MS = 5 * MINUTE;

export interface Swept {
  readonly woken: number;
  readonly routed: number;
  readonly incidentsClosed: number;
}

/** Takes up what was written and then left lying: by a crash, by an outage, by a workflow that is gone (R1, R2, R7). */
export async function sweep(deps: Deps, heartbeat: () => void): Promise<Swept> {
  const { pool, gateway, settings } = deps;
  const patience = settings.sweepAfterSeconds;
  const now = Date.now() + (await clockOffset(pool));
  const lost = new Set<SubscriptionId>([
    ...(await subscriptionsWaiting(pool, patience, BATCH)),
    ...(await livesOverdue(pool, now - OVERDUE_MS, BATCH)),
    ...(await subscriptionsAsked(pool, now - patience * 1_000, BATCH)).flatMap(
      (id) => asSubscriptionId(id) ?? [],
    ),
  ]);
  for (const id of lost) {
    heartbeat();
    await gateway.wakeNow(id);
  }
  const unrouted = await eventsUnrouted(pool, patience, BATCH);
  for (const event of unrouted) {
    heartbeat();
    await gateway.routeNow(event.provider, event.id);
  }
  heartbeat();
  await deliverAlerts(deps, null);
  return { woken: lost.size, routed: unrouted.length, incidentsClosed: await closeIncidents(deps) };
}
