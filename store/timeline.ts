import type { Catalog, PublishedCatalog } from "../domain/catalog.ts";
import { readCatalog } from "../domain/catalog.ts";
import type { Command } from "../domain/command.ts";
import type { Inputs } from "../domain/decision-record.ts";
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
  /** What it came to; null: made before outcomes were kept. */
  readonly decision: object | null;
  readonly catalogVersion: number;
  readonly codeVersion: string;
}

export async function insertEntry(db: Db, entry: Entry): Promise<void> {
  await db.query(
    `insert into timeline (subscription_id, version, turn_id, at, cause, from_status, to_status, why, inputs,
       decision, catalog_version, code_version)
     values ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9::jsonb, $10::jsonb, $11, $12)`,
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
      entry.decision === null ? null : json(entry.decision),
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

/** When the life's first decision was made, or null: before it. */
export async function knownSince(db: Db, id: SubscriptionId): Promise<Instant | null> {
  const { rows } = await db.query<{ at: Instant }>(
    "select at from timeline where subscription_id = $1 order by version limit 1",
    [id],
  );
  return rows[0]?.at ?? null;
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

/** What woke a turn, as settle records it. */
interface Cause {
  readonly woken_by: string;
  readonly events: readonly { readonly id: string; readonly type: string }[];
  readonly commands: readonly Command[];
}

/** An entry as it is shown: without what it was decided from. */
export type ShownEntry = Omit<Entry, "turnId" | "inputs" | "decision" | "cause"> & { readonly cause: Cause };

const SHOWN = `subscription_id as "subscriptionId", timeline.version, at, cause, from_status as "from", to_status as "to", why,
  catalog_version as "catalogVersion", code_version as "codeVersion"`;

/** The next entries of one life after a version, oldest first. */
export async function entriesAfter(
  db: Db,
  id: SubscriptionId,
  version: number,
  limit: number,
): Promise<readonly ShownEntry[]> {
  const { rows } = await db.query<ShownEntry>(
    `select ${SHOWN} from timeline where subscription_id = $1 and version > $2 order by version limit $3`,
    [id, version, limit],
  );
  return rows;
}

/** A place in the entries of several lives. */
export type Place = Pick<Entry, "at" | "subscriptionId" | "version">;

/** The next entries of several lives after a place, oldest first. */
export async function entriesOfSeveral(
  db: Db,
  ids: readonly SubscriptionId[],
  after: Place | null,
  limit: number,
): Promise<readonly ShownEntry[]> {
  const { rows } = await db.query<ShownEntry>(
    `select ${SHOWN} from timeline
     where subscription_id = any($1::uuid[])
       and ($2::timestamptz is null or (at, subscription_id, version) > ($2, $3::uuid, $4::integer))
     order by at, subscription_id, version limit $5`,
    [ids, timestamp(after?.at ?? null), after?.subscriptionId ?? null, after?.version ?? null, limit],
  );
  return rows;
}

/** An entry with all that is needed to make its decision again. */
export type RecordedEntry = ShownEntry & {
  readonly inputs: Inputs;
  readonly decision: object | null;
  readonly catalog: Catalog;
};

/** The life so far, oldest first, with what each decision was made of. */
export async function decisionsOf(db: Db, id: SubscriptionId): Promise<readonly RecordedEntry[]> {
  const { rows } = await db.query<Omit<RecordedEntry, "catalog"> & { readonly body: PublishedCatalog }>(
    `select ${SHOWN}, inputs, decision, body
     from timeline join catalog_versions on catalog_versions.version = catalog_version
     where subscription_id = $1 order by timeline.version`,
    [id],
  );
  return rows.map(({ body, ...entry }) => ({
    ...entry,
    catalog: readCatalog(entry.catalogVersion, body),
  }));
}
