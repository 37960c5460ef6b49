import { randomUUID } from "node:crypto";
import { WorkflowUpdateFailedError } from "@temporalio/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SubscriptionId, subscriptionId } from "../../domain/ids.ts";
import { control, createCheckout, eventually, reaches } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { appliedTo, byHand, cancelsOf, commandRows, settledCustomer } from "./by-hand.ts";
import { createGate } from "./gate.ts";
import { atRest, eventsOf, handleOf, quiet, signalsOf, timersOf, timesOf } from "./history.ts";

const BY_MARIA = '{"by": "maria"}';

let system: System;
/** Holds the sending of alerts back. */
const gate = createGate();
/** Of whom the provider goes on to show what it showed before. */
const stale = new Set<SubscriptionId>();

beforeAll(async () => {
  system = await startSystem({
    worker: {
      activities(activities) {
        const shown = new Map<SubscriptionId, Awaited<ReturnType<typeof activities.observe>>>();
        return {
          ...activities,
          async deliver(id, wakes) {
            await gate.pass(id);
            await activities.deliver(id, wakes);
          },
          async observe(id) {
            const observed = await activities.observe(id);
            const { subscription } = shown.get(id)?.observation ?? observed.observation;
            if (!stale.has(id)) shown.set(id, observed);
            return stale.has(id)
              ? { ...observed, observation: { ...observed.observation, subscription } }
              : observed;
          },
        };
      },
    },
  });
});
afterAll(() => system.stop());

test("resync reads the provider's truth now, though no event told of it", async () => {
  const { id, providerId } = await settledCustomer(system);
  await control(system, "POST", "/knobs", { delivery: { drop: 1 } });
  await control(system, "POST", `/subscriptions/${providerId}/cancel`);
  await control(system, "POST", "/knobs/reset");
  expect(await byHand(handleOf(system, id), "resync", '{"by": "maria"}')).toEqual({
    state: "done",
    what: "The provider says canceled; so do we",
  });
  await reaches(system, id, "canceled");
});

