import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SWEEP_WORKFLOW, TASK_QUEUE } from "../../workflows/contract.ts";
import type { sweep as sweepWorkflow } from "../../workflows/sweep.ts";
import { allApplied, control, eventually, reaches, subscribe } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { anotherApi, silentServer } from "./another-api.ts";
import { deliver, eventOf, signature } from "./deliver.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const MIB = 1024 * 1024;

const stored = async (id: string) => {
  const { rows } = await system.database.pool.query<{ state: string; reason: string | null }>(
    "select state, reason from webhook_events where id = $1",
    [id],
  );
  return rows;
};
const ends = (id: string) =>
  eventually(`${id} has its end`, async () => {
    const [row] = await stored(id);
    return row !== undefined && row.state !== "received" && row;
  });

/** One sweep, now; what it has done. */
const sweep = (): Promise<string> =>
  system.temporal.workflow.execute<typeof sweepWorkflow>(SWEEP_WORKFLOW, {
    taskQueue: TASK_QUEUE,
    workflowId: `sweep/${randomUUID()}`,
  });

describe("a genuine delivery", () => {
  it("R1, R3: is stored, answered, and applied once, however often it comes", async () => {
    const { id, row } = await subscribe(system);
    await control(system, "POST", "/idle");
    await allApplied(system);
    const { providerSubscriptionId, providerCustomerId } = row.subscription.terms;
    const event = eventOf("customer.subscription.updated", {
      id: providerSubscriptionId,
      customer: providerCustomerId,
    });
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => deliver(system, event)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const duplicates = answers.filter(({ body }) => Object.hasOwn(Object(body), "duplicate"));
    expect(duplicates).toHaveLength(4);
    expect(await ends(event.id)).toEqual({ state: "applied", reason: null });
    expect((await deliver(system, event)).body).toEqual({ received: true, duplicate: true });
    const { rows } = await system.database.pool.query(
      "select from timeline where subscription_id = $1 and cause->'events' @> $2::jsonb",
      [id, JSON.stringify([{ id: event.id }])],
    );
    expect(rows).toHaveLength(1);
  });

  it("may be signed with any of the secrets, also one of several signatures", async () => {
    const event = JSON.stringify(eventOf("customer.created", { id: "cus_1" }));
    expect((await deliver(system, event, [signature(event, { secret: "whsec_old" })])).status).toBe(200);
    const genuine = signature(event);
    const [time, own] = genuine.split(",");
    expect((await deliver(system, event, [`${time},v1=${"0".repeat(64)},${own}`])).status).toBe(200);
  });

  it("R2: that nothing is decided from is ignored with its reason; one that cannot be read is parked, with an alert", async () => {
    const noise = eventOf("customer.tax_id.created", { id: "txi_1" });
    await deliver(system, noise);
    expect(await stored(noise.id)).toEqual([
      { state: "ignored", reason: "nothing is decided from customer.tax_id.created" },
    ]);
    const odd = eventOf("invoice.paid", { object: "invoice", id: 7 });
    await deliver(system, odd);
    expect(await ends(odd.id)).toEqual({
      state: "parked",
      reason: expect.stringContaining("cannot read id"),
    });
    const { rows } = await system.database.pool.query("select kind from alerts where fields->>'event' = $1", [
      odd.id,
    ]);
    expect(rows).toEqual([{ kind: "event_parked" }]);
  });

  it("R2: is stored although it holds what Postgres cannot keep, or fills the whole mebibyte", async () => {
    const odd = eventOf("invoice.paid", { id: "in_\u0000", note: "\ud800" });
    expect((await deliver(system, odd)).status).toBe(200);
    await ends(odd.id);
    const large = eventOf("customer.created", { id: "cus_1", padding: "" });
    const padding = "x".repeat(MIB - Buffer.byteLength(JSON.stringify(large)));
    const full = JSON.stringify({ ...large, data: { object: { id: "cus_1", padding } } });
    expect([Buffer.byteLength(full), (await deliver(system, full)).status]).toEqual([MIB, 200]);
    const over = full.replace('"padding":"', '"padding":"x');
    expect(await deliver(system, over)).toEqual({
      status: 413,
      body: expect.objectContaining({ error: "body_too_large" }),
    });
  });
});

