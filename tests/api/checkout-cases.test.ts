import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { CatalogBody } from "../../store/catalogs.ts";
import { publishCatalog } from "../../store/catalogs.ts";
import { findCheckoutOf } from "../../store/checkouts.ts";
import { findCustomer } from "../../store/customers.ts";
import { transaction } from "../../store/pool.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import { control, createCheckout, reaches, subscribe } from "../setup/customer.ts";
import { openPage, payAt } from "../setup/customer-acts.ts";
import { TEST_CATALOG } from "../setup/database.ts";
import { requestsOf, stripe } from "../setup/sandbox-account.ts";
import { API_KEY, type System, startSystem } from "../setup/system.ts";
import { handleOf } from "../workflows/history.ts";
import { commandsOf } from "./give.ts";
import { customersAtProvider, sessionsOf } from "./sandbox-books.ts";

let system: System;
let give: ReturnType<typeof commandsOf>["give"];
beforeAll(async () => {
  system = await startSystem();
  ({ give } = commandsOf(system));
});
afterAll(() => system.stop());

async function read(path: string, key = API_KEY) {
  const answer = await fetch(`${system.apiUrl}/api/billing/${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return { code: answer.status, body: z.record(z.string(), z.unknown()).parse(await answer.json()) };
}

const publish = (body: CatalogBody): Promise<number> =>
  transaction(system.database.pool, (db) => publishCatalog(db, body, randomUUID()));

/** The parameters of the sessions that were asked for, the last one last. */
const sessionsAskedFor = async (): Promise<readonly unknown[]> =>
  (await requestsOf(system))
    .filter(({ method, path }) => method === "POST" && path === "/v1/checkout/sessions")
    .map(({ params }) => params);

describe("an abandoned checkout", () => {
  it("closes its workflow, is revived by a late payment, and counts in the funnel", async () => {
    const abandoned = await openPage(system, "abandons");
    const revived = await openPage(system, "comes-back");
    await control(system, "POST", "/advance", { hours: 25 });
    for (const { id } of [abandoned, revived]) {
      expect(await handleOf(system, id).result()).toMatchObject({
        why: "The checkout is expired",
        nextDeadline: null,
      });
    }

    const { rows } = await system.database.pool.query<{ stripe_customer_id: string }>(
      "select stripe_customer_id from customers where receipt = 'comes-back'",
    );
    const customer = rows[0]?.stripe_customer_id ?? "";
    await control(system, "POST", `/customers/${customer}/card`, { card: "4242424242424242" });
    await stripe(system, "POST", "/v1/subscriptions", {
      customer,
      "items[0][price]": "price_pro_monthly",
      "metadata[perennial_subscription]": revived.id,
    });
    const { customerId } = await reaches(system, revived.id, "active");
    expect(await findCheckoutOf(system.database.pool, revived.id)).toMatchObject({
      checkout: { state: "complete" },
      customerId,
    });
    expect((await read("customers/comes-back")).body).toMatchObject({ access: true, tier: "pro" });
    expect((await handleOf(system, revived.id).describe()).status.name).toBe("RUNNING");

    const { code, body } = await read("checkouts/funnel");
    expect([code, body]).toEqual([
      200,
      {
        status: "ok",
        from: null,
        to: null,
        funnel: [
          {
            month: expect.stringMatching(/^\d{4}-\d\d$/),
            provider: "stripe",
            tier: "pro",
            interval: "month",
            started: 2,
            open: 0,
            completed: 1,
            expired: 1,
            replaced: 0,
            refused: 0,
            revived: 1,
          },
        ],
      },
    ]);
    expect((await read("checkouts/funnel?from=2001-01&to=2001-12")).body["funnel"]).toEqual([]);
  });

  it("is counted for the API key only, and for months", async () => {
    expect((await read("checkouts/funnel", "another-key-0000")).code).toBe(401);
    for (const query of ["from=2026", "to=2026-13", "from=0000-01", "to="]) {
      expect((await read(`checkouts/funnel?${query}`)).body).toMatchObject({
        code: 400,
        error: "invalid_request",
        message: expect.stringContaining("expected a month"),
      });
    }
  });
});

describe("what the catalog offers at checkout", () => {
  const offering: CatalogBody = {
    ...TEST_CATALOG.body,
    tiers: TEST_CATALOG.body.tiers.map((tier) => (tier.name === "pro" ? { ...tier, trialDays: 14 } : tier)),
    checkout: { promotionCodes: true, automaticTax: true },
  };

  it("R6: is decided with the checkout and stored, so that a repetition asks for the same page", async () => {
    await publish(offering);
    const wish = { receipt: "tries", tier: "pro" };
    const { body } = await createCheckout(system, wish, "tries-1");
    expect(body).toMatchObject({ status: "ok", trial_days: 14 });
    expect((await sessionsAskedFor()).at(-1)).toMatchObject({
      allow_promotion_codes: "true",
      automatic_tax: { enabled: "true" },
      customer_update: { address: "auto" },
      payment_method_collection: "always",
      subscription_data: {
        trial_period_days: "14",
        trial_settings: { end_behavior: { missing_payment_method: "cancel" } },
      },
    });
    const life = await read(`subscriptions/${String(body["subscription_id"])}`);
    expect(life.body["checkout"]).toMatchObject({ state: "open", trial_days: 14 });

    await publish(TEST_CATALOG.body);
    expect((await createCheckout(system, wish, "tries-1")).body).toEqual(body);
    const other = await createCheckout(system, wish);
    expect(other.body).toMatchObject({ trial_days: 0 });
    expect(other.body["checkout_url"]).not.toBe(body["checkout_url"]);
    expect((await sessionsOf(system, "tries")).map(({ status }) => status)).toEqual(["expired", "open"]);
    const plain = (await sessionsAskedFor()).at(-1);
    for (const more of ["allow_promotion_codes", "automatic_tax", "subscription_data.trial_period_days"]) {
      expect(plain).not.toHaveProperty(more);
    }
  });

  it("a trial is for a first subscription: it runs, and there is no second one", async () => {
    await publish(offering);
    const { id, session } = await openPage(system, "tries-once");
    await payAt(system, session);
    const { subscription } = await reaches(system, id, "trialing");
    expect(subscription).toMatchObject({ trialEnd: subscription.startedAt + 14 * 86_400_000 });
    expect((await read("customers/tries-once")).body).toMatchObject({ access: true, tier: "pro" });
    await give(id, "cancel", {});
    const { body } = await createCheckout(system, { receipt: "tries-once", tier: "pro" });
    expect(body).toMatchObject({ status: "ok", trial_days: 0 });
    await publish(TEST_CATALOG.body);
  });
});

describe("a customer whom somebody has deleted at the provider", () => {
  it("R6: is made anew, once, and buys again", async () => {
    const { id, receipt, row } = await subscribe(system);
    const gone = row.subscription.terms.providerCustomerId;
    await stripe(system, "DELETE", `/v1/customers/${gone}`);
    await reaches(system, id, "canceled");
    const before = await customersAtProvider(system);
    const page = await openPage(system, receipt);
    await payAt(system, page.session);
    const again = await reaches(system, page.id, "active");
    const made = again.subscription.terms.providerCustomerId;
    expect(made).not.toBe(gone);
    expect(await findCustomer(system.database.pool, again.customerId)).toMatchObject({
      stripeCustomerId: made,
    });
    expect(await customersAtProvider(system)).toBe(before + 1);
    await give(page.id, "cancel", {});
    const third = await openPage(system, receipt);
    await payAt(system, third.session);
    const last = await reaches(system, third.id, "active");
    expect(last.subscription.terms.providerCustomerId).toBe(made);
  });

  it("R4: is made anew only when what ran for it is known to have ended, told by no event", async () => {
    const { id, receipt, row } = await subscribe(system);
    await control(system, "POST", "/knobs", { delivery: { hold: true } });
    try {
      await stripe(system, "DELETE", `/v1/customers/${row.subscription.terms.providerCustomerId}`);
      await openPage(system, receipt, "scale");
      const known = await findSubscription(system.database.pool, id);
      expect(known?.subscription.status).toBe("canceled");
      expect(await sessionsOf(system, receipt)).toMatchObject([{ status: "complete" }, { status: "open" }]);
    } finally {
      await control(system, "POST", "/knobs/reset");
      await control(system, "POST", "/deliveries/release");
    }
  });
});

it("402 to whoever would pay twice once a paused subscription goes on: resume it, or cancel it", async () => {
  const { id, receipt } = await subscribe(system);
  await give(id, "pause", {});
  const refused = await createCheckout(system, { receipt, tier: "pro" });
  expect([refused.status, refused.body]).toEqual([
    402,
    expect.objectContaining({
      error: "subscription_paused",
      reason: "subscription_paused",
      instead: "Resume it (resume), or cancel it first, then buy pro",
      subscription_id: id,
    }),
  ]);
  await give(id, "cancel", {});
  expect((await createCheckout(system, { receipt, tier: "pro" })).status).toBe(200);
});

it("the latest e-mail address is ours to write to; the provider keeps its own", async () => {
  const wish = { receipt: "moves", tier: "pro" };
  await createCheckout(system, { ...wish, email: "old@example.com" });
  await createCheckout(system, { ...wish, email: "new@example.com" });
  const { rows } = await system.database.pool.query<{ email: string; at_provider: string }>(
    "select email, stripe_customer_id as at_provider from customers where receipt = 'moves'",
  );
  expect(rows[0]?.email).toBe("new@example.com");
  const known = await stripe(system, "GET", `/v1/customers/${rows[0]?.at_provider ?? ""}`);
  expect(known).toMatchObject({ email: "old@example.com" });
});
