import type { SubscriptionId } from "../domain/ids.ts";
import { subscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { Db } from "./pool.ts";
import { one } from "./pool.ts";
import { json, text } from "./storable.ts";

export type EventState = "received" | "applied" | "ignored" | "parked";

export interface NewEvent {
  readonly provider: Provider;
  readonly id: string;
  readonly type: string;
  readonly apiVersion: string | null;
  readonly livemode: boolean | null;
  readonly payload: unknown;
  /** The provider ids it names, as `providers/` read them; null: it could not be read. */
  readonly subject: object | null;
  /** Set: nothing will be done about it, for this reason. */
  readonly ignoredBecause: string | null;
}

export interface StoredEvent {
  readonly provider: Provider;
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly subject: unknown;
  readonly state: EventState;
  readonly reason: string | null;
  readonly attempts: number;
  readonly subscriptionId: SubscriptionId | null;
  readonly receivedAt: number;
  readonly processedAt: number | null;
}

interface Row {
  provider: Provider;
  id: string;
  type: string;
  payload: unknown;
  subject: unknown;
  state: EventState;
  reason: string | null;
  attempts: number;
  subscription_id: string | null;
  received_at: number;
  processed_at: number | null;
}

const COLUMNS = `provider, id, type, payload, subject, state, reason, attempts, subscription_id, received_at,
  processed_at`;

const toEvent = (row: Row): StoredEvent => ({
  provider: row.provider,
  id: row.id,
  type: row.type,
  payload: row.payload,
  subject: row.subject,
  state: row.state,
  reason: row.reason,
  attempts: row.attempts,
  subscriptionId: row.subscription_id === null ? null : subscriptionId(row.subscription_id),
  receivedAt: row.received_at,
  processedAt: row.processed_at,
});

/** Stores an event once (R1). False: it was here already, and nothing changed. */
export async function insertEvent(db: Db, event: NewEvent): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into webhook_events (provider, id, type, api_version, livemode, payload, subject, state, reason, processed_at)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb,
       case when $8::text is null then 'received' else 'ignored' end, $8, case when $8::text is null then null else now() end)
     on conflict do nothing`,
    [
      event.provider,
      event.id,
      event.type,
      event.apiVersion,
      event.livemode,
      json(event.payload),
      event.subject === null ? null : json(event.subject),
      event.ignoredBecause,
    ],
  );
  return rowCount === 1;
}

export async function findEvent(db: Db, provider: Provider, id: string): Promise<StoredEvent | undefined> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from webhook_events where provider = $1 and id = $2`,
    [provider, id],
  );
  return rows[0] && toEvent(rows[0]);
}

/** The newest first; for operators. */
export async function listEvents(
  db: Db,
  filter: { readonly state?: EventState; readonly limit: number },
): Promise<readonly StoredEvent[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from webhook_events
     where $1::text is null or state = $1
     order by received_at desc, id limit $2`,
    [filter.state ?? null, filter.limit],
  );
  return rows.map(toEvent);
}

/** Says which subscription an event is about, and what it names. */
export async function routeEventTo(
  db: Db,
  provider: Provider,
  id: string,
  to: SubscriptionId,
  subject: object,
): Promise<void> {
  await db.query(
    `update webhook_events set subscription_id = $3, subject = $4::jsonb
     where provider = $1 and id = $2 and state = 'received'`,
    [provider, id, to, json(subject)],
  );
}

/** The unapplied events of one subscription, oldest first. Read before the provider is looked at (R3). */
export async function unappliedEvents(
  db: Db,
  id: SubscriptionId,
  limit: number,
): Promise<readonly StoredEvent[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from webhook_events
     where subscription_id = $1 and state = 'received' order by received_at, id limit $2`,
    [id, limit],
  );
  return rows.map(toEvent);
}

export async function hasUnappliedEvents(db: Db, id: SubscriptionId): Promise<boolean> {
  const result = await db.query<{ any: boolean }>(
    `select exists (select from webhook_events where subscription_id = $1 and state = 'received') as any`,
    [id],
  );
  return one(result).any;
}

/** Ends an event (R2). Only one that waits can end; false: it had ended already. */
export async function endEvent(
  db: Db,
  provider: Provider,
  id: string,
  state: Exclude<EventState, "received">,
  reason: string | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update webhook_events set state = $3, reason = $4, processed_at = now(), attempts = attempts + 1
     where provider = $1 and id = $2 and state = 'received'`,
    [provider, id, state, reason === null ? null : text(reason)],
  );
  return rowCount === 1;
}

/** An operator gives up on a parked or waiting event. False: there is none, or it is applied. */
export async function ignoreEvent(db: Db, provider: Provider, id: string, reason: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update webhook_events set state = 'ignored', reason = $3, processed_at = now()
     where provider = $1 and id = $2 and state in ('received', 'parked')`,
    [provider, id, text(reason)],
  );
  return rowCount === 1;
}

/** Puts an ended event back to be applied again; its payload is read anew. False: no such event. */
export async function replayEvent(db: Db, provider: Provider, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update webhook_events set state = 'received', reason = null, processed_at = null, subscription_id = null,
       subject = null
     where provider = $1 and id = $2`,
    [provider, id],
  );
  return rowCount === 1;
}

/** Puts all parked events of a subscription back. They keep their route; a problem of theirs is looked into again. */
export async function unparkEvents(db: Db, id: SubscriptionId): Promise<void> {
  await db.query(
    `update webhook_events set state = 'received', reason = null, processed_at = null
     where subscription_id = $1 and state = 'parked'`,
    [id],
  );
}

/** Subscriptions whose events wait longer than they should, longest first. For the sweep. */
export async function subscriptionsWaiting(
  db: Db,
  olderThanSeconds: number,
  limit: number,
): Promise<readonly SubscriptionId[]> {
  const { rows } = await db.query<{ subscription_id: string }>(
    `select subscription_id from webhook_events
     where state = 'received' and subscription_id is not null and received_at < now() - make_interval(secs => $1)
     group by subscription_id order by min(received_at) limit $2`,
    [olderThanSeconds, limit],
  );
  return rows.map((row) => subscriptionId(row.subscription_id));
}

/** Events that wait for their route longer than they should. For the sweep. */
export async function eventsUnrouted(
  db: Db,
  olderThanSeconds: number,
  limit: number,
): Promise<readonly { readonly provider: Provider; readonly id: string }[]> {
  const { rows } = await db.query<{ provider: Provider; id: string }>(
    `select provider, id from webhook_events
     where state = 'received' and subscription_id is null and received_at < now() - make_interval(secs => $1)
     order by received_at limit $2`,
    [olderThanSeconds, limit],
  );
  return rows;
}

/** How long the oldest unapplied event has waited, in seconds, or null: none waits. For the API's alarm. */
export async function oldestUnappliedSeconds(db: Db): Promise<number | null> {
  const result = await db.query<{ seconds: number | null }>(
    `select extract(epoch from now() - min(received_at))::float8 as seconds from webhook_events where state = 'received'`,
  );
  return one(result).seconds;
}
