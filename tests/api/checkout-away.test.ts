import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { publishCatalog } from "../../store/catalogs.ts";
import { transaction } from "../../store/pool.ts";
import { type CheckoutAnswer, control, createCheckout, eventually } from "../setup/customer.ts";
import { TEST_CATALOG } from "../setup/database.ts";
import { type System, startSystem } from "../setup/system.ts";
import { anotherApi, silentServer } from "./another-api.ts";
import { customersAtProvider, sessionsOf } from "./sandbox-books.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());
afterEach(() => control(system, "POST", "/knobs/reset"));

const LIMIT_MS = 5_000;

/** Asks, and checks that the answer comes in time. */
async function ask(
  receipt: string,
  key: string,
  at: Pick<System, "apiUrl"> = system,
): Promise<CheckoutAnswer> {
  const startedAt = performance.now();
  const answer = await createCheckout(at, { receipt, tier: "pro", email: "someone@example.com" }, key);
  expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
  return answer;
}

function expectUnknown({ status, body, headers }: CheckoutAnswer): void {
  expect([status, body["error"]]).toEqual([503, "outcome_unknown"]);
  expect(body["message"]).toContain("same Idempotency-Key");
  expect(Number(headers.get("Retry-After"))).toBeGreaterThan(0);
}

const storedStatus = async (key: string): Promise<number | null | undefined> => {
  const { rows } = await system.database.pool.query<{ status: number | null }>(
    "select status from idempotency_keys where key = $1",
    [key],
  );
  return rows[0]?.status;
};

/** Repeats a request whose outcome was unknown, as it was told to, until it is known. */
const repeated = (receipt: string, key: string): Promise<CheckoutAnswer> =>
  eventually(
    "the repetition gives the outcome",
    async () => {
      const answer = await ask(receipt, key);
      if (answer.status === 503) expectUnknown(answer);
      return answer.status !== 503 && answer.status !== 409 && answer;
    },
    30_000,
  );

const deliveredAlerts = async (kind: string): Promise<readonly { key: string; text: string }[]> => {
  const { rows } = await system.database.pool.query<{ key: string; text: string }>(
    `select key, text from alerts where kind = $1
       and not exists (select from deliveries where alert_key = key and delivered_at is null)`,
    [kind],
  );
  return rows;
};

it("the worker away: 503 within 5 s, stored nowhere; when it is back the same key gives the one page", async () => {
  await system.stopWorker();
  expectUnknown(await ask("no-worker", "no-worker-1"));
  expect(await storedStatus("no-worker-1")).toBeNull();
  await system.startWorker();
  const { status, body } = await repeated("no-worker", "no-worker-1");
  expect(status).toBe(200);
  expect((await ask("no-worker", "no-worker-1")).body).toEqual(body);
  expect(await sessionsOf(system, "no-worker")).toMatchObject([
    { status: "open", client_reference_id: body["checkout_id"] },
  ]);
});

describe("the provider away: 503 within 5 s, and the repetition gives the one page", () => {
  it.each([
    ["answers-500", { kind: "500", stored: true }],
    ["answers-500-when-it-is-done", { kind: "500_after" }],
    ["limits-our-rate", { kind: "429" }],
    ["cuts-the-connection-when-it-is-done", { kind: "reset_after" }],
    ["is-silent-when-it-is-done", { kind: "timeout_after", delay_ms: 8_000 }],
  ])("it %s", async (what, error) => {
    const customers = await customersAtProvider(system);
    await control(system, "POST", "/knobs", {
      errors: [{ ...error, match: { method: "POST", path: "/v1/" } }],
    });
    expectUnknown(await ask(what, what));
    expect(await storedStatus(what)).toBeNull();
    await control(system, "POST", "/knobs/reset");
    // Another key for the same purchase, while the first is opening still.
    const [{ status, body }, other] = await Promise.all([repeated(what, what), repeated(what, `${what}-2`)]);
    expect([status, other.status, other.body]).toEqual([200, 200, body]);
    expect(await sessionsOf(system, what)).toMatchObject([
      { status: "open", client_reference_id: body["checkout_id"] },
    ]);
    expect(await customersAtProvider(system)).toBe(customers + 1);
  });
});

it("the provider refuses for good: 502, stored nowhere, operators are told; mended, a new key is served", async () => {
  await control(system, "POST", "/knobs", {
    errors: [{ kind: "402", match: { method: "POST", path: "/v1/checkout/sessions" } }],
  });
  const refused = await ask("refused", "refused-1");
  expect([refused.status, refused.body["error"]]).toEqual([502, "provider_refused"]);
  expect(refused.body["message"]).toContain("new Idempotency-Key");
  expect(await storedStatus("refused-1")).toBeNull();
  await eventually("operators are told", async () => (await deliveredAlerts("command_refused")).length === 1);

  await control(system, "POST", "/knobs/reset");
  expect((await ask("refused", "refused-1")).status).toBe(502);
  const { status, body } = await ask("refused", "refused-2");
  expect(status).toBe(200);
  expect(await sessionsOf(system, "refused")).toMatchObject([{ client_reference_id: body["checkout_id"] }]);
  expect(await deliveredAlerts("command_refused")).toHaveLength(1);
});

it("R7: a price that the provider no longer sells is one incident, however many ask; mended, the checkout opens", async () => {
  const { body: catalog } = TEST_CATALOG;
  const publish = (id: string): Promise<number> => {
    const current = [{ provider: "stripe", interval: "month", id }] as const;
    const tiers = catalog.tiers.map((tier) => (tier.name === "pro" ? { ...tier, current } : tier));
    return transaction(system.database.pool, (db) => publishCatalog(db, { ...catalog, tiers }, id));
  };
  await publish("price_pro_legacy");
  for (const answer of await Promise.all(["price-1", "price-2", "price-3"].map((key) => ask(key, key)))) {
    expectUnknown(answer);
  }
  expect(await eventually("one alert", () => deliveredAlerts("provider_refuses"))).toHaveLength(1);

  await publish("price_pro_monthly");
  const anew = await ask("price-1", "price-1-anew");
  expect(anew.status).toBe(200);
  const old = await ask("price-1", "price-1");
  expect([old.status, old.body["error"]]).toEqual([409, "checkout_closed"]);
  expect(await sessionsOf(system, "price-1")).toMatchObject([
    { status: "open", client_reference_id: anew.body["checkout_id"] },
  ]);
  expect(await deliveredAlerts("provider_refuses")).toHaveLength(1);
});

describe("what stands behind the API is away: 503 within 5 s", () => {
  it.concurrent.each([
    ["Temporal is not there", (port: number) => ({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` }), false],
    ["Temporal is silent", (port: number) => ({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` }), true],
    ["Postgres is not there", (port: number) => ({ DATABASE_URL: postgresAt(port) }), false],
    ["Postgres is silent", (port: number) => ({ DATABASE_URL: postgresAt(port) }), true],
  ])("%s", async (what, env, isThere) => {
    const server = await silentServer();
    if (!isThere) server.stop();
    const api = await anotherApi(system, env(server.port));
    try {
      const answer = await ask(what.replaceAll(" ", "-"), what, { apiUrl: api.url });
      if (what.startsWith("Temporal")) expectUnknown(answer);
      else expect([answer.status, answer.body["error"]]).toEqual([503, "database_unavailable"]);
      // The same key, at a copy of the API that reaches all it needs.
      expect((await repeated(what.replaceAll(" ", "-"), what)).status).toBe(200);
    } finally {
      await api.stop();
      server.stop();
    }
  });
});

const postgresAt = (port: number): string => `postgresql://tests@127.0.0.1:${port}/none`;
