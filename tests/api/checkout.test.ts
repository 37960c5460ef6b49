import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publishCatalog } from "../../store/catalogs.ts";
import { transaction } from "../../store/pool.ts";
import { control, createCheckout, eventually, subscribe } from "../setup/customer.ts";
import { TEST_CATALOG } from "../setup/database.ts";
import { type System, startSystem } from "../setup/system.ts";
import { anotherApi } from "./another-api.ts";
import { askedOfProvider, sessionsOf } from "./sandbox-books.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ env: { STRIPE_PUBLISHABLE_KEY: "pk_test_tests" } });
});
afterAll(() => system.stop());

const rowsOf = async (receipt: string) => {
  const { rows } = await system.database.pool.query<{ email: string | null; tier: string; state: string }>(
    `select email, tier, state from checkouts c join customers on customers.id = c.customer_id
     where receipt = $1 order by c.created_at`,
    [receipt],
  );
  return rows;
};
const customersNamed = async (receipt: string): Promise<number | null> =>
  (await system.database.pool.query("select from customers where receipt = $1", [receipt])).rowCount;

it("a page that asks an old price, or has expired, is not offered again", async () => {
  const wish = { receipt: "slow", tier: "pro" };
  const first = await createCheckout(system, wish);
  await control(system, "POST", "/advance", { hours: 25 });
  const second = await createCheckout(system, wish);
  expect([second.status, second.body["checkout_url"] === first.body["checkout_url"]]).toEqual([200, false]);
  await eventually("the old session has expired", async () =>
    (await sessionsOf(system, "slow")).some(({ status }) => status === "expired"),
  );

  const tiers = TEST_CATALOG.body.tiers.map((tier) =>
    tier.name === "pro"
      ? { ...tier, current: [{ provider: "stripe", interval: "month", id: "price_scale_monthly" } as const] }
      : tier,
  );
  const publish = (body: typeof TEST_CATALOG.body, name: string): Promise<number> =>
    transaction(system.database.pool, (db) => publishCatalog(db, body, name));
  await publish({ ...TEST_CATALOG.body, tiers }, "other price");
  const third = await createCheckout(system, wish);
  expect([third.status, third.body["checkout_url"] === second.body["checkout_url"]]).toEqual([200, false]);
  expect((await sessionsOf(system, "slow")).filter(({ status }) => status === "open")).toHaveLength(1);
  await publish(TEST_CATALOG.body, "the price as it was");
});

describe("a checkout", () => {
  it("of an unknown receipt creates the customer, stores the e-mail address and answers the provider's page", async () => {
    const { status, body } = await createCheckout(system, {
      receipt: "new",
      tier: "pro",
      email: "ada@example.com",
      quantity: 3,
    });
    expect([status, body]).toEqual([
      200,
      {
        status: "ok",
        checkout_url: expect.stringContaining(`${system.sandbox.url}/c/pay/cs_test_`),
        checkout_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        subscription_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
        trial_days: 0,
        publishable_key: "pk_test_tests",
      },
    ]);
    expect(await rowsOf("new")).toEqual([{ email: "ada@example.com", tier: "pro", state: "open" }]);
    expect(await sessionsOf(system, "new")).toMatchObject([
      { status: "open", client_reference_id: body["checkout_id"] },
    ]);
  });

  it("takes an e-mail address that comes with a later request", async () => {
    const first = await createCheckout(system, { receipt: "late-mail", tier: "pro" });
    expect(await rowsOf("late-mail")).toMatchObject([{ email: null }]);
    const second = await createCheckout(system, {
      receipt: "late-mail",
      tier: "pro",
      email: "bob@example.com",
    });
    expect(second.body["checkout_url"]).toBe(first.body["checkout_url"]);
    expect(await rowsOf("late-mail")).toMatchObject([{ email: "bob@example.com" }]);
  });

  it("R10: is refused to a receipt that looks like an e-mail address, which is kept nowhere", async () => {
    const { status, body } = await createCheckout(system, { receipt: "eve@example.com", tier: "pro" });
    expect([status, body["error"]]).toEqual([400, "receipt_is_personal"]);
    expect(JSON.stringify(body) + system.lines.join("")).not.toContain("eve@");
  });

  it.each([
    ["starter", "month", "tier_not_sold"],
    ["gold", "month", "unknown_tier"],
  ])(
    "of %s is refused with the tiers that are sold, and leaves no customer behind",
    async (tier, interval, error) => {
      const receipt = `wants-${tier}`;
      const { status, body } = await createCheckout(system, { receipt, tier, interval });
      expect([status, body["error"], body["tiers"]]).toEqual([400, error, ["pro", "scale"]]);
      expect(body["message"]).toContain("pro, scale");
      expect(await customersNamed(receipt)).toBe(0);
    },
  );

  it("by the year is refused with the intervals that are sold", async () => {
    const { status, body } = await createCheckout(system, {
      receipt: "yearly",
      tier: "pro",
      interval: "year",
    });
    expect([status, body["error"], body["intervals"]]).toEqual([400, "interval_not_sold", ["month"]]);
  });
});