describe("what is not what it says", () => {
  const event = JSON.stringify(eventOf("customer.created", { id: "cus_1" }, { id: "evt_never" }));
  const live = JSON.stringify(eventOf("customer.created", {}, { id: "evt_never", livemode: true }));
  const thin = JSON.stringify({ id: "evt_never", object: "v2.core.event", type: "v1.invoice.paid" });

  it.each([
    ["no signature", event, [], "missing_signature"],
    ["an empty signature", event, [""], "missing_signature"],
    ["a repeated header", event, [signature(event), signature(event)], "repeated_signature"],
    ["another's signature", event, [signature(event, { secret: "whsec_foreign" })], "bad_signature"],
    ["a signature of another body", event, [signature(live)], "bad_signature"],
    ["an old signature", event, [signature(event, { ageSeconds: 302 })], "too_old"],
    ["no JSON", "{", [signature("{")], "bad_json"],
    ["JSON that is no event", "[]", [signature("[]")], "bad_json"],
    ["a thin event", thin, [signature(thin)], "thin_event"],
    ["an event of the other mode", live, [signature(live)], "other_livemode"],
  ])("%s: 400 with the reason, stored nowhere", async (_what, body, signatures, reason) => {
    expect(await deliver(system, body, signatures)).toEqual({
      status: 400,
      body: expect.objectContaining({ error: "webhook_rejected", reason }),
    });
    expect(await stored("evt_never")).toEqual([]);
  });

  it("is counted by its reason, with one alert each", async () => {
    await eventually("all of the above are counted", async () => {
      const { rows } = await system.database.pool.query<{ counts: object }>(
        "select jsonb_object_agg(subject, count) as counts from incidents where kind = 'webhook_signatures'",
      );
      return isDeepStrictEqual(rows[0]?.counts, {
        "stripe/missing_signature": 2,
        "stripe/repeated_signature": 1,
        "stripe/bad_signature": 2,
        "stripe/too_old": 1,
        "stripe/bad_json": 2,
        "stripe/thin_event": 1,
        "stripe/other_livemode": 1,
      });
    });
    expect(await alertsOf("webhook_signatures_failing")).toHaveLength(7);
  });

  it("a flood of 200 is one incident and one alert, which closes with another when it has been quiet", async () => {
    const { pool } = system.database;
    // What the tests above have turned away is over.
    await pool.query("update incidents set closed_at = now()");
    const before = await alertsOf("webhook_signatures_failing");
    const foreign = [signature(event, { secret: "whsec_foreign" })];
    await Promise.all(Array.from({ length: 200 }, () => deliver(system, event, foreign)));
    const open =
      "select count, closed_at from incidents where subject = 'stripe/bad_signature' and closed_at is null";
    await eventually("all are counted", async () => {
      const { rows } = await pool.query<{ count: number }>(open);
      return rows.length === 1 && rows[0]?.count === 200;
    });
    const opened = await eventually("people are told", async () => {
      const alerts = (await alertsOf("webhook_signatures_failing")).slice(before.length);
      return alerts.length > 0 && alerts.every(({ told }) => told) && alerts;
    });
    expect(opened).toMatchObject([{ fields: { provider: "stripe", reason: "bad_signature" } }]);

    expect(await sweep()).toContain(" 0 incidents closed");
    await pool.query(
      "update incidents set last_seen_at = now() - interval '16 minutes' where closed_at is null",
    );
    expect(await sweep()).toContain(" 1 incidents closed");
    const closed = await eventually("people are told", async () => {
      const alerts = await alertsOf("webhook_signatures_recovered");
      return alerts.length > 0 && alerts.every(({ told }) => told) && alerts;
    });
    expect(closed).toMatchObject([{ fields: { subject: "stripe/bad_signature", count: 200 } }]);
    expect(await alertsOf("webhook_signatures_failing")).toHaveLength(before.length + 1);
  });
});

/** The alerts of a kind, oldest first, and whether every channel has heard of each. */
async function alertsOf(kind: string): Promise<readonly { fields: object; told: boolean }[]> {
  const { rows } = await system.database.pool.query<{ fields: object; told: boolean }>(
    `select fields, exists (select from deliveries where alert_key = key and delivered_at is not null) as told
     from alerts where kind = $1 order by created_at`,
    [kind],
  );
  return rows;
}

describe("R1: what is away", () => {
  it.concurrent.each([
    ["not there", false],
    ["silent", true],
  ])("Postgres, %s: 503 within 5 s, and the provider's repetition is stored", async (_what, isThere) => {
    const server = await silentServer();
    if (!isThere) server.stop();
    const api = await anotherApi(system, {
      DATABASE_URL: `postgresql://tests@127.0.0.1:${server.port}/none`,
    });
    try {
      const event = eventOf("customer.created", { id: "cus_1" });
      const startedAt = performance.now();
      const { status, body } = await deliver({ apiUrl: api.url }, event);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect([status, body]).toEqual([503, expect.objectContaining({ error: "database_unavailable" })]);
      expect((await deliver(system, event)).body).toEqual({ received: true });
    } finally {
      await api.stop();
      server.stop();
    }
  });

  it("Temporal: 200, because it is stored; the sweep has it applied", async () => {
    const { id, row } = await subscribe(system);
    await control(system, "POST", "/idle");
    const server = await silentServer();
    server.stop();
    const api = await anotherApi(system, { TEMPORAL_ADDRESS: `127.0.0.1:${server.port}` });
    try {
      const { providerSubscriptionId, providerCustomerId } = row.subscription.terms;
      const event = eventOf("customer.subscription.updated", {
        id: providerSubscriptionId,
        customer: providerCustomerId,
      });
      expect(await deliver({ apiUrl: api.url }, event)).toEqual({ status: 200, body: { received: true } });
      expect(await stored(event.id)).toEqual([{ state: "received", reason: null }]);
      await system.database.pool.query(
        "update webhook_events set received_at = now() - interval '1 minute' where id = $1",
        [event.id],
      );
      await sweep();
      expect(await ends(event.id)).toEqual({ state: "applied", reason: null });
      await reaches(system, id, "active");
    } finally {
      await api.stop();
    }
  });
});
