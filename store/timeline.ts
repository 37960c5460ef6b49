import type { SubscriptionId } from "../domain/ids.ts";
import type { Instant } from "../domain/time.ts";
import type { Db } from "./pool.ts";
import { timestamp } from "./pool.ts";
import { json } from "./storable.ts";

/** One decision, with all it was made of. */
export interface Entry {
  readonly subscriptionId: SubscriptionId;
  readonly version: number;
  /** The turn that made it: a turn that is run twice is recorded once. */
  readonly turnId: string;
  readonly at: Instant;
  readonly cause: object;
  readonly from: string | null;
  readonly to: string | null;
  readonly why: string;
  readonly inputs: object;
  readonly catalogVersion: number;
  readonly codeVersion: string;
}

export async function insertEntry(db: Db, entry: Entry): Promise<void> {
  await db.query(
    `insert into timeline (subscription_id, version, turn_id, at, cause, from_status, to_status, why, inputs,
       catalog_version, code_version)
     values ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9::jsonb, $10, $11)`,
    [
      entry.subscriptionId,
      entry.version,
      entry.turnId,
      timestamp(entry.at),
      json(entry.cause),
      entry.from,
      entry.to,
      entry.why,
      json(entry.inputs),
      entry.catalogVersion,
      entry.codeVersion,
    ],
  );
}

/** Whether this turn was recorded before: its completion was lost, its work was not. */
export async function isRecorded(db: Db, turnId: string): Promise<boolean> {
  const { rowCount } = await db.query("select from timeline where turn_id = $1", [turnId]);
  return rowCount === 1;
}

/** The life so far, oldest first. */
export async function timelineOf(
  db: Db,
  id: SubscriptionId,
): Promise<readonly Pick<Entry, "version" | "at" | "cause" | "from" | "to" | "why">[]> {
  const { rows } = await db.query<{
    version: number;
    at: number;
    cause: object;
    from: string | null;
    to: string | null;
    why: string;
  }>(
    `select version, at, cause, from_status as "from", to_status as "to", why
     from timeline where subscription_id = $1 order by version`,
    [id],
  );
  return rows;
}

/** Why it is in the state it is in: the sentence of the last change of state, or null before the first. */
export async function whyOf(db: Db, id: SubscriptionId): Promise<string | null> {
  const { rows } = await db.query<{ why: string }>(
    `select why from timeline where subscription_id = $1 and from_status is distinct from to_status
     order by version desc limit 1`,
    [id],
  );
  return rows[0]?.why ?? null;
}