describe("an Idempotency-Key", () => {
  it("gives the same answer again, and opens one session", async () => {
    const wish = { receipt: "again", tier: "pro" };
    const first = await createCheckout(system, wish, "again-1");
    const second = await createCheckout(system, { tier: "pro", receipt: "again", quantity: 1 }, "again-1");
    expect(JSON.stringify(second.body)).toBe(JSON.stringify(first.body));
    expect([second.status, second.headers.get("Idempotent-Replayed")]).toEqual([200, "true"]);
    expect(first.headers.get("Idempotent-Replayed")).toBeNull();
    expect(await sessionsOf(system, "again")).toHaveLength(1);
  });

  it("gives the same refusal again", async () => {
    const first = await createCheckout(system, { receipt: "refused", tier: "gold" }, "refused-1");
    const second = await createCheckout(system, { receipt: "refused", tier: "gold" }, "refused-1");
    expect([second.status, second.body]).toEqual([400, first.body]);
  });

  it.each([
    { receipt: "mine", tier: "scale" },
    { receipt: "other", tier: "pro" },
    { receipt: "mine", tier: "pro", quantity: 2 },
    { receipt: "mine", tier: "pro", email: "x@example.com" },
  ])("with another body, %j, is refused with 422 and nothing is done", async (other) => {
    await createCheckout(system, { receipt: "mine", tier: "pro" }, "mine-1");
    const { status, body } = await createCheckout(system, other, "mine-1");
    expect([status, body["error"]]).toEqual([422, "idempotency_key_reused"]);
    expect(await sessionsOf(system, "mine")).toHaveLength(1);
    expect(await customersNamed("other")).toBe(0);
  });

  it("is asked for", async () => {
    const { status, body } = await createCheckout(system, { receipt: "keyless", tier: "pro" }, "");
    expect([status, body["error"]]).toEqual([400, "idempotency_key_required"]);
    expect(await customersNamed("keyless")).toBe(0);
  });
});

