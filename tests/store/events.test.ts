import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventState, NewEvent } from "../../store/events.ts";
import {
  endEvent,
  findEvent,
  hasUnappliedEvents,
  ignoreEvent,
  insertEvent,
  replayEvent,
  routeEventTo,
  unappliedEvents,
  unparkEvents,
} from "../../store/events.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { crowd, event, expectRefusal, newSubscriptionId, parallel } from "./rows.ts";

let database: TestDatabase;
let many: Pool;
beforeAll(async () => {
  database = await createDatabase();
  many = crowd(database.url);
});
afterAll(async () => {
  await many.end();
  await database.drop();
});

const stateOf = async (id: string): Promise<EventState | undefined> =>
  (await findEvent(database.pool, "stripe", id))?.state;

/** A stored event in this state, routed to a subscription of its own. */
async function stored(state: EventState, change: Partial<NewEvent> = {}) {
  const made = event(change);
  await insertEvent(database.pool, made);
  const owner = newSubscriptionId();
  await routeEventTo(database.pool, made.provider, made.id, owner, { invoiceId: "in_1" });
  if (state !== "received") await endEvent(database.pool, made.provider, made.id, state, "because");
  return { id: made.id, owner };
}

describe("R1: what is stored", () => {
  it("is stored once of 50 deliveries at once", async () => {
    const made = event();
    const answers = await parallel(50, () => insertEvent(many, made));
    expect(answers.filter(Boolean)).toHaveLength(1);
    const { rowCount } = await database.pool.query("select from webhook_events where id = $1", [made.id]);
    expect(rowCount).toBe(1);
  });

  it("is the first delivery: a second changes nothing", async () => {
    const made = event({ payload: { first: true } });
    await insertEvent(database.pool, made);
    await endEvent(database.pool, "stripe", made.id, "applied", null);
    const before = await findEvent(database.pool, "stripe", made.id);
    const second = { ...made, payload: { first: false }, ignoredBecause: "noise" };
    await expect(insertEvent(database.pool, second)).resolves.toBe(false);
    await expect(findEvent(database.pool, "stripe", made.id)).resolves.toEqual(before);
  });

  it("is another event when another provider uses the id", async () => {
    const made = event();
    await insertEvent(database.pool, made);
    await expect(insertEvent(database.pool, { ...made, provider: "razorpay" })).resolves.toBe(true);
  });

  it("waits, with all that it said", async () => {
    const made = event({ type: "customer.subscription.updated", payload: { a: [1, null, "ü"] } });
    await insertEvent(database.pool, made);
    await expect(findEvent(database.pool, "stripe", made.id)).resolves.toEqual({
      provider: "stripe",
      id: made.id,
      type: made.type,
      payload: made.payload,
      subject: made.subject,
      state: "received",
      reason: null,
      attempts: 0,
      subscriptionId: null,
      receivedAt: expect.any(Number),
      processedAt: null,
    });
  });

  it("R2: or is ignored at once, with the reason", async () => {
    const made = event({ ignoredBecause: "nothing to do about customer.updated", subject: null });
    await expect(insertEvent(database.pool, made)).resolves.toBe(true);
    await expect(findEvent(database.pool, "stripe", made.id)).resolves.toMatchObject({
      state: "ignored",
      reason: "nothing to do about customer.updated",
      processedAt: expect.any(Number),
    });
  });

  it.each([
    ["NUL and halves of pairs", "a\0b\ud800c\udc00", "a\ufffdb\ufffdc\ufffd"],
    ["text that looks like an escape", "\\u0000 \\ud800", "\\u0000 \\ud800"],
    ["whole pairs and quotes", '"😀\\"\n\t', '"😀\\"\n\t'],
    ["nothing", null, null],
    ["a bare number", 1.5, 1.5],
    ["what JSON has no word for", undefined, null],
  ])("R2: whatever stands in it: %s", async (_what, said, kept) => {
    const made = event({ payload: said });
    await insertEvent(database.pool, made);
    await expect(findEvent(database.pool, "stripe", made.id)).resolves.toMatchObject({ payload: kept });
  });

  it("R2: also in the names of fields", async () => {
    const made = event({ payload: { "a\0": 1 }, subject: { invoiceId: "in_\0" } });
    await insertEvent(database.pool, made);
    await expect(findEvent(database.pool, "stripe", made.id)).resolves.toMatchObject({
      payload: { "a\ufffd": 1 },
      subject: { invoiceId: "in_\ufffd" },
    });
  });
});

