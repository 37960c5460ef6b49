import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { control, createCheckout, reaches } from "../setup/customer.ts";
import { failUpgrade, refund } from "../setup/customer-acts.ts";
import { API_KEY, type System, startSystem } from "../setup/system.ts";
import { appliedTo, type Customer, settledCustomer } from "../workflows/by-hand.ts";

let system: System;
/** Has a failed invoice besides the paid one. */
let customer: Customer;
beforeAll(async () => {
  system = await startSystem();
  customer = await settledCustomer(system);
  await refund(system, customer.providerId, 500);
  await failUpgrade(system, customer.providerId);
  await reaches(system, customer.id, "past_due");
  await appliedTo(system, customer.id);
  // None of it needs more than Postgres and the provider.
  await system.stopWorker();
});
afterAll(() => system.stop());

async function ask(method: "GET" | "POST", path: string, body?: object) {
  const answer = await fetch(`${system.apiUrl}/api/billing/${path}`, {
    method,
    // "Within 5 s" is what callers are promised, whatever is away.
    signal: AbortSignal.timeout(5_000),
    headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { status, headers } = answer;
  return { status, headers, body: (await answer.json()) as Readonly<Record<string, unknown>> };
}
const of = (id: string) => `subscriptions/${id}`;

describe("invoices", () => {
  it("are the provider's, newest first, page by page, with their pages for people", async () => {
    const first = await ask("GET", `${of(customer.id)}/invoices?limit=1`);
    expect(first).toMatchObject({
      status: 200,
      body: {
        invoices: [
          {
            invoice_status: "open",
            amount_due: expect.any(Number),
            amount_paid: 0,
            number: expect.any(String),
            hosted_invoice_url: expect.stringContaining("http"),
          },
        ],
        next_after: expect.any(String),
      },
    });
    const rest = await ask("GET", `${of(customer.id)}/invoices?after=${String(first.body["next_after"])}`);
    expect(rest.body).toMatchObject({
      invoices: [{ invoice_status: "paid", total: 2_900, amount_remaining: 0, currency: "usd" }],
      next_after: null,
    });
    expect(await ask("GET", `${of(customer.id)}/invoices?after=in_nobody`)).toMatchObject({
      status: 404,
      body: { error: "unknown_at_provider" },
    });
  });
});

describe("payments", () => {
  it("are ours, with what was given back", async () => {
    expect(await ask("GET", `${of(customer.id)}/payments`)).toMatchObject({
      status: 200,
      body: {
        payments: expect.arrayContaining([
          expect.objectContaining({ status: "succeeded", amount: 2_900 }),
          expect.objectContaining({ status: "failed", failed_attempts: 1 }),
        ]),
        refunds: [{ amount: 500, currency: "usd", status: "succeeded" }],
        disputes: [],
      },
    });
    expect(await ask("GET", `${of(randomUUID())}/payments`)).toMatchObject({ status: 404 });
  });
});

describe("portal", () => {
  it.each([
    ["of a subscription", () => `${of(customer.id)}/portal`],
    ["of a customer", () => `customers/${customer.receipt}/portal`],
  ])("%s: a link to the provider's pages that opens, and is kept nowhere", async (_what, path) => {
    const asked = { return_url: "https://shop.example/account", flow: "payment_method_update" };
    const { status, headers, body } = await ask("POST", path(), asked);
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    const page = await fetch(String(body["url"]));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("https://shop.example/account");
    // R10
    expect(system.lines.join("")).not.toContain(String(body["url"]));
  });

  it("goes back to us where the caller does not say where", async () => {
    const { body } = await ask("POST", `${of(customer.id)}/portal`, {});
    expect(await (await fetch(String(body["url"]))).text()).toContain(system.apiUrl);
  });

  it("is of those whom the provider knows", async () => {
    expect(await ask("POST", "customers/nobody/portal", {})).toMatchObject({
      status: 404,
      body: { error: "unknown_customer" },
    });
    expect(
      await ask("POST", `customers/${customer.receipt}/portal`, { flow: "subscription_cancel" }),
    ).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("is of one subscription") },
    });
  });
});

describe("preview", () => {
  it("refuses what the command would refuse", async () => {
    expect(await ask("GET", `${of(customer.id)}/preview?tier=scale`)).toMatchObject({
      status: 409,
      body: { error: "not_allowed", allowed: expect.arrayContaining(["retry-payment"]) },
    });
  });

  it("is of a subscription that has begun", async () => {
    await system.startWorker();
    const { body } = await createCheckout(system, { receipt: randomUUID(), tier: "pro" });
    await system.stopWorker();
    for (const path of ["preview?tier=scale", "invoices"]) {
      expect(await ask("GET", `${of(String(body["subscription_id"]))}/${path}`)).toMatchObject({
        status: 409,
        body: { error: "no_subscription" },
      });
      expect(await ask("GET", `${of(randomUUID())}/${path}`)).toMatchObject({
        status: 404,
        body: { error: "unknown_subscription" },
      });
    }
  });
});

describe("while the provider is away", () => {
  it.each(["503", "slow"])("answers 503 within 5 s, to be repeated: %s", async (kind) => {
    await control(system, "POST", "/knobs", {
      errors: [{ match: { path: "/v1/invoices" }, kind, ...(kind === "slow" ? { delay_ms: 20_000 } : {}) }],
    });
    const { status, headers, body } = await ask("GET", `${of(customer.id)}/invoices`);
    expect([status, headers.get("retry-after"), body["error"]]).toEqual([503, "2", "provider_unavailable"]);
    await control(system, "POST", "/knobs/reset");
    expect(await ask("GET", `${of(customer.id)}/invoices`)).toMatchObject({ status: 200 });
  });

  it("says 502 of what it refuses", async () => {
    await control(system, "POST", "/knobs", {
      errors: [{ match: { path: "/v1/billing_portal" }, kind: "401" }],
    });
    expect(await ask("POST", `${of(customer.id)}/portal`, {})).toMatchObject({
      status: 502,
      body: { error: "provider_refused" },
    });
    await control(system, "POST", "/knobs/reset");
  });
});
