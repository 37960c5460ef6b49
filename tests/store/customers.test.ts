import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CustomerId } from "../../domain/ids.ts";
import { receipt } from "../../domain/ids.ts";
import {
  findCustomer,
  lockCustomer,
  lockCustomerByProviderId,
  lockCustomerByReceipt,
  replaceProviderCustomer,
  saveLiveSubscription,
  saveProviderCustomer,
} from "../../store/customers.ts";
import { transaction } from "../../store/pool.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { crowd, expectRefusal, newCustomer, newSubscription, parallel } from "./rows.ts";

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

const named = async (name: string): Promise<number> =>
  (await database.pool.query("select from customers where receipt = $1", [name])).rowCount ?? 0;

const stripeIdOf = async (id: CustomerId) => (await findCustomer(database.pool, id))?.stripeCustomerId;

describe("lockCustomerByReceipt", () => {
  it("makes one customer of 50 requests for a new receipt at once", async () => {
    const name = receipt(`new-${randomUUID()}`);
    const customers = await parallel(50, (index) =>
      transaction(many, (db) => lockCustomerByReceipt(db, name, `${index}@example.com`)),
    );
    expect(new Set(customers.map(({ id }) => id)).size).toBe(1);
    // One after the other, each sees the address that it gave itself.
    expect(customers.map(({ email }) => email)).toEqual(customers.map((_, index) => `${index}@example.com`));
    await expect(named(name)).resolves.toBe(1);
  });

  it("R9: what is done for one customer is done in turn", async () => {
    const name = receipt(`busy-${randomUUID()}`);
    await transaction(many, (db) => lockCustomerByReceipt(db, name, null));
    // Reads and writes what it read: a lost update would show.
    await parallel(50, () =>
      transaction(many, async (db) => {
        const { id, blockedReason } = await lockCustomerByReceipt(db, name, null);
        await db.query("update customers set blocked_reason = $2 where id = $1", [
          id,
          `${Number(blockedReason ?? 0) + 1}`,
        ]);
      }),
    );
    const found = await transaction(many, (db) => lockCustomerByReceipt(db, name, null));
    expect(found.blockedReason).toBe("50");
  });

  it("keeps the latest e-mail address that was given", async () => {
    const name = receipt(`mail-${randomUUID()}`);
    const told = [null, "first@example.com", null, "second@example.com", null];
    const kept: (string | null)[] = [];
    for (const email of told) kept.push((await lockCustomerByReceipt(database.pool, name, email)).email);
    expect(kept).toEqual([
      null,
      "first@example.com",
      "first@example.com",
      "second@example.com",
      "second@example.com",
    ]);
  });
});

it("R10: a receipt with an @, with white space, empty or too long is refused", async () => {
  for (const bad of ["maria@example.com", "a b", "a\n", "", "x".repeat(201)]) {
    const insert = database.pool.query("insert into customers (id, receipt) values (gen_random_uuid(), $1)", [
      bad,
    ]);
    await expectRefusal(insert, "customers_receipt_check");
  }
});

describe("lockCustomerByProviderId", () => {
  it("R14: makes one customer of 50 looks at once", async () => {
    const customers = await parallel(50, () =>
      transaction(many, (db) => lockCustomerByProviderId(db, "stripe", "cus_adopted")),
    );
    expect(new Set(customers.map(({ id }) => id)).size).toBe(1);
    expect(customers[0]).toMatchObject({ receipt: "stripe:cus_adopted", stripeCustomerId: "cus_adopted" });
  });

  it("finds the customer that is known at the provider, whatever its receipt", async () => {
    const id = await newCustomer(database.pool);
    await saveProviderCustomer(database.pool, id, "stripe", "cus_known");
    await expect(lockCustomerByProviderId(database.pool, "stripe", "cus_known")).resolves.toMatchObject({
      id,
    });
  });

  it("R7: goes on where a caller's customer has that name already", async () => {
    const theirs = await lockCustomerByReceipt(database.pool, receipt("stripe:cus_named"), null);
    const adopted = await parallel(10, () =>
      transaction(many, (db) => lockCustomerByProviderId(db, "stripe", "cus_named")),
    );
    const [first] = adopted;
    expect(new Set(adopted.map(({ id }) => id)).size).toBe(1);
    expect(first?.id).not.toBe(theirs.id);
    expect(first?.receipt).toBe(`stripe:cus_named/${first?.id}`);
  });

  it("keeps the providers apart", async () => {
    const stripe = await lockCustomerByProviderId(database.pool, "stripe", "cust_same");
    const razorpay = await lockCustomerByProviderId(database.pool, "razorpay", "cust_same");
    expect(razorpay.id).not.toBe(stripe.id);
    expect(razorpay).toMatchObject({ receipt: "razorpay:cust_same", stripeCustomerId: null });
  });
});

