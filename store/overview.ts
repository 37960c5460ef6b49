import type { Catalog } from "../domain/catalog.ts";
import type { CustomerId, SubscriptionId } from "../domain/ids.ts";
import { subscriptionId } from "../domain/ids.ts";
import { chooseLive } from "../domain/live-subscription.ts";
import type { ObservedRefund } from "../domain/observation.ts";
import type { Payment } from "../domain/payment.ts";
import type { DunningCalendar } from "../domain/policy.ts";
import type { Instant } from "../domain/time.ts";
import { catalogInForce } from "./catalogs.ts";
import type { CheckoutRow } from "./checkouts.ts";
import { findCheckoutDeadline, findCheckoutOf, findOpenCheckout } from "./checkouts.ts";
import { clockOffset } from "./clock.ts";
import type { Customer } from "./customers.ts";
import { findCustomer } from "./customers.ts";
import type { RecordedDispute } from "./disputes.ts";
import { disputesOf } from "./disputes.ts";
import type { SentNotice } from "./notices.ts";
import { noticesOf } from "./notices.ts";
import { paymentsOfSubscription, refundsOf } from "./payments.ts";
import type { Db, Pool } from "./pool.ts";
import { one, transaction } from "./pool.ts";
import type { SubscriptionRow } from "./subscription-row.ts";
import { findSubscription, subscriptionsOfCustomer } from "./subscriptions.ts";
import { knownSince, whyOf } from "./timeline.ts";

/** All that is held of one life, for those who ask why it is so. */
export interface LifeOverview {
  readonly id: SubscriptionId;
  /** Undefined: not bought through us. */
  readonly checkout: CheckoutRow | undefined;
  /** Undefined: not paid yet, or never. */
  readonly row: SubscriptionRow | undefined;
  readonly payments: readonly Payment[];
  readonly refunds: readonly ObservedRefund[];
  readonly disputes: readonly RecordedDispute[];
  readonly notices: readonly SentNotice[];
  /** When one that was not bought through us became known, or null: bought here. */
  readonly adoptedAt: Instant | null;
  readonly why: string | null;
  readonly nextDeadline: Instant | null;
  /** When a turn has last written it, in real time. */
  readonly updatedAt: Instant;
  /** Stored events that no turn has taken in yet: while there are any, the rest may be out of date. */
  readonly waitingEvents: number;
  readonly parkedEvents: number;
}

export interface Overview {
  readonly customer: Customer;
  readonly openCheckout: CheckoutRow | undefined;
  /** The one that gives access at `now` (R9), by the clock and not by the last turn (R11). */
  readonly live: SubscriptionRow | undefined;
  readonly lives: readonly LifeOverview[];
  /** The dunning calendar in force, or null before the first catalog. */
  readonly calendar: DunningCalendar | null;
  readonly now: Instant;
}

/** What is held of one life and its customer, as of one moment. Undefined: there is no such life. */
export const overviewOfLife = (pool: Pool, id: SubscriptionId): Promise<Overview | undefined> =>
  atOneMoment(pool, async (db) => {
    const owner = (await findSubscription(db, id)) ?? (await findCheckoutOf(db, id));
    const customer = owner && (await findCustomer(db, owner.customerId));
    return customer && overview(db, customer, [id]);
  });

/** What is held of a customer and of each of its lives, as of one moment. */
export const overviewOfCustomer = (pool: Pool, customer: Customer): Promise<Overview> =>
  atOneMoment(pool, async (db) => overview(db, customer, await livesOfCustomer(db, customer.id)));

/** The ids of all that a customer has or once wanted to have. */
export async function livesOfCustomer(db: Db, id: CustomerId): Promise<readonly SubscriptionId[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from subscriptions where customer_id = $1
     union select subscription_id from checkouts where customer_id = $1 order by id`,
    [id],
  );
  return rows.map((row) => subscriptionId(row.id));
}

function atOneMoment<T>(pool: Pool, read: (db: Db) => Promise<T>): Promise<T> {
  return transaction(pool, async (db) => {
    // One snapshot for all statements: a turn that commits between two of them is seen by neither.
    await db.query("set transaction isolation level repeatable read read only");
    return read(db);
  });
}

async function overview(db: Db, customer: Customer, ids: readonly SubscriptionId[]): Promise<Overview> {
  const now = Date.now() + (await clockOffset(db));
  const held = await subscriptionsOfCustomer(db, customer.id);
  const catalog: Catalog | undefined = await catalogInForce(db);
  const live = catalog === undefined ? customer.liveSubscriptionId : chooseLive(held, catalog, now);
  const lives: LifeOverview[] = [];
  for (const id of ids) lives.push(await lifeOf(db, id));
  return {
    customer,
    openCheckout: await findOpenCheckout(db, customer.id),
    live: held.find((row) => row.id === live),
    lives,
    calendar: catalog?.policy.dunning ?? null,
    now,
  };
}

async function lifeOf(db: Db, id: SubscriptionId): Promise<LifeOverview> {
  const row = await findSubscription(db, id);
  const checkout = await findCheckoutOf(db, id);
  return {
    id,
    row,
    checkout,
    payments: await paymentsOfSubscription(db, id),
    refunds: await refundsOf(db, id),
    disputes: await disputesOf(db, id),
    notices: await noticesOf(db, id),
    adoptedAt: checkout === undefined ? await knownSince(db, id) : null,
    why: await whyOf(db, id),
    nextDeadline: row === undefined ? await findCheckoutDeadline(db, id) : row.nextDeadline,
    ...(await freshnessOf(db, id)),
  };
}

async function freshnessOf(
  db: Db,
  id: SubscriptionId,
): Promise<Pick<LifeOverview, "updatedAt" | "waitingEvents" | "parkedEvents">> {
  const result = await db.query<Pick<LifeOverview, "updatedAt" | "waitingEvents" | "parkedEvents">>(
    `select greatest((select updated_at from subscriptions where id = $1),
         (select updated_at from checkouts where subscription_id = $1)) as "updatedAt",
       (select count(*)::integer from webhook_events where subscription_id = $1 and state = 'received')
         as "waitingEvents",
       (select count(*)::integer from webhook_events where subscription_id = $1 and state = 'parked')
         as "parkedEvents"`,
    [id],
  );
  return one(result);
}