describe("R3: the events of a subscription", () => {
  it("are those that wait, in the order in which they came", async () => {
    const owner = newSubscriptionId();
    const ids = ["evt_c", "evt_a", "evt_b"].map((id) => `${id}_${owner}`);
    for (const [index, id] of ids.entries()) {
      await insertEvent(database.pool, event({ id }));
      await routeEventTo(database.pool, "stripe", id, owner, {});
      await database.pool.query(
        "update webhook_events set received_at = now() - make_interval(secs => $2) where id = $1",
        [id, 100 - index],
      );
    }
    const waiting = async (limit: number): Promise<string[]> =>
      (await unappliedEvents(database.pool, owner, limit)).map(({ id }) => id);
    await expect(waiting(10)).resolves.toEqual(ids);
    await expect(waiting(2)).resolves.toEqual(ids.slice(0, 2));
    await endEvent(database.pool, "stripe", ids[0] ?? "", "applied", null);
    await expect(waiting(10)).resolves.toEqual(ids.slice(1));
    await expect(hasUnappliedEvents(database.pool, owner)).resolves.toBe(true);
    for (const id of ids) await endEvent(database.pool, "stripe", id, "parked", "odd");
    await expect(hasUnappliedEvents(database.pool, owner)).resolves.toBe(false);
  });

  it("stay where they are once they have ended", async () => {
    const { id, owner } = await stored("applied");
    await routeEventTo(database.pool, "stripe", id, newSubscriptionId(), { other: true });
    await expect(findEvent(database.pool, "stripe", id)).resolves.toMatchObject({
      subscriptionId: owner,
      subject: { invoiceId: "in_1" },
    });
  });
});

const change = async (statement: string): Promise<void> => {
  const { id } = await stored("received");
  await database.pool.query(`update webhook_events set ${statement} where id = $1`, [id]);
};

describe("R2: an end", () => {
  it("comes once, however many try", async () => {
    const { id } = await stored("received");
    const answers = await parallel(30, () => endEvent(many, "stripe", id, "applied", null));
    expect(answers.filter(Boolean)).toHaveLength(1);
    await expect(endEvent(database.pool, "stripe", id, "parked", "late")).resolves.toBe(false);
    await expect(findEvent(database.pool, "stripe", id)).resolves.toMatchObject({
      state: "applied",
      reason: null,
      attempts: 1,
      processedAt: expect.any(Number),
    });
  });

  it("of an event that is not there is none", async () => {
    await expect(endEvent(database.pool, "stripe", "evt_none", "applied", null)).resolves.toBe(false);
    await expect(ignoreEvent(database.pool, "stripe", "evt_none", "why")).resolves.toBe(false);
    await expect(replayEvent(database.pool, "stripe", "evt_none")).resolves.toBe(false);
  });

  it("is one of three, has a time, and a reason where it is none of ours", async () => {
    const refused = "ends_are_explained";
    await expectRefusal(change("state = 'applied'"), refused);
    await expectRefusal(change("processed_at = now()"), refused);
    await expectRefusal(change("state = 'ignored', processed_at = now()"), refused);
    await expectRefusal(change("state = 'parked', processed_at = now(), reason = ''"), refused);
    await expectRefusal(change("state = 'done', processed_at = now()"), "webhook_events_state_check");
  });
});

describe("R2: what an operator does", () => {
  it.each([
    ["received", true, "ignored"],
    ["parked", true, "ignored"],
    ["applied", false, "applied"],
    ["ignored", false, "ignored"],
  ] as const)("ignore: one that is %s", async (state, can, then) => {
    const { id } = await stored(state);
    await expect(ignoreEvent(database.pool, "stripe", id, "test data\0")).resolves.toBe(can);
    await expect(findEvent(database.pool, "stripe", id)).resolves.toMatchObject({
      state: then,
      reason: can ? "test data\ufffd" : "because",
    });
  });

  it.each(["received", "parked", "applied", "ignored"] as const)(
    "replay: one that is %s is read and routed anew",
    async (state) => {
      const { id, owner } = await stored(state);
      await expect(replayEvent(database.pool, "stripe", id)).resolves.toBe(true);
      await expect(findEvent(database.pool, "stripe", id)).resolves.toMatchObject({
        state: "received",
        reason: null,
        processedAt: null,
        subscriptionId: null,
        subject: null,
        attempts: state === "received" ? 0 : 1,
      });
      await routeEventTo(database.pool, "stripe", id, owner, {});
      await expect(endEvent(database.pool, "stripe", id, "applied", null)).resolves.toBe(true);
      await expect(findEvent(database.pool, "stripe", id)).resolves.toMatchObject({
        attempts: state === "received" ? 1 : 2,
      });
    },
  );

  it("unpark: what is parked of this subscription waits again, with its route; the rest stays", async () => {
    const { id: parked, owner } = await stored("parked");
    const { id: others } = await stored("parked");
    const { id: ended } = await stored("ignored");
    await database.pool.query("update webhook_events set subscription_id = $2 where id = $1", [ended, owner]);
    await unparkEvents(database.pool, owner);
    await expect(unappliedEvents(database.pool, owner, 10)).resolves.toMatchObject([
      { id: parked, reason: null, processedAt: null, attempts: 1 },
    ]);
    await expect(stateOf(others)).resolves.toBe("parked");
    await expect(stateOf(ended)).resolves.toBe("ignored");
  });
});