describe("R9: one open checkout per customer", () => {
  it("the same tier under another key is the same page", async () => {
    const first = await createCheckout(system, { receipt: "twice", tier: "pro" });
    const second = await createCheckout(system, { receipt: "twice", tier: "pro" });
    expect(second.body).toEqual(first.body);
    expect(await sessionsOf(system, "twice")).toHaveLength(1);
  });

  it("another tier, or another quantity, first expires the page that was open", async () => {
    await createCheckout(system, { receipt: "changes", tier: "pro" });
    const before = (await askedOfProvider(system)).length;
    await createCheckout(system, { receipt: "changes", tier: "scale" });
    const posts = (await askedOfProvider(system)).slice(before).filter((one) => one.startsWith("POST"));
    expect(posts).toEqual([expect.stringMatching(/\/expire$/), "POST /v1/checkout/sessions"]);
    const last = await createCheckout(system, { receipt: "changes", tier: "scale", quantity: 2 });
    const sessions = await sessionsOf(system, "changes");
    expect(sessions.map(({ status }) => status)).toEqual(["expired", "expired", "open"]);
    expect(sessions[2]?.client_reference_id).toBe(last.body["checkout_id"]);
    expect(await rowsOf("changes")).toMatchObject([
      { tier: "pro", state: "replaced" },
      { tier: "scale", state: "replaced" },
      { tier: "scale", state: "open" },
    ]);
  });

  it("another tier, when the open page was paid meanwhile, is 409; the next request knows what is held", async () => {
    await control(system, "POST", "/knobs", { delivery: { hold: true } });
    try {
      const { body } = await createCheckout(system, { receipt: "quick", tier: "scale" });
      await control(system, "POST", `/checkouts/${idIn(body["checkout_url"])}/pay`, {
        card: "4242424242424242",
        email: "quick@example.com",
      });
      const refused = await createCheckout(system, { receipt: "quick", tier: "pro" }, "quick-2");
      expect([refused.status, refused.body["error"]]).toEqual([409, "paid_meanwhile"]);
      const next = await createCheckout(system, { receipt: "quick", tier: "pro" });
      expect([next.status, next.body["reason"]]).toEqual([402, "higher_tier_held"]);
      const again = await createCheckout(system, { receipt: "quick", tier: "pro" }, "quick-2");
      expect([again.status, again.body]).toEqual([409, refused.body]);
      expect(await rowsOf("quick")).toMatchObject([{ state: "complete" }, { state: "refused" }]);
      expect(await sessionsOf(system, "quick")).toMatchObject([{ status: "complete" }]);
    } finally {
      await control(system, "POST", "/knobs/reset");
      await control(system, "POST", "/deliveries/release");
    }
  });
});

const idIn = (url: unknown): string => String(url).split("/").at(-1) ?? "";

describe("402: a reason, and what to do instead", () => {
  it("to whoever holds the tier, or a higher one; a higher one can be bought", async () => {
    const pro = await subscribe(system);
    const same = await createCheckout(system, { receipt: pro.receipt, tier: "pro" });
    expect([same.status, same.body]).toEqual([
      402,
      expect.objectContaining({
        error: "tier_already_held",
        reason: "tier_already_held",
        message: "The customer has pro already",
        instead: expect.stringContaining("higher tier"),
      }),
    ]);
    expect((await createCheckout(system, { receipt: pro.receipt, tier: "scale" })).status).toBe(200);

    const scale = await subscribe(system, { tier: "scale" });
    const lower = await createCheckout(system, { receipt: scale.receipt, tier: "pro" });
    expect([lower.status, lower.body["reason"]]).toEqual([402, "higher_tier_held"]);
    expect(lower.body["instead"]).toContain("Cancel scale first");
  });

  it("to a customer whom an operator has blocked, until the block is lifted; the old key keeps its answer", async () => {
    const { pool } = system.database;
    const wish = { receipt: "blocked", tier: "pro" };
    await createCheckout(system, wish);
    await pool.query(
      "update customers set blocked = true, blocked_reason = 'Three chargebacks' where receipt = 'blocked'",
    );
    const refused = await createCheckout(system, wish, "blocked-2");
    expect([refused.status, refused.body]).toEqual([
      402,
      expect.objectContaining({
        reason: "customer_blocked",
        message: "Three chargebacks",
        instead: expect.stringContaining("support"),
      }),
    ]);
    await pool.query("update customers set blocked = false where receipt = 'blocked'");
    expect((await createCheckout(system, wish, "blocked-2")).status).toBe(402);
    expect((await createCheckout(system, wish, "blocked-3")).status).toBe(200);
  });
});

it("more requests than are allowed in a minute are 429 with Retry-After, and are kept under no key", async () => {
  const api = await anotherApi(system, { CHECKOUTS_PER_MINUTE: "2" });
  try {
    const at = { apiUrl: api.url };
    const wish = { receipt: "eager", tier: "pro" };
    const statuses: number[] = [];
    for (const key of ["eager-1", "eager-2"]) statuses.push((await createCheckout(at, wish, key)).status);
    const third = await createCheckout(at, wish, "eager-3");
    expect([...statuses, third.status]).toEqual([200, 200, 429]);
    expect(Number(third.headers.get("Retry-After"))).toBeGreaterThan(50);
    expect((await createCheckout(system, wish, "eager-3")).status).toBe(200);
  } finally {
    await api.stop();
  }
});