describe("saveProviderCustomer", () => {
  it("keeps the first answer", async () => {
    const id = await newCustomer(database.pool);
    await saveProviderCustomer(database.pool, id, "stripe", "cus_first");
    await saveProviderCustomer(database.pool, id, "stripe", "cus_second");
    await expect(findCustomer(database.pool, id)).resolves.toMatchObject({ stripeCustomerId: "cus_first" });
  });

  it("R7: leaves an id that another customer has with that one, and does not fail", async () => {
    const adopted = await lockCustomerByProviderId(database.pool, "stripe", "cus_taken");
    const id = await newCustomer(database.pool);
    await saveProviderCustomer(database.pool, id, "stripe", "cus_taken");
    await expect(findCustomer(database.pool, id)).resolves.toMatchObject({ stripeCustomerId: null });
    await expect(findCustomer(database.pool, adopted.id)).resolves.toMatchObject({
      stripeCustomerId: "cus_taken",
    });
  });

  it("never takes nothing for an id", async () => {
    const id = await newCustomer(database.pool);
    await expectRefusal(
      saveProviderCustomer(database.pool, id, "stripe", ""),
      "customers_stripe_customer_id_check",
    );
  });
});

describe("replaceProviderCustomer", () => {
  it("R6: puts another in the place of the one that is gone, once", async () => {
    const id = await newCustomer(database.pool);
    await saveProviderCustomer(database.pool, id, "stripe", "cus_gone");
    await replaceProviderCustomer(database.pool, id, "stripe", "cus_gone", "cus_second");
    expect(await stripeIdOf(id)).toBe("cus_second");
    await replaceProviderCustomer(database.pool, id, "stripe", "cus_gone", "cus_third");
    expect(await stripeIdOf(id)).toBe("cus_second");
  });

  it("gives an id to one who has none, and never one that another customer has", async () => {
    const id = await newCustomer(database.pool);
    await replaceProviderCustomer(database.pool, id, "stripe", "cus_of_another", "cus_fresh");
    expect(await stripeIdOf(id)).toBe("cus_fresh");
    const other = await newCustomer(database.pool);
    await replaceProviderCustomer(database.pool, other, "stripe", "cus_gone", "cus_fresh");
    expect([await stripeIdOf(other), await stripeIdOf(id)]).toEqual([null, "cus_fresh"]);
  });
});

describe("saveLiveSubscription", () => {
  it("R9: gives access by a subscription of the customer's own only", async () => {
    const own = await newSubscription(database.pool);
    const others = await newSubscription(database.pool);
    await saveLiveSubscription(database.pool, own.customerId, own.id);
    await expect(lockCustomer(database.pool, own.customerId)).resolves.toMatchObject({
      liveSubscriptionId: own.id,
    });
    await expectRefusal(saveLiveSubscription(database.pool, own.customerId, others.id), "live_is_its_own");
    await saveLiveSubscription(database.pool, own.customerId, null);
    await expect(findCustomer(database.pool, own.customerId)).resolves.toMatchObject({
      liveSubscriptionId: null,
    });
  });
});

it("nobody is there under an unknown id", async () => {
  const { id } = await lockCustomerByReceipt(database.pool, receipt(`gone-${randomUUID()}`), null);
  await database.pool.query("delete from customers where id = $1", [id]);
  await expect(findCustomer(database.pool, id)).resolves.toBeUndefined();
  await expect(lockCustomer(database.pool, id)).resolves.toBeUndefined();
});
