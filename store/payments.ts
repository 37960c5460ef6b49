import type { SubscriptionId } from "../domain/ids.ts";
import { subscriptionId } from "../domain/ids.ts";
import type { ObservedRefund } from "../domain/observation.ts";
import type { Payment } from "../domain/payment.ts";
import type { Provider } from "../domain/provider.ts";
import type { Db } from "./pool.ts";
import { timestamp } from "./pool.ts";

/**
 * Records a payment by the provider's id. A failed one may become a success, never the other way; for the rest the
 * latest look is right. Attempts that failed stay counted.
 */
export async function savePayment(
  db: Db,
  provider: Provider,
  id: SubscriptionId,
  payment: Payment,
): Promise<void> {
  await db.query(
    `insert into payments (provider, id, subscription_id, invoice_id, status, amount, currency, failed_attempts, paid_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (provider, id) do update set
       status = case when payments.status = 'succeeded' then payments.status else excluded.status end,
       amount = case when payments.status = 'succeeded' and excluded.status = 'failed'
         then payments.amount else excluded.amount end,
       failed_attempts = greatest(payments.failed_attempts, excluded.failed_attempts),
       paid_at = coalesce(excluded.paid_at, payments.paid_at)`,
    [
      provider,
      payment.id,
      id,
      payment.invoiceId,
      payment.status,
      payment.money.amount,
      payment.money.currency,
      payment.failedAttempts,
      timestamp(payment.paidAt),
    ],
  );
}

export async function paymentsOfSubscription(db: Db, id: SubscriptionId): Promise<readonly Payment[]> {
  const { rows } = await db.query<{
    id: string;
    invoice_id: string;
    status: Payment["status"];
    amount: number;
    currency: string;
    failed_attempts: number;
    paid_at: number | null;
  }>(
    `select id, invoice_id, status, amount, currency, failed_attempts, paid_at
     from payments where subscription_id = $1 order by invoice_id, id`,
    [id],
  );
  return rows.map((row) => ({
    id: row.id,
    invoiceId: row.invoice_id,
    status: row.status,
    money: { amount: row.amount, currency: row.currency },
    failedAttempts: row.failed_attempts,
    paidAt: row.paid_at,
  }));
}

/** Which subscription a payment or an invoice belongs to, if we have recorded it. */
export async function subscriptionOfPayment(
  db: Db,
  provider: Provider,
  paymentId: string | null,
  invoiceId: string | null,
): Promise<SubscriptionId | undefined> {
  const { rows } = await db.query<{ subscription_id: string }>(
    "select subscription_id from payments where provider = $1 and (id = $2 or invoice_id = $3) limit 1",
    [provider, paymentId, invoiceId],
  );
  return rows[0] && subscriptionId(rows[0].subscription_id);
}

/**
 * Records a refund by its id, so that it counts once. Its status follows the latest look both ways: one that
 * succeeded can still fail at the customer's bank (facts: providers A1).
 */
export async function saveRefund(
  db: Db,
  provider: Provider,
  id: SubscriptionId,
  refund: ObservedRefund,
): Promise<void> {
  await db.query(
    `insert into refunds (provider, id, subscription_id, payment_id, status, amount, currency, refunded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (provider, id) do update set status = excluded.status, amount = excluded.amount`,
    [
      provider,
      refund.id,
      id,
      refund.paymentId,
      refund.status,
      refund.refunded.amount,
      refund.refunded.currency,
      timestamp(refund.createdAt),
    ],
  );
}

/** The refunds of a subscription, oldest first. */
export async function refundsOf(db: Db, id: SubscriptionId): Promise<readonly ObservedRefund[]> {
  const { rows } = await db.query<{
    id: string;
    payment_id: string;
    status: string;
    amount: number;
    currency: string;
    refunded_at: number;
  }>(
    `select id, payment_id, status, amount, currency, refunded_at
     from refunds where subscription_id = $1 order by refunded_at, id`,
    [id],
  );
  return rows.map((row) => ({
    id: row.id,
    paymentId: row.payment_id,
    status: row.status,
    refunded: { amount: row.amount, currency: row.currency },
    createdAt: row.refunded_at,
  }));
}
