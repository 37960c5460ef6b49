import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SubscriptionId } from "../../domain/ids.ts";
import type { ObservedRefund } from "../../domain/observation.ts";
import type { Payment } from "../../domain/payment.ts";
import { DAY } from "../../domain/time.ts";
import {
  paymentsOfSubscription,
  savePayment,
  saveRefund,
  subscriptionOfPayment,
} from "../../store/payments.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { expectRefusal, newSubscription, newSubscriptionId, parallel, START } from "./rows.ts";

let database: TestDatabase;
let id: SubscriptionId;
let next = 0;
beforeAll(async () => {
  database = await createDatabase();
  ({ id } = await newSubscription(database.pool));
});
afterAll(() => database.drop());

/** Ids of a payment and an invoice that nobody has used yet. */
const fresh = () => {
  next += 1;
  return { id: `pi_${next}`, invoiceId: `in_${next}` };
};
const failed = (of: { id: string; invoiceId: string }, change: Partial<Payment> = {}): Payment => ({
  ...of,
  status: "failed",
  money: { amount: 2_900, currency: "usd" },
  failedAttempts: 1,
  paidAt: null,
  ...change,
});
const succeeded = (of: { id: string; invoiceId: string }, change: Partial<Payment> = {}): Payment => ({
  ...failed(of),
  status: "succeeded",
  failedAttempts: 0,
  paidAt: START,
  ...change,
});

const save = (payment: Payment) => savePayment(database.pool, "stripe", id, payment);
const read = async (paymentId: string): Promise<Payment | undefined> =>
  (await paymentsOfSubscription(database.pool, id)).find((payment) => payment.id === paymentId);

describe("R4: a payment", () => {
  it("is read as it was written, and is one however often it is seen", async () => {
    const payment = succeeded(fresh());
    await parallel(10, () => save(payment));
    await expect(read(payment.id)).resolves.toEqual(payment);
  });

  it("is the same after a failure and a success, in either order", async () => {
    const [first, second] = [fresh(), fresh()];
    await save(failed(first, { failedAttempts: 2 }));
    await save(succeeded(first, { failedAttempts: 2 }));
    await save(succeeded(second, { failedAttempts: 2 }));
    await save(failed(second, { failedAttempts: 2 }));
    await expect(read(first.id)).resolves.toEqual(succeeded(first, { failedAttempts: 2 }));
    await expect(read(second.id)).resolves.toEqual(succeeded(second, { failedAttempts: 2 }));
  });

  it("that succeeded does not fail later, nor lose its amount or its time", async () => {
    const of = fresh();
    await save(succeeded(of, { money: { amount: 1_450, currency: "usd" } }));
    await save(failed(of, { money: { amount: 2_900, currency: "usd" } }));
    await expect(read(of.id)).resolves.toMatchObject({
      status: "succeeded",
      money: { amount: 1_450 },
      paidAt: START,
      failedAttempts: 1,
    });
  });

  it("counts the most attempts that any look has shown", async () => {
    const of = fresh();
    for (const failedAttempts of [1, 3, 2]) await save(failed(of, { failedAttempts }));
    await expect(read(of.id)).resolves.toMatchObject({ failedAttempts: 3 });
  });

  it("takes the latest look for the rest, so that only the last truth counts", async () => {
    const of = fresh();
    await save(failed(of, { money: { amount: 1_000, currency: "usd" } }));
    await save(failed(of, { money: { amount: 2_900, currency: "usd" } }));
    await expect(read(of.id)).resolves.toMatchObject({ money: { amount: 2_900 } });
    await save(succeeded(of, { paidAt: null, money: { amount: 2_000, currency: "usd" } }));
    await save(succeeded(of, { paidAt: START + DAY }));
    await expect(read(of.id)).resolves.toMatchObject({ money: { amount: 2_900 }, paidAt: START + DAY });
  });

  it("belongs to a subscription that is there, and succeeded or failed", async () => {
    await expectRefusal(
      savePayment(database.pool, "stripe", newSubscriptionId(), succeeded(fresh())),
      "payments_subscription_id_fkey",
    );
    await expectRefusal(
      database.pool.query("update payments set status = 'pending'"),
      "payments_status_check",
    );
    await expectRefusal(save(failed(fresh(), { failedAttempts: -1 })), "payments_failed_attempts_check");
  });
});

it("payments of a subscription are its own, by invoice", async () => {
  const other = await newSubscription(database.pool);
  const [later, earlier] = [
    { id: "pi_a", invoiceId: "in_b" },
    { id: "pi_b", invoiceId: "in_a" },
  ];
  await savePayment(database.pool, "stripe", other.id, succeeded(later));
  await savePayment(database.pool, "stripe", other.id, succeeded(earlier));
  await expect(paymentsOfSubscription(database.pool, other.id)).resolves.toEqual([
    succeeded(earlier),
    succeeded(later),
  ]);
});

it("a payment or an invoice leads to its subscription, at its provider", async () => {
  const of = fresh();
  await save(succeeded(of));
  const { pool } = database;
  await expect(subscriptionOfPayment(pool, "stripe", of.id, null)).resolves.toBe(id);
  await expect(subscriptionOfPayment(pool, "stripe", null, of.invoiceId)).resolves.toBe(id);
  await expect(subscriptionOfPayment(pool, "stripe", "pi_none", of.invoiceId)).resolves.toBe(id);
  await expect(subscriptionOfPayment(pool, "stripe", "pi_none", "in_none")).resolves.toBeUndefined();
  await expect(subscriptionOfPayment(pool, "stripe", null, null)).resolves.toBeUndefined();
  await expect(subscriptionOfPayment(pool, "razorpay", of.id, of.invoiceId)).resolves.toBeUndefined();
});

const refund = (change: Partial<ObservedRefund> = {}): ObservedRefund => ({
  id: "re_1",
  paymentId: "pi_1",
  status: "pending",
  refunded: { amount: 1_000, currency: "usd" },
  createdAt: START + DAY,
  ...change,
});

const refunds = async () =>
  (
    await database.pool.query(
      "select id, subscription_id, payment_id, status, amount, currency, refunded_at from refunds order by id",
    )
  ).rows;

describe("a refund", () => {
  it("R4: counts once, and its status is what the provider says now: one that succeeded can fail", async () => {
    for (const status of ["pending", "succeeded", "failed"]) {
      await saveRefund(database.pool, "stripe", id, refund({ status }));
      await expect(refunds()).resolves.toEqual([
        {
          id: "re_1",
          subscription_id: id,
          payment_id: "pi_1",
          status,
          amount: 1_000,
          currency: "usd",
          refunded_at: START + DAY,
        },
      ]);
    }
  });

  it("belongs to a subscription that is there", async () => {
    await expectRefusal(
      saveRefund(database.pool, "stripe", newSubscriptionId(), refund({ id: "re_2" })),
      "refunds_subscription_id_fkey",
    );
  });
});
