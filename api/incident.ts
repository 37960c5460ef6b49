import type { Alert } from "../domain/alert.ts";
import { insertAlert } from "../store/alerts.ts";
import { clockOffset } from "../store/clock.ts";
import type { IncidentKind } from "../store/incidents.ts";
import { closeIncident, countIncident } from "../store/incidents.ts";
import type { Db } from "../store/pool.ts";
import { transaction } from "../store/pool.ts";
import type { AppDeps } from "./deps.ts";

type Deps = Pick<AppDeps, "pool" | "channels" | "deliverAlerts">;
type Words = Pick<Alert, "kind" | "text" | "fields">;

/** Counts into an incident. The one that opens it tells people, in the same transaction as the opening. */
export async function addToIncident(
  deps: Deps,
  kind: IncidentKind,
  subject: string,
  by: number,
  words: Words,
): Promise<void> {
  const isNew = await transaction(deps.pool, async (db) => {
    const { incident, opened } = await countIncident(db, kind, subject, by);
    if (opened) await tell(deps, db, `incident:${incident.id}:opened`, words);
    return opened;
  });
  if (isNew) await deps.deliverAlerts();
}

/** Ends an incident, if there is one, and says so. */
export async function endIncident(
  deps: Deps,
  kind: IncidentKind,
  subject: string,
  words: Words,
): Promise<void> {
  const ended = await transaction(deps.pool, async (db) => {
    const incident = await closeIncident(db, kind, subject);
    if (incident !== undefined) await tell(deps, db, `incident:${incident.id}:closed`, words);
    return incident;
  });
  if (ended !== undefined) await deps.deliverAlerts();
}

async function tell({ channels }: Deps, db: Db, key: string, words: Words): Promise<void> {
  const at = Date.now() + (await clockOffset(db));
  await insertAlert(db, { ...words, key, superseded: false, at }, null, channels);
}