describe.concurrent("typed by hand", () => {
  test("cancel ends the subscription at the provider, and says so", async () => {
    const { id, providerId } = await settledCustomer(system);
    const reply = await byHand(handleOf(system, id), "cancel", '{"by": "maria", "why": "asked by phone"}');
    expect(reply).toEqual({ state: "done", what: "The subscription is canceled" });
    expect((await reaches(system, id, "canceled")).subscription.status).toBe("canceled");
    expect(await cancelsOf(system, providerId)).toBe(1);
    const { rows } = await system.database.pool.query<object>(
      "select kind, asked_by, why from commands where subscription_id = $1 and kind <> 'checkout'",
      [id],
    );
    expect(rows).toEqual([{ kind: "cancel", asked_by: "maria", why: "asked by phone" }]);
  });

  test.each([
    ["cancel_at_period_end", '{"by": "maria"}', "It ends with its period"],
    ["pause", '{"by": "maria"}', "It is paused: nothing is collected, and it gives no access"],
    ["change", '{"by": "maria", "tier": "scale"}', "It is 1 × scale by the month"],
    ["change", '{"by": "maria", "quantity": 2}', "It is 2 × pro by the month"],
    [
      "change",
      '{"by": "maria", "tier": "scale", "at": "period_end"}',
      expect.stringMatching(/^From .+ on it is 1 × scale by the month; until then 1 × pro by the month$/),
    ],
  ])("%s %s changes it at the provider, and says so", async (name, json, what) => {
    const { id } = await settledCustomer(system);
    expect(await byHand(handleOf(system, id), name, json)).toEqual({ state: "done", what });
  });

  test.each([
    ["uncancel", "active, and no end is arranged"],
    ["resume", "active"],
    ["retry_payment", "active"],
    ["extend_grace", "active", '{"by": "maria", "days": 10}'],
  ])(
    "%s is refused with what is allowed, where the state forbids it",
    async (name, state, json = BY_MARIA) => {
      const { id } = await settledCustomer(system);
      expect(await byHand(handleOf(system, id), name, json)).toEqual({
        state: "refused",
        reason: "not_allowed",
        what: `The subscription is ${state}; what can be asked now: cancel, cancel at period end, pause, change, resync, unpark`,
      });
    },
  );

  test("its answer does not wait until alerts are sent", async () => {
    const { id } = await settledCustomer(system);
    const held = gate.hold(id);
    const reply = byHand(handleOf(system, id), "cancel", '{"by": "maria"}');
    await held.arrived;
    expect(await reply).toMatchObject({ state: "done" });
    held.release();
    await handleOf(system, id).result();
  });

  test("R2: unpark puts parked events back and clears the need for attention", async () => {
    const { id } = await settledCustomer(system);
    await system.database.pool.query("update subscriptions set needs_attention = 'planted' where id = $1", [
      id,
    ]);
    const { rowCount } = await system.database.pool.query(
      "update webhook_events set state = 'parked', reason = 'planted' where subscription_id = $1",
      [id],
    );
    expect(rowCount).toBeGreaterThan(0);
    const reply = await byHand(handleOf(system, id), "unpark", '{"by": "maria"}');
    expect(reply).toMatchObject({ state: "done" });
    await appliedTo(system, id);
    expect((await reaches(system, id, "active")).needsAttention).toBeNull();
  });

  test("R10: what has not the right shape is refused before it is taken, and leaves nothing behind", async () => {
    const { id } = await settledCustomer(system);
    const handle = handleOf(system, id);
    const before = await eventsOf(handle);
    for (const json of [
      "{}",
      '"maria"',
      '{"by": ""}',
      '{"by": "maria", "reason": "x"}',
      '{"by": "maria@example.com"}',
    ]) {
      const refusal = byHand(handle, "cancel", json);
      await expect(refusal, json).rejects.toThrow(WorkflowUpdateFailedError);
      await expect(refusal, json).rejects.toMatchObject({
        cause: { message: expect.stringMatching(/say who|only "by"|leave e-mail/) },
      });
    }
    expect(await eventsOf(handle)).toHaveLength(before.length);
  });

  test("an update that nobody knows is refused, and the workflow goes on", async () => {
    const { id } = await settledCustomer(system);
    await expect(byHand(handleOf(system, id), "cancle", '{"by": "maria"}')).rejects.toMatchObject({
      cause: { message: "No registered handler for update: cancle" },
    });
    expect(await byHand(handleOf(system, id), "resync", '{"by": "maria"}')).toMatchObject({ state: "done" });
  });

  test("a signal that nobody knows is taken for a wake", async () => {
    const { id } = await settledCustomer(system);
    const before = await quiet(system, id);
    await handleOf(system, id).signal("wkae", { by: "maria" });
    const after = await atRest(system, id);
    expect(signalsOf(after)).toBe(signalsOf(before) + 1);
    expect(timesOf(after, "observe")).toBe(timesOf(before, "observe") + 1);
  });

  test("R7: a click on Cancel in the Web UI ends nothing, and commands after it are served", async () => {
    const { id } = await settledCustomer(system);
    const handle = handleOf(system, id);
    await handle.cancel();
    await eventually("the request is in the history", async () =>
      (await eventsOf(handle)).some((event) => event.workflowExecutionCancelRequestedEventAttributes),
    );
    expect(await byHand(handle, "resync", '{"by": "maria"}')).toMatchObject({ state: "done" });
    expect((await handle.describe()).status.name).toBe("RUNNING");
    expect(timersOf(await atRest(system, id)).at(-1)).toMatch(/Next deadline|monthly/);
  });
});

