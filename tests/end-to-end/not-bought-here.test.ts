import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { allApplied, control, eventually } from "../setup/customer.ts";
import { DECLINES } from "../setup/customer-acts.ts";
import { stripe } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const Made = z.object({ id: z.string() });

/** A subscription that somebody makes in Stripe's dashboard, for a customer whom we have never seen. */
async function inDashboard(price: string): Promise<{ customer: string; subscription: string }> {
  const customer = Made.parse(
    await stripe(system, "POST", "/v1/customers", {
      email: `${randomUUID()}@example.com`,
      payment_method: "pm_card_visa",
    }),
  ).id;
  await control(system, "POST", `/customers/${customer}/card`, { card: "4242424242424242" });
  const subscription = Made.parse(
    await stripe(system, "POST", "/v1/subscriptions", { customer, "items[0][price]": price }),
  ).id;
  return { customer, subscription };
}

/** Everything is delivered, and applied. */
async function settled(): Promise<void> {
  await control(system, "POST", "/idle");
  await allApplied(system);
}

const rows = async <Row extends object>(statement: string, ...values: string[]): Promise<Row[]> =>
  (await system.database.pool.query<Row>(statement, values)).rows;

test("R14: a subscription of another product is ignored, event after event, and leaves no trace", async () => {
  const { subscription, customer } = await inDashboard("price_other_product");
  await settled();
  await control(system, "POST", "/advance", { months: 1, hours: 2 });
  await settled();

  const about = await rows<{ state: string; reason: string }>(
    `select state, reason from webhook_events where subject->>'subscriptionId' = $1`,
    subscription,
  );
  // Created and paid, renewed and paid: some come in one turn, some in turns of their own.
  expect(about.length).toBeGreaterThanOrEqual(5);
  for (const { state, reason } of about) {
    expect({ state, reason }).toEqual({
      state: "ignored",
      reason: expect.stringContaining("not in catalog: price price_other_product is in no tier"),
    });
  }
  expect(await rows("select from customers where stripe_customer_id = $1", customer)).toEqual([]);
  expect(await rows("select from subscriptions")).toEqual([]);
  expect(await rows("select from timeline")).toEqual([]);
  expect(await rows("select from alerts")).toEqual([]);
  await eventually("nothing goes on for it", async () => {
    const { count } = await system.temporal.workflow.count(
      "WorkflowType = 'subscription' and ExecutionStatus = 'Running'",
    );
    return count === 0;
  });
});

test("R14: one with a price of the catalog is adopted in silence, and lives like ours from then on", async () => {
  const { subscription, customer } = await inDashboard("price_pro_legacy");
  await settled();
  const adopted = await rows<{ id: string; tier: string; status: string; receipt: string }>(
    `select s.id, tier, status, receipt from subscriptions s join customers c on c.id = customer_id
     where stripe_subscription_id = $1`,
    subscription,
  );
  expect(adopted).toEqual([
    { id: expect.any(String), tier: "pro", status: "active", receipt: `stripe:${customer}` },
  ]);
  const id = adopted[0]?.id ?? "";
  expect(await rows("select kind, superseded from alerts where subscription_id = $1", id)).toEqual([
    { kind: "subscription_started", superseded: true },
  ]);
  expect(await rows("select status, amount from payments where subscription_id = $1", id)).toEqual([
    { status: "succeeded", amount: 1_900 },
  ]);

  await control(system, "POST", `/customers/${customer}/card`, { card: DECLINES });
  await control(system, "POST", "/advance", { months: 1, hours: 2 });
  await settled();
  expect(
    await rows("select kind, superseded from alerts where subscription_id = $1 order by at, kind", id),
  ).toEqual([
    { kind: "subscription_started", superseded: true },
    { kind: "customer_payment_failed", superseded: false },
    { kind: "payment_failed", superseded: false },
  ]);
});
