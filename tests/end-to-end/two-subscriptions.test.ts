import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { allApplied, control, createCheckout, eventually, reaches, subscribe } from "../setup/customer.ts";
import { openPage, payAt } from "../setup/customer-acts.ts";
import { stripe } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const rows = async <Row extends object>(statement: string, ...values: string[]): Promise<Row[]> =>
  (await system.database.pool.query<Row>(statement, values)).rows;

test("R9: who has Pro and buys Scale has two: the higher gives access, the other is marked and told of at once", async () => {
  const pro = await subscribe(system);
  const { id: scale, session } = await openPage(system, pro.receipt, "scale");
  await payAt(system, session);
  await reaches(system, scale, "active");
  await eventually("Pro knows that it is doubled", async () => {
    const [row] = await rows<{ duplicate_of: string | null }>(
      "select duplicate_of from subscriptions where id = $1",
      pro.id,
    );
    return row?.duplicate_of === scale;
  });
  expect(await rows("select live_subscription_id from customers where receipt = $1", pro.receipt)).toEqual([
    { live_subscription_id: scale },
  ]);
  expect(await rows("select subscription_id from alerts where kind = 'duplicate_subscription'")).toEqual([
    { subscription_id: pro.id },
  ]);
});

test("R9, R14: what is sold in the dashboard to a customer whose checkout is open is that customer's", async () => {
  const receipt = `customer-${randomUUID()}`;
  const { status } = await createCheckout(system, { receipt, tier: "pro" });
  expect(status).toBe(200);
  const [customer] = await rows<{ stripe_customer_id: string }>(
    "select stripe_customer_id from customers where receipt = $1",
    receipt,
  );
  const known = z.object({ stripe_customer_id: z.string() }).parse(customer).stripe_customer_id;
  await control(system, "POST", `/customers/${known}/card`, { card: "4242424242424242" });
  await stripe(system, "POST", "/v1/subscriptions", {
    customer: known,
    "items[0][price]": "price_pro_monthly",
  });
  await control(system, "POST", "/idle");
  await allApplied(system);
  expect(
    await rows(
      "select c.receipt, s.status from subscriptions s join customers c on c.id = s.customer_id where s.stripe_customer_id = $1",
      known,
    ),
  ).toEqual([{ receipt, status: "active" }]);
  expect((await createCheckout(system, { receipt, tier: "pro" })).body).toMatchObject({
    error: "tier_already_held",
  });
});
