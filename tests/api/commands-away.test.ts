import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { publishCatalog } from "../../store/catalogs.ts";
import { transaction } from "../../store/pool.ts";
import { control, eventually, reaches } from "../setup/customer.ts";
import { DECLINES } from "../setup/customer-acts.ts";
import { TEST_CATALOG } from "../setup/database.ts";
import { booksOf, stripe } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";
import { commandRows, settledCustomer } from "../workflows/by-hand.ts";
import { commandsOf } from "./give.ts";

let system: System;
let give: ReturnType<typeof commandsOf>["give"];
let read: ReturnType<typeof commandsOf>["read"];
beforeAll(async () => {
  system = await startSystem();
  ({ give, read } = commandsOf(system));
});
afterAll(() => system.stop());
afterEach(() => control(system, "POST", "/knobs/reset"));

describe("R7: nobody waits through an outage", () => {
  it.each([
    ["pause", "POST", "paused"],
    ["cancel", "DELETE", "canceled"],
  ] as const)(
    "%s is 202 while the provider is away, done later, and read by its id",
    async (command, method, status) => {
      const { id, providerId } = await settledCustomer(system);
      await control(system, "POST", "/knobs", {
        errors: [{ match: { method, path: `/v1/subscriptions/${providerId}` }, kind: "500" }],
      });
      const key = randomUUID();
      const pending = await give(id, command, {}, key);
      expect(pending).toMatchObject({ status: 202, body: { outcome: "pending", subscription_id: id } });
      const commandId = pending.body["command_id"];
      expect(await read(id, commandId)).toMatchObject({ status: 200, body: { outcome: "pending" } });
      await control(system, "POST", "/knobs/reset");
      await reaches(system, id, status);
      await eventually(
        "its outcome is known",
        async () => (await read(id, commandId)).body["outcome"] === "done",
      );
      // The same key is the same command: it is answered now, and was given once.
      expect(await give(id, command, {}, key)).toMatchObject({
        status: 200,
        body: { command_id: commandId },
      });
      expect(await commandRows(system, id, String(commandId))).toHaveLength(1);
    },
  );

  it("R6: what waits while the provider is away is not refused and done all the same: what forbids it by then ends it", async () => {
    const { id, providerId, customerId } = await settledCustomer(system);
    // Reads are answered, so turns go on; nothing can be asked.
    await control(system, "POST", "/knobs", {
      errors: [{ match: { method: "POST", path: `/v1/subscriptions/${providerId}` }, kind: "503" }],
    });
    const key = randomUUID();
    expect(await give(id, "change", { tier: "scale" }, key)).toMatchObject({ status: 202 });
    await control(system, "POST", `/customers/${customerId}/card`, { card: DECLINES });
    await control(system, "POST", "/advance", { months: 1, hours: 2 });
    await reaches(system, id, "past_due");
    const { status, body } = await eventually("the change has its outcome", async () => {
      const answer = await give(id, "change", { tier: "scale" }, key);
      return answer.status !== 202 && answer;
    });
    expect([status, body["error"], body["tier"]]).toEqual([409, "not_needed", "pro"]);
    await control(system, "POST", "/knobs/reset");
    expect(await give(id, "resync")).toMatchObject({ status: 200, body: { tier: "pro" } });
    expect((await booksOf(system)).subscriptions.find((each) => each.id === providerId)?.paid).toBe(2_900);
  });

  it("R6: a change for the period's end does not take back the end that the customer has arranged meanwhile", async () => {
    const { id, providerId } = await settledCustomer(system);
    await control(system, "POST", "/knobs", {
      errors: [{ match: { method: "POST", path: "/v1/subscription_schedules" }, kind: "500" }],
    });
    const key = randomUUID();
    const later = { tier: "scale", at: "period_end" };
    expect(await give(id, "change", later, key)).toMatchObject({ status: 202 });
    await stripe(system, "POST", `/v1/subscriptions/${providerId}`, { cancel_at_period_end: "true" });
    const { status, body } = await eventually("the change has its outcome", async () => {
      const answer = await give(id, "change", later, key);
      return answer.status !== 202 && answer;
    });
    expect([status, body["error"]]).toEqual([409, "not_needed"]);
    await control(system, "POST", "/knobs/reset");
    expect(await give(id, "resync")).toMatchObject({ body: { scheduled_change: null } });
    expect(await stripe(system, "GET", `/v1/subscriptions/${providerId}`)).toMatchObject({
      cancel_at_period_end: true,
      schedule: null,
    });
  });

  it("R7: a price that the provider does not take ends its own change, and keeps no other command waiting", async () => {
    const { id } = await settledCustomer(system);
    const tiers = TEST_CATALOG.body.tiers.map((tier) =>
      tier.name === "scale"
        ? { ...tier, current: [{ provider: "stripe", interval: "month", id: "price_archived" } as const] }
        : tier,
    );
    await transaction(system.database.pool, (db) =>
      publishCatalog(db, { ...TEST_CATALOG.body, tiers }, "with a price that is not there"),
    );
    expect(await give(id, "change", { tier: "scale" })).toMatchObject({
      status: 502,
      body: { error: "provider_refused" },
    });
    await transaction(system.database.pool, (db) =>
      publishCatalog(db, TEST_CATALOG.body, TEST_CATALOG.sha256),
    );
    expect(await give(id, "change", { tier: "scale" })).toMatchObject({ status: 200 });
  });

  it("R7: an end overtakes another command that waits: what was asked before it is not done, nor charged, any more", async () => {
    const { id, providerId } = await settledCustomer(system);
    const errors = ["POST", "DELETE"].map((method) => ({
      match: { method, path: `/v1/subscriptions/${providerId}` },
      kind: "500",
    }));
    await control(system, "POST", "/knobs", { errors });
    const change = await give(id, "change", { tier: "scale" });
    const key = randomUUID();
    expect([change.status, (await give(id, "cancel", {}, key)).status]).toEqual([202, 202]);
    await control(system, "POST", "/knobs/reset");
    await eventually("it has ended", async () => (await give(id, "cancel", {}, key)).status === 200);
    await eventually(
      "the change has its outcome",
      async () => (await read(id, change.body["command_id"])).body["outcome"] === "refused",
    );
    expect((await booksOf(system)).subscriptions.find((each) => each.id === providerId)).toMatchObject({
      status: "canceled",
      paid: 2_900,
    });
  });

  it("502 when the provider refuses for good: operators are told, and the same key is not asked again", async () => {
    const { id, providerId } = await settledCustomer(system);
    await control(system, "POST", "/knobs", {
      errors: [{ match: { method: "POST", path: `/v1/subscriptions/${providerId}` }, kind: "402" }],
    });
    const key = randomUUID();
    const refused = await give(id, "pause", {}, key);
    expect(refused).toMatchObject({
      status: 502,
      body: { error: "provider_refused", subscription_status: "active" },
    });
    expect((await reaches(system, id, "active")).needsAttention).not.toBeNull();
    await control(system, "POST", "/knobs/reset");
    expect(await give(id, "pause", {}, key)).toMatchObject({ status: 502 });
    expect(await give(id, "pause")).toMatchObject({ status: 200, body: { subscription_status: "paused" } });
  });

  it("R6: a change whose answer was lost is found done, and charged once", async () => {
    const { id, providerId } = await settledCustomer(system);
    await control(system, "POST", "/knobs", {
      errors: [
        { match: { method: "POST", path: `/v1/subscriptions/${providerId}` }, kind: "500_after", times: 1 },
      ],
    });
    const key = randomUUID();
    await give(id, "change", { tier: "scale" }, key);
    const { body } = await eventually("the change has its outcome", async () => {
      const answer = await give(id, "change", { tier: "scale" }, key);
      return answer.status === 200 && answer;
    });
    expect(body).toMatchObject({ tier: "scale", outcome: "done" });
    const ours = (await booksOf(system)).subscriptions.find((each) => each.id === providerId);
    expect(ours?.invoices.map(({ status }) => status)).toEqual(["paid", "paid"]);
  });

  it("503 while Temporal is away; the command is kept, and done when it is back", async () => {
    const { id } = await settledCustomer(system);
    await system.stopWorker();
    const key = randomUUID();
    const unknown = await give(id, "cancel-at-period-end", {}, key);
    expect(unknown).toMatchObject({ status: 503, body: { error: "outcome_unknown" } });
    await system.startWorker();
    expect(await give(id, "cancel-at-period-end", {}, key)).toMatchObject({ status: 200 });
  });
});
