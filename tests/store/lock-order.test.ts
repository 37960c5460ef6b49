import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CustomerId, receipt, type SubscriptionId } from "../../domain/ids.ts";
import {
  findOpenCheckout,
  insertCheckout,
  lockCheckoutOf,
  replaceCheckout,
  saveCheckout,
} from "../../store/checkouts.ts";
import { lockCustomer, lockCustomerByReceipt, saveLiveSubscription } from "../../store/customers.ts";
import { answerKey, claimKey, tieKey } from "../../store/idempotency.ts";
import { savePayment } from "../../store/payments.ts";
import { type Db, transaction } from "../../store/pool.ts";
import { lockSubscription, saveSubscription, subscriptionsOfCustomer } from "../../store/subscriptions.ts";
import { insertEntry } from "../../store/timeline.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { active, checkout, crowd, parallel, row, START } from "./rows.ts";

let database: TestDatabase;
let many: Pool;
beforeAll(async () => {
  database = await createDatabase();
  many = crowd(database.url);
});
afterAll(async () => {
  await many.end();
  await database.drop();
});

const NAME = receipt("customer-1");

/** As the API asks for a checkout: the key, the customer, the checkout. */
async function ask(db: Db): Promise<SubscriptionId> {
  const key = randomUUID();
  await claimKey(db, "api", key, "sha");
  const customer = await lockCustomerByReceipt(db, NAME, null);
  const open = await findOpenCheckout(db, customer.id);
  if (open !== undefined) await replaceCheckout(db, open.checkout.id);
  const made = checkout();
  await insertCheckout(db, made, customer.id, open?.checkout.id ?? null);
  await tieKey(db, "api", key, made.id);
  await answerKey(db, "api", key, 200, {});
  return made.subscriptionId;
}

/** As a turn settles: the customer, the checkout, the subscription, and what hangs on it. */
async function settle(db: Db, owner: CustomerId, id: SubscriptionId): Promise<void> {
  await lockCustomer(db, owner);
  const before = await lockCheckoutOf(db, id);
  const known = await lockSubscription(db, id);
  const version = (known?.version ?? before?.version ?? 0) + 1;
  if (before !== undefined)
    await saveCheckout(db, { ...before.checkout, state: "complete" }, version, null, null);
  const others = (await subscriptionsOfCustomer(db, owner)).filter((other) => other.id !== id);
  await saveSubscription(db, {
    ...(known ?? row(owner, active(), { id })),
    duplicateOf: others[0]?.id ?? null,
    version,
  });
  await saveLiveSubscription(db, owner, others[0]?.id ?? id);
  await savePayment(db, "stripe", id, {
    id: `pi_${id}`,
    invoiceId: `in_${id}`,
    status: "succeeded",
    money: { amount: 2_900, currency: "usd" },
    failedAttempts: 0,
    paidAt: START,
  });
  await insertEntry(db, {
    subscriptionId: id,
    version,
    turnId: randomUUID(),
    at: START,
    cause: {},
    from: null,
    to: "active",
    why: "a turn",
    inputs: {},
    decision: null,
    catalogVersion: 1,
    codeVersion: "0.1.0",
  });
}

it("R9: checkouts and turns of one customer, all at once, never wait for each other in a circle", async () => {
  const { id: owner } = await lockCustomerByReceipt(database.pool, NAME, null);
  const ids = await parallel(8, () => transaction(many, ask));
  await parallel(96, (index) => {
    const id = ids[index % ids.length];
    if (id === undefined) throw new Error("no id");
    return transaction(many, (db) =>
      index % 3 === 0 ? ask(db).then(() => undefined) : settle(db, owner, id),
    );
  });
  const { rows } = await database.pool.query(
    `select (select count(*)::int from customers) as customers,
       (select count(*)::int from checkouts) as checkouts,
       (select count(*)::int from checkouts where state in ('opening', 'open')) as open,
       (select count(*)::int from timeline) as turns,
       (select sum(version)::int from subscriptions) as versions`,
  );
  expect(rows).toEqual([{ customers: 1, checkouts: 8 + 32, open: 1, turns: 64, versions: 64 }]);
});
