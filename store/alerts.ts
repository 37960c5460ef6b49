import type { Alert, Audience } from "../domain/alert.ts";
import { audienceOf } from "../domain/alert.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import { subscriptionId } from "../domain/ids.ts";
import type { Instant } from "../domain/time.ts";
import type { Db } from "./pool.ts";
import { one, timestamp } from "./pool.ts";
import { json, text } from "./storable.ts";

/** A channel by its name, and those whose alerts it takes. */
export interface Listener {
  readonly name: string;
  readonly audiences: readonly Audience[];
}

/** One alert that a channel has still to hear, and how often it was tried. */
interface Undelivered {
  readonly alert: Alert;
  readonly about: SubscriptionId | null;
  readonly attempts: number;
}

/** Neither made nor refused. */
const OPEN = "delivered_at is null and refused_at is null";
const DUE = `${OPEN} and next_attempt_at <= now()`;

/**
 * Records an alert once by its key (R6) and owes it to every channel of its audience, unless it was over before it was
 * seen. False: it was recorded before.
 */
export async function insertAlert(
  db: Db,
  alert: Alert,
  about: SubscriptionId | null,
  channels: readonly Listener[],
): Promise<boolean> {
  const audience = audienceOf(alert.kind);
  // One statement: also outside of a transaction there is no alert without its deliveries.
  const { rowCount } = await db.query(
    `with added as (
       insert into alerts (key, kind, subscription_id, text, fields, superseded, at, audience)
       values ($1, $2, $3, $4, $5::jsonb, $6, $7, $8) on conflict do nothing
       returning key, superseded
     ), owed as (
       insert into deliveries (alert_key, channel)
       select key, channel from added, unnest($9::text[]) as channel where not superseded
     )
     select from added`,
    [
      alert.key,
      alert.kind,
      about,
      text(alert.text),
      json(alert.fields),
      alert.superseded,
      timestamp(alert.at),
      audience,
      channels.filter(({ audiences }) => audiences.includes(audience)).map(({ name }) => name),
    ],
  );
  return rowCount === 1;
}

/** The keys of a subscription's alerts that people were, or will be, told of. */
export async function announcedKeys(db: Db, id: SubscriptionId): Promise<readonly string[]> {
  const { rows } = await db.query<{ key: string }>(
    "select key from alerts where subscription_id = $1 and not superseded order by key",
    [id],
  );
  return rows.map((row) => row.key);
}

export async function hasUndelivered(db: Db, about: SubscriptionId): Promise<boolean> {
  const result = await db.query<{ any: boolean }>(
    `select exists (
       select from deliveries join alerts on alerts.key = alert_key
       where subscription_id = $1 and ${DUE}
     ) as any`,
    [about],
  );
  return one(result).any;
}

/** What is owed to one channel now, oldest first: of one subscription, or of all (null). */
export async function undelivered(
  db: Db,
  channel: string,
  about: SubscriptionId | null,
  limit: number,
): Promise<readonly Undelivered[]> {
  const { rows } = await db.query<{
    key: string;
    kind: Alert["kind"];
    text: string;
    fields: Alert["fields"];
    at: Instant;
    about: string | null;
    attempts: number;
  }>(
    `select key, kind, text, fields, at, subscription_id as about, attempts
     from deliveries join alerts on alerts.key = alert_key
     where channel = $1 and ${DUE}
       and ($2::uuid is null or subscription_id = $2)
     order by created_at, key limit $3`,
    [channel, about, limit],
  );
  return rows.map(({ about: of, attempts, ...alert }) => ({
    alert: { ...alert, superseded: false },
    about: of === null ? null : subscriptionId(of),
    attempts,
  }));
}

/**
 * Takes a delivery for oneself for so many milliseconds; false: somebody else has it, or has made it. Whoever dies
 * with it leaves it to the next after that time.
 */
export async function claimDelivery(db: Db, key: string, channel: string, forMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update deliveries set next_attempt_at = now() + make_interval(secs => $3::float8 / 1000)
     where alert_key = $1 and channel = $2 and ${DUE}`,
    [key, channel, forMs],
  );
  return rowCount === 1;
}

export async function markDelivered(db: Db, key: string, channel: string): Promise<void> {
  await db.query(
    `update deliveries set delivered_at = now(), attempts = attempts + 1, last_error = null
     where alert_key = $1 and channel = $2 and ${OPEN}`,
    [key, channel],
  );
}

/** Notes a failed delivery and when to try it again, in milliseconds from now. */
export async function markUndelivered(
  db: Db,
  key: string,
  channel: string,
  error: string,
  retryInMs: number,
): Promise<void> {
  await db.query(
    `update deliveries set attempts = attempts + 1, last_error = $3,
       next_attempt_at = now() + make_interval(secs => $4::float8 / 1000)
     where alert_key = $1 and channel = $2 and ${OPEN}`,
    [key, channel, error, retryInMs],
  );
}

/** Ends a delivery that will never be made. False: it had ended before. */
export async function markRefused(db: Db, key: string, channel: string, reason: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update deliveries set refused_at = now(), attempts = attempts + 1, last_error = $3
     where alert_key = $1 and channel = $2 and ${OPEN}`,
    [key, channel, reason],
  );
  return rowCount === 1;
}

/** The address of the customer whom an alert is about, or null: none is known. */
export async function addressOfAlert(db: Db, key: string): Promise<string | null> {
  const { rows } = await db.query<{ email: string | null }>(
    `select email from alerts
     join subscriptions on subscriptions.id = alerts.subscription_id
     join customers on customers.id = subscriptions.customer_id
     where alerts.key = $1`,
    [key],
  );
  return rows[0]?.email ?? null;
}
