import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

async function settled(): Promise<void> {
  await control(system, "POST", "/idle");
  await allApplied(system);
}

/** What a customer has here: tiers with their states, the one that gives access first. */
const held = (receipt: string) =>
  rows<{ tier: string; status: string; live: boolean }>(
    `select s.tier, s.status, s.id = c.live_subscription_id as live
     from subscriptions s join customers c on c.id = s.customer_id where receipt = $1 order by live desc, s.id`,
    receipt,
  );

/** What has gone back, once something has. */
const refundsOf = (id: string) =>
  eventually("a payment has gone back", async () => {
    const refunds = await rows<{ amount: number }>(
      "select amount from refunds where subscription_id = $1",
      id,
    );
    return refunds.length > 0 && refunds;
  });

const alertsOf = async (kind: string, id: string): Promise<number> =>
  (await rows("select from alerts where kind = $1 and subscription_id = $2", kind, id)).length;

test("R9: who has Pro and buys Scale has two: Pro is ended by its own workflow, what is left of it is credited", async () => {
  const pro = await subscribe(system);
  await control(system, "POST", "/advance", { days: 10 });
  const { id: scale, session } = await openPage(system, pro.receipt, "scale");
  await payAt(system, session);
  await reaches(system, scale, "active");
  const { subscription } = await reaches(system, pro.id, "canceled");
  await settled();
  expect(await held(pro.receipt)).toEqual([
    { tier: "scale", status: "active", live: true },
    { tier: "pro", status: "canceled", live: false },
  ]);
  expect(await alertsOf("duplicate_subscription", pro.id)).toBe(1);
  expect(await rows("select from refunds where subscription_id = $1", pro.id)).toEqual([]);
  const { balance } = z
    .object({ balance: z.number() })
    .parse(await stripe(system, "GET", `/v1/customers/${subscription.terms.providerCustomerId}`));
  // About two thirds of 29 USD, for the next invoice of Scale.
  expect(balance).toBeLessThan(-1_800);
  expect(balance).toBeGreaterThan(-2_100);
});

test("R9: who buys two at once has the one of them back: cancelled, and its payment refunded", async () => {
  const pro = await subscribe(system);
  const { id: scale, session } = await openPage(system, pro.receipt, "scale");
  await payAt(system, session);
  await reaches(system, scale, "active");
  await reaches(system, pro.id, "canceled");
  await settled();
  expect(await refundsOf(pro.id)).toEqual([{ amount: 2_900 }]);
});

describe.each([{ order: "in_order" }, { order: "reversed" }])(
  "R9: our checkout and the dashboard, heard of in the order $order",
  ({ order }) => {
    /** Sells Pro twice to one customer, and lets nobody know until both are sold. */
    async function sold(first: "ours" | "theirs") {
      const receipt = `customer-${randomUUID()}`;
      const { id, session } = await openPage(system, receipt);
      const [row] = await rows<{ customer: string }>(
        "select stripe_customer_id as customer from customers where receipt = $1",
        receipt,
      );
      const customer = row?.customer ?? "";
      await control(system, "POST", `/customers/${customer}/card`, { card: "4242424242424242" });
      await control(system, "POST", "/knobs", { delivery: { hold: true } });
      const dashboard = async (): Promise<void> => {
        await stripe(system, "POST", "/v1/subscriptions", {
          customer,
          "items[0][price]": "price_pro_monthly",
        });
      };
      if (first === "theirs") await dashboard();
      else await payAt(system, session);
      // Stripe tells in whole seconds which one began first.
      await control(system, "POST", "/advance", { seconds: 2 });
      if (first === "theirs") await payAt(system, session);
      else await dashboard();
      await control(system, "POST", "/knobs", { delivery: { hold: false } });
      await control(system, "POST", "/deliveries/release", { order });
      await settled();
      return { id, receipt };
    }

    test("ours came second: it is cancelled and refunded, theirs gives access", async () => {
      const { id, receipt } = await sold("theirs");
      await reaches(system, id, "canceled");
      expect(await refundsOf(id)).toEqual([{ amount: 2_900 }]);
      expect(await held(receipt)).toEqual([
        { tier: "pro", status: "active", live: true },
        { tier: "pro", status: "canceled", live: false },
      ]);
    });

    test("theirs came second: it is marked and told of, and nobody ends it", async () => {
      const { id, receipt } = await sold("ours");
      expect(await held(receipt)).toEqual([
        { tier: "pro", status: "active", live: true },
        { tier: "pro", status: "active", live: false },
      ]);
      const doubled = await rows<{ id: string }>("select id from subscriptions where duplicate_of = $1", id);
      expect(doubled.length).toBe(1);
      expect(await alertsOf("duplicate_subscription", doubled[0]?.id ?? "")).toBe(1);
      expect(
        await rows(
          `select from provider_calls where subscription_id in ($1, $2) and operation ->> 'name' = 'end_duplicate'`,
          id,
          doubled[0]?.id ?? id,
        ),
      ).toEqual([]);
    });
  },
);

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
