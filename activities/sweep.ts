import type { SubscriptionId } from "../domain/ids.ts";
import { asSubscriptionId } from "../domain/ids.ts";
import { MINUTE } from "../domain/time.ts";
import { suspectedSince } from "../store/checks.ts";
import { clockOffset } from "../store/clock.ts";
import { subscriptionsAsked } from "../store/commands.ts";
import { eventsUnrouted, subscriptionsWaiting } from "../store/events.ts";
import { livesOverdue } from "../store/subscriptions.ts";
import { deliverAlerts } from "./alerting.ts";
import type { Deps } from "./deps.ts";
import { alertDrifts } from "./drifts.ts";
import { closeIncidents } from "./incidents.ts";
import { sendEach } from "./send-each.ts";

/** How many of each kind one sweep takes up: about what a worker gets done before the next. */
const BATCH = 1_000;
/** How long a deadline may have passed before its workflow is taken for lost (R7). */
const OVERDUE_MS = 5 * MINUTE;

export interface Swept {
  readonly woken: number;
  readonly routed: number;
  /** What Temporal did not take, or not in time. */
  readonly left: number;
  readonly incidentsClosed: number;
}

/** Takes up what was written and then left lying: by a crash, by an outage, by a workflow that is gone (R1, R2, R7). */
export async function sweep(deps: Deps): Promise<Swept> {
  const { pool, gateway, settings } = deps;
  const lost = await lostLives(deps);
  const woken = await sendEach(deps, lost, (id) => gateway.wakeNow(id));
  const unrouted = await eventsUnrouted(pool, settings.sweepAfterSeconds, BATCH);
  const routed = await sendEach(deps, unrouted, (event) => gateway.routeNow(event.provider, event.id));
  const incidentsClosed = await closeIncidents(deps);
  await alertDrifts(deps);
  await deliverAlerts(deps, null);
  return { woken, routed, left: lost.length + unrouted.length - woken - routed, incidentsClosed };
}

/** Those who have something to do and have not done it in time. */
async function lostLives({ pool, settings }: Deps): Promise<readonly SubscriptionId[]> {
  const patience = settings.sweepAfterSeconds;
  const now = Date.now() + (await clockOffset(pool));
  const asked = await subscriptionsAsked(pool, now - patience * 1_000, BATCH);
  const lost = new Set([
    ...(await subscriptionsWaiting(pool, patience, BATCH)),
    ...(await livesOverdue(pool, now - OVERDUE_MS, BATCH)),
    ...(await suspectedSince(pool, now - patience * 1_000, BATCH)),
    ...asked.flatMap((id) => asSubscriptionId(id) ?? []),
  ]);
  return [...lost];
}
