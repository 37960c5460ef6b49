import { takenBy } from "../domain/dispute.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import type { Money } from "../domain/money.ts";
import type { ObservedDispute } from "../domain/observation.ts";
import type { Provider } from "../domain/provider.ts";
import type { Instant } from "../domain/time.ts";
import type { Db } from "./pool.ts";
import { timestamp } from "./pool.ts";

export interface RecordedDispute {
  readonly id: string;
  readonly paymentId: string;
  readonly status: string;
  readonly disputed: Money;
  /** What the bank has of it now, in minor units. */
  readonly taken: number;
  readonly disputedAt: Instant;
}

/**
 * Records a dispute by its id, so that it counts once. It follows the latest look both ways: what was lost can be won
 * on appeal, and then gives back what it took.
 */
export async function saveDispute(
  db: Db,
  provider: Provider,
  id: SubscriptionId,
  dispute: ObservedDispute,
): Promise<void> {
  await db.query(
    `insert into disputes (provider, id, subscription_id, payment_id, status, amount, currency, taken, disputed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (provider, id) do update set
       status = excluded.status, amount = excluded.amount, taken = excluded.taken`,
    [
      provider,
      dispute.id,
      id,
      dispute.paymentId,
      dispute.status,
      dispute.disputed.amount,
      dispute.disputed.currency,
      takenBy(dispute),
      timestamp(dispute.createdAt),
    ],
  );
}

/** The disputes of a subscription, oldest first. */
export async function disputesOf(db: Db, id: SubscriptionId): Promise<readonly RecordedDispute[]> {
  const { rows } = await db.query<{
    id: string;
    payment_id: string;
    status: string;
    amount: number;
    currency: string;
    taken: number;
    disputed_at: number;
  }>(
    `select id, payment_id, status, amount, currency, taken, disputed_at
     from disputes where subscription_id = $1 order by disputed_at, id`,
    [id],
  );
  return rows.map((row) => ({
    id: row.id,
    paymentId: row.payment_id,
    status: row.status,
    disputed: { amount: row.amount, currency: row.currency },
    taken: row.taken,
    disputedAt: row.disputed_at,
  }));
}
