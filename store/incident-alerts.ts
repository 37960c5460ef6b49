import type { Alert } from "../domain/alert.ts";
import type { Listener } from "./alerts.ts";
import { insertAlert } from "./alerts.ts";
import { clockOffset } from "./clock.ts";
import type { Incident } from "./incidents.ts";
import type { Db } from "./pool.ts";

/** What people are told of an incident. */
export type IncidentWords = Pick<Alert, "kind" | "text" | "fields">;

/**
 * Records the alert that an incident has opened or closed, at the system's time (R13). Call it in the transaction of
 * the opening or closing: neither is ever without the other.
 */
export async function insertIncidentAlert(
  db: Db,
  { id }: Pick<Incident, "id">,
  what: "opened" | "closed",
  words: IncidentWords,
  channels: readonly Listener[],
): Promise<void> {
  const at = Date.now() + (await clockOffset(db));
  await insertAlert(db, { ...words, key: `incident:${id}:${what}`, superseded: false, at }, null, channels);
}
