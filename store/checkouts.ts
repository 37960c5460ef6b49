import type { Interval } from "../domain/catalog.ts";
import type { Checkout, CheckoutState } from "../domain/checkout.ts";
import { NOTHING_OFFERED } from "../domain/checkout.ts";
import type { CheckoutId, CustomerId, SubscriptionId } from "../domain/ids.ts";
import { checkoutId, customerId, subscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { Instant } from "../domain/time.ts";
import type { Db } from "./pool.ts";
import { timestamp } from "./pool.ts";

/** A checkout with what only its row knows: whose it is, where it is paid, and how far its turns have come. */
export interface CheckoutRow {
  readonly checkout: Checkout;
  readonly customerId: CustomerId;
  readonly replaces: CheckoutId | null;
  /** The provider's page, once it is open. */
  readonly url: string | null;
  readonly version: number;
}

interface Row {
  id: string;
  customer_id: string;
  subscription_id: string;
  provider: Provider;
  tier: string;
  interval: Interval;
  quantity: number;
  price_id: string;
  trial_days: number;
  promotion_codes: boolean;
  automatic_tax: boolean;
  state: CheckoutState;
  replaces: string | null;
  session_id: string | null;
  url: string | null;
  expires_at: number | null;
  version: number;
  created_at: number;
}

const COLUMNS = `id, customer_id, subscription_id, provider, tier, "interval", quantity, price_id, trial_days,
  promotion_codes, automatic_tax, state, replaces, session_id, url, expires_at, version, created_at`;

const toCheckout = (row: Row): CheckoutRow => ({
  checkout: {
    id: checkoutId(row.id),
    subscriptionId: subscriptionId(row.subscription_id),
    provider: row.provider,
    tier: row.tier,
    interval: row.interval,
    quantity: row.quantity,
    priceId: row.price_id,
    offered: {
      trialDays: row.trial_days,
      promotionCodes: row.promotion_codes,
      automaticTax: row.automatic_tax,
    },
    state: row.state,
    sessionId: row.session_id,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
  },
  customerId: customerId(row.customer_id),
  replaces: row.replaces === null ? null : checkoutId(row.replaces),
  url: row.url,
  version: row.version,
});

async function find(db: Db, where: string, parameters: readonly unknown[]): Promise<CheckoutRow | undefined> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from checkouts where ${where}`, [...parameters]);
  return rows[0] && toCheckout(rows[0]);
}

export const findCheckout = (db: Db, id: CheckoutId): Promise<CheckoutRow | undefined> =>
  find(db, "id = $1", [id]);

export const findCheckoutOf = (db: Db, id: SubscriptionId): Promise<CheckoutRow | undefined> =>
  find(db, "subscription_id = $1", [id]);

export const findCheckoutBySession = (
  db: Db,
  provider: Provider,
  sessionId: string,
): Promise<CheckoutRow | undefined> => find(db, "provider = $1 and session_id = $2", [provider, sessionId]);

/** The customer's open checkout; there is one at most (R9). */
export const findOpenCheckout = (db: Db, id: CustomerId): Promise<CheckoutRow | undefined> =>
  find(db, "customer_id = $1 and state in ('opening', 'open')", [id]);

/** Locks the row that counts the turns of a life not yet born. */
export const lockCheckoutOf = (db: Db, id: SubscriptionId): Promise<CheckoutRow | undefined> =>
  find(db, "subscription_id = $1 for update", [id]);

export async function insertCheckout(
  db: Db,
  checkout: Checkout,
  customer: CustomerId,
  replaces: CheckoutId | null,
): Promise<void> {
  const { trialDays, promotionCodes, automaticTax } = checkout.offered ?? NOTHING_OFFERED;
  await db.query(
    `insert into checkouts (id, customer_id, subscription_id, provider, tier, "interval", quantity, price_id, state,
       replaces, created_at, next_deadline_at, trial_days, promotion_codes, automatic_tax)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'opening', $9, $10, $10::timestamptz + interval '5 minutes',
       $11, $12, $13)`,
    [
      checkout.id,
      customer,
      checkout.subscriptionId,
      checkout.provider,
      checkout.tier,
      checkout.interval,
      checkout.quantity,
      checkout.priceId,
      replaces,
      timestamp(checkout.createdAt),
      trialDays,
      promotionCodes,
      automaticTax,
    ],
  );
}

/** Takes it off the table: no longer the customer's open checkout. Its session is expired by the one that replaces it. */
export async function replaceCheckout(db: Db, id: CheckoutId): Promise<void> {
  await db.query(
    "update checkouts set state = 'replaced', updated_at = now() where id = $1 and state in ('opening', 'open')",
    [id],
  );
}

/** Writes what a turn made of it. */
export async function saveCheckout(
  db: Db,
  checkout: Checkout,
  version: number,
  nextDeadline: Instant | null,
  session: { readonly id: string; readonly url: string } | null,
): Promise<void> {
  await db.query(
    `update checkouts
     set state = $2, expires_at = $3, version = $4, next_deadline_at = $5,
       was_expired = was_expired or $2 = 'expired',
       session_id = coalesce($6, session_id), url = coalesce($7, url), updated_at = now()
     where id = $1`,
    [
      checkout.id,
      checkout.state,
      timestamp(checkout.expiresAt),
      version,
      timestamp(nextDeadline),
      session?.id ?? null,
      session?.url ?? null,
    ],
  );
}

/** When an unborn life is looked at next. */
export async function findCheckoutDeadline(db: Db, id: SubscriptionId): Promise<Instant | null> {
  const { rows } = await db.query<{ next_deadline_at: number | null }>(
    "select next_deadline_at from checkouts where subscription_id = $1",
    [id],
  );
  return rows[0]?.next_deadline_at ?? null;
}
