import type { Drift, Facts } from "../domain/drift.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import { subscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { Instant } from "../domain/time.ts";
import type { Db } from "./pool.ts";
import { timestamp } from "./pool.ts";
import { json } from "./storable.ts";

/** What one pass of verification has seen, or missed, of a subscription. */
export interface Check {
  readonly subscriptionId: SubscriptionId;
  readonly provider: Provider;
  readonly providerSubscriptionId: string;
  /** False: the provider's list, read to its end, does not show it. */
  readonly listed: boolean;
  readonly facts: Facts | null;
  /** Empty: it is as we know it. */
  readonly differences: readonly string[];
}

/** Notes what was seen. Who is confirmed keeps the ten minutes that run. */
export async function noteChecks(db: Db, checks: readonly Check[], at: Instant): Promise<void> {
  if (checks.length === 0) return;
  const rows = checks.map(({ subscriptionId: id, providerSubscriptionId, provider, facts, ...seen }) => ({
    id,
    provider,
    provider_id: providerSubscriptionId,
    listed: seen.listed,
    facts,
    differences: seen.differences,
  }));
  await db.query(
    `insert into subscription_checks as known
       (subscription_id, provider, provider_subscription_id, seen_at, seen, differences, state, since)
     select id, provider, provider_id, case when listed then $2::timestamptz end, facts, differences,
       case when differences = '{}' then 'same' else 'suspected' end, $2
     from jsonb_to_recordset($1::jsonb)
       as seen (id uuid, provider text, provider_id text, listed boolean, facts jsonb, differences text[])
     order by id
     on conflict (subscription_id) do update set
       provider_subscription_id = excluded.provider_subscription_id,
       seen_at = coalesce(excluded.seen_at, known.seen_at),
       seen = excluded.seen,
       differences = case known.state when 'confirmed' then known.differences else excluded.differences end,
       state = case known.state when 'confirmed' then known.state else excluded.state end,
       since = case when known.state in ('confirmed', excluded.state) then known.since else excluded.since end`,
    [json(rows), timestamp(at)],
  );
}

/** Those whose own look has been asked for since before a moment, longest first: their wake was lost. For the sweep. */
export async function suspectedSince(
  db: Db,
  before: Instant,
  limit: number,
): Promise<readonly SubscriptionId[]> {
  const { rows } = await db.query<{ subscription_id: string }>(
    `select subscription_id from subscription_checks where state = 'suspected' and since < $1
     order by since limit $2`,
    [timestamp(before), limit],
  );
  return rows.map((row) => subscriptionId(row.subscription_id));
}

/** The provider's id of a subscription that a list has shown and that may not be born yet. */
export async function listedAs(
  db: Db,
  id: SubscriptionId,
): Promise<{ readonly provider: Provider; readonly providerSubscriptionId: string } | undefined> {
  const { rows } = await db.query<{ provider: Provider; provider_subscription_id: string }>(
    "select provider, provider_subscription_id from subscription_checks where subscription_id = $1",
    [id],
  );
  return rows[0] && { provider: rows[0].provider, providerSubscriptionId: rows[0].provider_subscription_id };
}

/** A subscription that has not ended, and whether the list has shown it since a moment. */
interface LifeListed {
  readonly id: SubscriptionId;
  readonly providerSubscriptionId: string;
  readonly isSeen: boolean;
}

/** Those that had begun before the moment, by id, after one: a page, so that no statement reads them all. */
export async function livesListed(
  db: Db,
  provider: Provider,
  since: Instant,
  after: SubscriptionId | null,
  limit: number,
): Promise<readonly LifeListed[]> {
  const { rows } = await db.query<{ id: string; provider_id: string; is_seen: boolean }>(
    `select id, provider_id, coalesce(seen_at >= $2, false) as is_seen
     from (
       select id, coalesce(stripe_subscription_id, razorpay_subscription_id) as provider_id from subscriptions
       where provider = $1 and ended_at is null and started_at < $2 and ($3::uuid is null or id > $3)
       order by id limit $4
     ) life left join subscription_checks on subscription_id = id
     order by id`,
    [provider, timestamp(since), after, limit],
  );
  return rows.map((row) => ({
    id: subscriptionId(row.id),
    providerSubscriptionId: row.provider_id,
    isSeen: row.is_seen,
  }));
}

/** What a turn's own look means for the check of its subscription. */
export interface Finding {
  /** Events have told of what the look shows. */
  readonly told: boolean;
  /** What the look has changed, or misses. */
  readonly differences: readonly string[];
  /** Of the subscription, after the turn. */
  readonly version: number;
  readonly now: Instant;
}

/** Takes a turn's look into a check that is open; any other stays as it is. Call it in the turn's transaction. */
export async function settleCheck(db: Db, id: SubscriptionId, finding: Finding): Promise<void> {
  const { told, differences, version, now } = finding;
  const state = told ? "explained" : differences.length > 0 ? "confirmed" : "same";
  await db.query(
    `update subscription_checks set state = $2::text, since = $3,
       differences = case $2::text when 'explained' then differences else $4::text[] end,
       version = case $2::text when 'confirmed' then $5::integer else version end
     where subscription_id = $1 and (state = 'suspected' or (state = 'confirmed' and $2::text = 'explained'))`,
    [id, state, timestamp(now), differences, version],
  );
}

/** Ends the checks that were confirmed before the moment and that no event has explained: drift. Answers them. */
export async function closeDrifts(
  db: Db,
  confirmedBefore: Instant,
  now: Instant,
  limit: number,
): Promise<readonly Drift[]> {
  const { rows } = await db.query<{
    subscription_id: string;
    provider: Provider;
    provider_subscription_id: string;
    differences: string[];
    version: number;
  }>(
    `update subscription_checks set state = 'drift', since = $2, drifted_at = $2
     where subscription_id in (
       select subscription_id from subscription_checks
       where state = 'confirmed' and since <= $1
         -- What has arrived and waits for its turn explains it by then.
         and not exists (select from webhook_events waiting
           where waiting.subscription_id = subscription_checks.subscription_id and waiting.state = 'received')
       order by since limit $3 for update skip locked)
     returning subscription_id, provider, provider_subscription_id, differences, version`,
    [timestamp(confirmedBefore), timestamp(now), limit],
  );
  return rows.map((row) => ({
    subscriptionId: subscriptionId(row.subscription_id),
    provider: row.provider,
    providerSubscriptionId: row.provider_subscription_id,
    differences: row.differences,
    version: row.version,
  }));
}