describe.concurrent("a refusal is an answer", () => {
  test("cancel before there is a subscription", async () => {
    const { body } = await createCheckout(system, { receipt: randomUUID(), tier: "pro" });
    const id = subscriptionId(String(body["subscription_id"]));
    expect(await byHand(handleOf(system, id), "cancel", '{"by": "maria"}')).toMatchObject({
      state: "refused",
      reason: "no_subscription",
    });
    expect((await handleOf(system, id).describe()).status.name).toBe("RUNNING");
  });

  test("R8: cancel after the end", async () => {
    const { id, providerId } = await settledCustomer(system);
    await system.gateway.command(id, "cancel", randomUUID(), { by: "maria" }, 20_000);
    await handleOf(system, id).result();
    const again = await system.gateway.command(id, "cancel", randomUUID(), { by: "maria" }, 20_000);
    expect(again).toMatchObject({ state: "refused", reason: "already_ended" });
    expect(await cancelsOf(system, providerId)).toBe(1);
  });
});

describe.concurrent("one command id is one command", () => {
  test("asked again in the same run, by a new update", async () => {
    const { id } = await settledCustomer(system);
    const json = '{"by": "maria", "id": "ticket-4711"}';
    const first = await byHand(handleOf(system, id), "resync", json);
    expect(await byHand(handleOf(system, id), "resync", json)).toEqual(first);
    expect(await commandRows(system, id, "ticket-4711")).toEqual([
      { kind: "resync", asked_by: "maria", outcome: first },
    ]);
  });

  test("asked five times at once, and again after the end", async () => {
    const { id, providerId } = await settledCustomer(system);
    const ask = () => system.gateway.command(id, "cancel", "ticket-4712", { by: "maria" }, 20_000);
    const answers = await Promise.all(Array.from({ length: 5 }, ask));
    await handleOf(system, id).result();
    answers.push(await ask());
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ state: "done" });
    expect(await cancelsOf(system, providerId)).toBe(1);
    expect(await commandRows(system, id, "ticket-4712")).toHaveLength(1);
  });

  test("different ids at once are answered alike, by one request of the provider", async () => {
    const { id, providerId } = await settledCustomer(system);
    const answers = await Promise.all(
      ["a", "b", "c"].map((commandId) =>
        system.gateway.command(id, "cancel", commandId, { by: "maria" }, 20_000),
      ),
    );
    expect(answers).toEqual(answers.map(() => ({ state: "done", what: "The subscription is canceled" })));
    expect(await cancelsOf(system, providerId)).toBe(1);
  });
});

describe.concurrent("R7: nobody waits through an outage", () => {
  test("cancel while the provider is away is pending, is done by itself later, and asked again it is answered", async () => {
    const { id, providerId } = await settledCustomer(system);
    await control(system, "POST", "/knobs", {
      errors: [{ match: { method: "DELETE", path: `/v1/subscriptions/${providerId}` }, kind: "503" }],
    });
    const ask = () => system.gateway.command(id, "cancel", "ticket-4713", { by: "maria" }, 20_000);
    const resync = system.gateway.command(id, "resync", "ticket-4714", { by: "maria" }, 20_000);
    expect(await ask()).toMatchObject({ state: "pending" });
    // What the same turn could answer is answered.
    expect(await resync).toMatchObject({ state: "done" });
    await control(system, "POST", "/knobs/reset");
    await reaches(system, id, "canceled");
    expect(await ask()).toEqual({ state: "done", what: "The subscription is canceled" });
    expect(await cancelsOf(system, providerId)).toBe(1);
  });

  test("cancel that the provider has done and does not show yet is pending, and looked for again", async () => {
    const { id, providerId } = await settledCustomer(system);
    stale.add(id);
    const ask = () => system.gateway.command(id, "cancel", "ticket-4715", { by: "maria" }, 20_000);
    expect(await ask()).toEqual({
      state: "pending",
      what: "Done at the provider, which does not show it yet; the command is kept",
    });
    expect(timersOf(await atRest(system, id)).at(-1)).toBe("Try again");
    stale.delete(id);
    expect(await ask()).toEqual({ state: "done", what: "The subscription is canceled" });
    expect(await cancelsOf(system, providerId)).toBe(1);
  });
});
