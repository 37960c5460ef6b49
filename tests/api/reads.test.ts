import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { DAY } from "../../domain/time.ts";
import { saveDispute } from "../../store/disputes.ts";
import { allApplied, createCheckout, eventually, reaches, subscribe } from "../setup/customer.ts";
import { failUpgrade, openPage, payOpenInvoices, refund } from "../setup/customer-acts.ts";
import { API_KEY, type System, startSystem } from "../setup/system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const Answer = z.looseObject({ status: z.string() });
const Page = z.object({
  entries: z.array(z.looseObject({ subscription_id: z.string(), version: z.number(), at: z.string() })),
  next_after: z.union([z.string(), z.number(), z.null()]),
});

async function get(path: string, key = API_KEY) {
  const answer = await fetch(`${system.apiUrl}/api/billing/${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return { code: answer.status, body: Answer.parse(await answer.json()) };
}

/** All pages of a timeline, one after the other. */
async function pages(path: string, limit: number) {
  const entries: z.infer<typeof Page>["entries"] = [];
  let after: string | number | null = null;
  do {
    const place = after === null ? "" : `&after=${after}`;
    const page = Page.parse((await get(`${path}/timeline?limit=${limit}${place}`)).body);
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    entries.push(...page.entries);
    after = page.next_after;
  } while (after !== null);
  return entries;
}

const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe("GET /api/billing/subscriptions/:id", () => {
  it("says state, access, money, why, the next deadline and how fresh it is", async () => {
    const { id, receipt, row } = await subscribe(system);
    const provider = row.subscription.terms.providerSubscriptionId;
    const given = await refund(system, provider, 500);
    await eventually("the refund is recorded", async () => {
      const { rowCount } = await system.database.pool.query("select from refunds where id = $1", [given]);
      return rowCount === 1;
    });
    await allApplied(system);
    await saveDispute(system.database.pool, "stripe", id, {
      id: `dp_${id}`,
      paymentId: "pi_1",
      status: "open",
      disputed: { amount: 2_400, currency: "usd" },
      createdAt: Date.now(),
      answerBy: null,
    });
    const { code, body } = await get(`subscriptions/${id}`);
    expect(code).toBe(200);
    expect(body).toMatchObject({
      status: "ok",
      subscription_id: id,
      receipt,
      subscription_status: "active",
      why: expect.stringContaining("active"),
      access: true,
      is_live: true,
      duplicate_of: null,
      needs_attention: null,
      next_deadline: ISO,
      subscription: {
        provider: "stripe",
        provider_subscription_id: provider,
        tier: "pro",
        amount: 2_900,
        currency: "usd",
        current_period_end: new Date(row.subscription.period.end).toISOString(),
        grace_until: null,
        ended_at: null,
      },
      checkout: { state: "complete", checkout_url: null },
      payments: [{ status: "succeeded", amount: 2_900, currency: "usd", failed_attempts: 0, paid_at: ISO }],
      refunds: [{ status: "succeeded", amount: 500, currency: "usd", refunded_at: ISO }],
      disputes: [
        { id: `dp_${id}`, status: "open", amount: 2_400, taken: 2_400, currency: "usd", disputed_at: ISO },
      ],
      freshness: { updated_at: ISO, waiting_events: 0, parked_events: 0 },
      as_of: ISO,
    });
    expect(JSON.stringify(body)).not.toContain("someone@example.com");
  });

  it("R12: a failed payment shows the end of the grace, and access until then by the clock", async () => {
    const { id, row } = await subscribe(system);
    const provider = row.subscription.terms.providerSubscriptionId;
    await failUpgrade(system, provider);
    const late = await reaches(system, id, "past_due");
    if (late.subscription.status !== "past_due") throw new Error("not past due");
    expect((await get(`subscriptions/${id}`)).body).toMatchObject({
      subscription_status: "past_due",
      access: true,
      subscription: { grace_until: new Date(late.subscription.graceUntil).toISOString() },
      payments: expect.arrayContaining([expect.objectContaining({ status: "failed", paid_at: null })]),
    });
    await payOpenInvoices(system, provider);
    await reaches(system, id, "active");
  });

  it("a checkout that nobody has paid is a life without a subscription", async () => {
    const { id, checkout } = await openPage(system, "only-looking");
    expect((await get(`subscriptions/${id}`)).body).toMatchObject({
      subscription_status: null,
      subscription: null,
      access: false,
      checkout: { checkout_id: checkout, state: "open", checkout_url: expect.stringContaining("http") },
      payments: [],
      next_deadline: ISO,
    });
  });

  it("answers while Temporal and the worker are away, and says which events wait", async () => {
    const { id } = await subscribe(system);
    await allApplied(system);
    await system.stopWorker();
    try {
      const { rows } = await system.database.pool.query<{ id: string }>(
        `insert into webhook_events (provider, id, type, payload, subscription_id)
         values ('stripe', 'evt_' || $1, 'invoice.paid', '{}', $2) returning id`,
        [randomUUID(), id],
      );
      const { code, body } = await get(`subscriptions/${id}`);
      expect([code, body["freshness"]]).toEqual([200, expect.objectContaining({ waiting_events: 1 })]);
      await system.database.pool.query("delete from webhook_events where id = $1", [rows[0]?.id]);
    } finally {
      await system.startWorker();
    }
  });

  it.each([randomUUID(), "sub_1", "%00", "x".repeat(300)])("answers 404 to %s", async (id) => {
    for (const path of [`subscriptions/${id}`, `subscriptions/${id}/timeline`]) {
      const { code, body } = await get(path);
      expect([code, body["error"]]).toEqual([404, "unknown_subscription"]);
    }
  });

  it("needs the API key", async () => {
    for (const path of [
      "subscriptions/x",
      "subscriptions/x/timeline",
      "customers/x",
      "customers/x/timeline",
    ]) {
      const { code, body } = await get(path, "another-key-0000000");
      expect([code, body["error"]]).toEqual([401, "unauthorized"]);
    }
  });
});

describe("GET …/timeline", () => {
  it("tells the life page by page: who woke it, from what to what, and why; never what it was decided from", async () => {
    const { id } = await subscribe(system);
    await system.gateway.command(id, "cancel", randomUUID(), { by: "zoe", why: "a test" }, 10_000);
    await reaches(system, id, "canceled");
    await allApplied(system);
    const entries = await pages(`subscriptions/${id}`, 2);
    expect(entries.map(({ version }) => version)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.length).toBeGreaterThan(3);
    expect(entries).toContainEqual(expect.objectContaining({ from: null, to: "active" }));
    expect(entries).toContainEqual(
      expect.objectContaining({
        to: "canceled",
        at: ISO,
        woken_by: expect.any(String),
        catalog_version: 1,
        code_version: expect.any(String),
      }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        commands: [
          expect.objectContaining({ id: expect.any(String), kind: "cancel", asked_by: "zoe", why: "a test" }),
        ],
      }),
    );
    for (const entry of entries) {
      expect(Object.keys(entry)).not.toEqual(expect.arrayContaining(["inputs"]));
      expect(Object.keys(entry)).not.toEqual(expect.arrayContaining(["decision"]));
    }
  });

  it.each(["limit=0", "limit=201", "limit=x", "after=x", "after=-1"])("answers 400 to %s", async (query) => {
    const { id, receipt } = await openPage(system, `asks-${query.replace("=", "-")}`).then((page) => ({
      ...page,
      receipt: `asks-${query.replace("=", "-")}`,
    }));
    for (const path of [`subscriptions/${id}`, `customers/${receipt}`]) {
      const { code, body } = await get(`${path}/timeline?${query}`);
      expect([code, body["error"]]).toEqual([400, "invalid_request"]);
    }
  });
});

describe("GET /api/billing/customers/:receipt", () => {
  it("R9: shows every subscription of the customer, and which one gives access", async () => {
    const first = await subscribe(system, { receipt: "buys-twice" });
    await system.gateway.command(first.id, "cancel", randomUUID(), { by: "tests" }, 10_000);
    await reaches(system, first.id, "canceled");
    const second = await subscribe(system, { receipt: "buys-twice", tier: "scale" });
    const { code, body } = await get("customers/buys-twice");
    expect(code).toBe(200);
    expect(body).toMatchObject({
      receipt: "buys-twice",
      access: true,
      tier: "scale",
      live_subscription_id: second.id,
      open_checkout: null,
    });
    expect(body["subscriptions"]).toHaveLength(2);
    expect(body["subscriptions"]).toContainEqual(
      expect.objectContaining({ subscription_id: first.id, subscription_status: "canceled", access: false }),
    );
    expect(body["subscriptions"]).toContainEqual(
      expect.objectContaining({ subscription_id: second.id, access: true, is_live: true }),
    );
    expect(JSON.stringify(body)).not.toContain("someone@example.com");
    await allApplied(system);
    const entries = await pages("customers/buys-twice", 3);
    expect(new Set(entries.map((entry) => entry.subscription_id))).toEqual(new Set([first.id, second.id]));
    expect(new Set(entries.map((entry) => `${entry.subscription_id} ${entry.version}`)).size).toBe(
      entries.length,
    );
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).toSorted());
  });

  it("shows the open checkout of one who has bought nothing yet", async () => {
    const { checkout } = await openPage(system, "nothing-yet", "scale");
    expect((await get("customers/nothing-yet")).body).toMatchObject({
      access: false,
      tier: null,
      live_subscription_id: null,
      open_checkout: { checkout_id: checkout, tier: "scale", checkout_url: expect.any(String) },
    });
  });

  it("R11: the grace that has passed ends access by the clock, before any turn", async () => {
    const { id, receipt, row } = await subscribe(system);
    await failUpgrade(system, row.subscription.terms.providerSubscriptionId);
    await reaches(system, id, "past_due");
    await allApplied(system);
    const move = (days: number) =>
      system.database.pool.query("update clock set offset_ms = offset_ms + $1", [days * DAY]);
    // Nobody is told that the clock has moved, so no turn sees it.
    await move(15);
    try {
      const { body } = await get(`customers/${receipt}`);
      expect([body["access"], body["live_subscription_id"]]).toEqual([false, null]);
    } finally {
      await move(-15);
    }
    expect((await get(`customers/${receipt}`)).body["access"]).toBe(true);
  });

  it.each(["nobody", "no%20body", "a%40b.c", "%00", "x".repeat(300)])("answers 404 to %s", async (name) => {
    for (const path of [`customers/${name}`, `customers/${name}/timeline`]) {
      const { code, body } = await get(path);
      expect([code, body["error"]]).toEqual([404, "unknown_customer"]);
    }
  });

  it("a page after a place that no page has named is refused", async () => {
    await createCheckout(system, { receipt: "misplaced", tier: "pro" });
    const { code } = await get("customers/misplaced/timeline?after=1:x:2");
    expect(code).toBe(400);
  });
});
