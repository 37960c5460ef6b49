import type { SubscriptionId } from "../domain/ids.ts";
import type { Instant } from "../domain/time.ts";
import type { Db } from "./pool.ts";

/** A step of the dunning calendar that a customer was, or will be, told of. */
export interface SentNotice {
  /** In days from the unpaid invoice. */
  readonly day: number;
  readonly at: Instant;
}

/** Oldest first. The day is in the alert's key, `dunning:<invoice>:<day>` (domain/dunning.ts). */
export async function noticesOf(db: Db, id: SubscriptionId): Promise<readonly SentNotice[]> {
  const { rows } = await db.query<SentNotice>(
    `select split_part(key, ':', 3)::integer as day, at from alerts
     where subscription_id = $1 and not superseded and key like 'dunning:%' order by at, key`,
    [id],
  );
  return rows;
}
