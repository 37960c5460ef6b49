import type { CustomerId, SubscriptionId } from "../domain/ids.ts";
import { customerId, subscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { Instant } from "../domain/time.ts";
import type { Db } from "./pool.ts";
import { one, timestamp } from "./pool.ts";
import type { Row, SubscriptionRow } from "./subscription-row.ts";
import { fromRow, toRow } from "./subscription-row.ts";

const SELECT = `select id, customer_id, provider,
    coalesce(stripe_subscription_id, razorpay_subscription_id) as provider_subscription_id,
    coalesce(stripe_customer_id, razorpay_customer_id) as provider_customer_id, tier, price_id, status, started_at, since, current_period_start,
    current_period_end, trial_end, cancel_at, canceled_at, ended_at, grace_until,
    unpaid_since, grace_extended_days, next_payment_attempt_at, scheduled_at, scheduled_tier, scheduled_price_id,
    scheduled_interval, scheduled_quantity, amount, currency, "interval",
    quantity, duplicate_of, needs_attention, next_deadline_at, version
  from subscriptions`;

const toSubscription = (row: Row): SubscriptionRow => ({
  id: subscriptionId(row.id),
  customerId: customerId(row.customer_id),
  subscription: fromRow(row),
  duplicateOf: row.duplicate_of === null ? null : subscriptionId(row.duplicate_of),
  needsAttention: row.needs_attention,
  nextDeadline: row.next_deadline_at,
  version: row.version,
});

export async function findSubscription(db: Db, id: SubscriptionId): Promise<SubscriptionRow | undefined> {
  const { rows } = await db.query<Row>(`${SELECT} where id = $1`, [id]);
  return rows[0] && toSubscription(rows[0]);
}

export async function lockSubscription(db: Db, id: SubscriptionId): Promise<SubscriptionRow | undefined> {
  const { rows } = await db.query<Row>(`${SELECT} where id = $1 for update`, [id]);
  return rows[0] && toSubscription(rows[0]);
}

export async function subscriptionsOfCustomer(db: Db, id: CustomerId): Promise<readonly SubscriptionRow[]> {
  const { rows } = await db.query<Row>(`${SELECT} where customer_id = $1 order by id`, [id]);
  return rows.map(toSubscription);
}

/** Which of ours has this provider's id, if any. */
export async function subscriptionByProviderId(
  db: Db,
  provider: Provider,
  providerSubscriptionId: string,
): Promise<SubscriptionId | undefined> {
  const column = provider === "stripe" ? "stripe_subscription_id" : "razorpay_subscription_id";
  const { rows } = await db.query<{ id: string }>(`select id from subscriptions where ${column} = $1`, [
    providerSubscriptionId,
  ]);
  return rows[0] && subscriptionId(rows[0].id);
}

/** Those of ours that have one of these ids of the provider's, by that id. */
export async function subscriptionsByProviderIds(
  db: Db,
  provider: Provider,
  providerSubscriptionIds: readonly string[],
): Promise<ReadonlyMap<string, SubscriptionRow>> {
  const column = provider === "stripe" ? "stripe_subscription_id" : "razorpay_subscription_id";
  const { rows } = await db.query<Row>(`${SELECT} where ${column} = any($1::text[])`, [
    providerSubscriptionIds,
  ]);
  return new Map(rows.map((row) => [row.provider_subscription_id, toSubscription(row)]));
}

/** Those of a provider's customer that have not ended, whoever the customer is to us. */
export async function livesOfProviderCustomer(
  db: Db,
  provider: Provider,
  providerCustomerId: string,
): Promise<readonly SubscriptionId[]> {
  const column = provider === "stripe" ? "stripe_customer_id" : "razorpay_customer_id";
  const { rows } = await db.query<{ id: string }>(
    `select id from subscriptions where ${column} = $1 and ended_at is null order by id`,
    [providerCustomerId],
  );
  return rows.map((row) => subscriptionId(row.id));
}

/**
 * Writes what a turn made of it; the row is born here. Only settle calls this (R5), with the row locked.
 * @throws Error instead of writing over a later version or over an end (R8)
 */
export async function saveSubscription(db: Db, row: SubscriptionRow): Promise<void> {
  const columns = toRow(row);
  const names = Object.keys(columns);
  const places = names.map((_, index) => `$${index + 1}`);
  const updates = names.filter((name) => name !== "id" && name !== "customer_id");
  const { rowCount } = await db.query(
    `insert into subscriptions (${names.map((name) => `"${name}"`).join(", ")}) values (${places.join(", ")})
     on conflict (id) do update set ${updates.map((name) => `"${name}" = excluded."${name}"`).join(", ")},
       updated_at = now()
     where subscriptions.version <= excluded.version
       and (subscriptions.ended_at is null or subscriptions.status = excluded.status)`,
    Object.values(columns),
  );
  if (rowCount !== 1) throw new Error(`subscription ${row.id} has a later version, or has ended`);
}

/** Lives whose deadline has passed without their workflow having looked (R7). For the sweep. */
export async function livesOverdue(
  db: Db,
  before: Instant,
  limit: number,
): Promise<readonly SubscriptionId[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id, next_deadline_at from subscriptions where next_deadline_at < $1
     union all
     select subscription_id, next_deadline_at from checkouts where next_deadline_at < $1
     order by next_deadline_at limit $2`,
    [timestamp(before), limit],
  );
  return rows.map((row) => subscriptionId(row.id));
}

/** Every life that has something to wait for. For a clock that was moved (R13). */
export async function livesWaiting(db: Db): Promise<readonly SubscriptionId[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from subscriptions where next_deadline_at is not null
     union all
     select subscription_id from checkouts where next_deadline_at is not null`,
  );
  return rows.map((row) => subscriptionId(row.id));
}

/** When the next deadline of all lives comes, or null: none waits for one. For a clock that is moved (R13). */
export async function earliestDeadline(db: Db): Promise<Instant | null> {
  const result = await db.query<{ at: Instant | null }>(
    `select least((select min(next_deadline_at) from subscriptions),
       (select min(next_deadline_at) from checkouts)) as at`,
  );
  return one(result).at;
}
