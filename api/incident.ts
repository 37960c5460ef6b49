import type { IncidentWords } from "../store/incident-alerts.ts";
import { insertIncidentAlert } from "../store/incident-alerts.ts";
import type { IncidentKind } from "../store/incidents.ts";
import { closeIncident, countIncident } from "../store/incidents.ts";
import { transaction } from "../store/pool.ts";
import type { AppDeps } from "./deps.ts";

type Deps = Pick<AppDeps, "pool" | "channels" | "deliverAlerts">;

/** Counts into an incident. The one that opens it tells people, in the same transaction as the opening. */
export async function addToIncident(
  deps: Deps,
  kind: IncidentKind,
  subject: string,
  by: number,
  words: IncidentWords,
): Promise<void> {
  const isNew = await transaction(deps.pool, async (db) => {
    const { incident, opened } = await countIncident(db, kind, subject, by);
    if (opened) await insertIncidentAlert(db, incident, "opened", words, deps.channels);
    return opened;
  });
  if (isNew) await deps.deliverAlerts();
}

/** Ends an incident, if there is one, and says so. */
export async function endIncident(
  deps: Deps,
  kind: IncidentKind,
  subject: string,
  words: IncidentWords,
): Promise<void> {
  const ended = await transaction(deps.pool, async (db) => {
    const incident = await closeIncident(db, kind, subject);
    if (incident !== undefined) await insertIncidentAlert(db, incident, "closed", words, deps.channels);
    return incident;
  });
  if (ended !== undefined) await deps.deliverAlerts();
}
