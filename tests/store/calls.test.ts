import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkoutId } from "../../domain/ids.ts";
import {
  attemptOf,
  beginAttempt,
  endCall,
  finishedCalls,
  insertCall,
  noteUnknown,
  pendingCalls,
  settleCalls,
} from "../../store/calls.ts";
import { answerCommandRow, insertCommand } from "../../store/commands.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { crowd, expectRefusal, newSubscriptionId, parallel, START } from "./rows.ts";

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

const call = (commandId = "command-1") => ({
  key: `stripe/checkout/${randomUUID()}`,
  commandId,
  operation: { name: "open_checkout", checkoutId: checkoutId(randomUUID()) } as const,
});
const session = { name: "open_session", sessionId: "cs_1", url: "https://pay", expiresAt: START };

describe("a decided call", () => {
  it("R6: is decided once, and waits until it has ended", async () => {
    const id = newSubscriptionId();
    const [first, second] = [call(), call()];
    await parallel(10, () => insertCall(many, id, "stripe", first));
    await insertCall(database.pool, id, "stripe", second);
    await expect(pendingCalls(database.pool, id)).resolves.toEqual([first, second]);
    await expect(finishedCalls(database.pool, id)).resolves.toEqual([]);
    await endCall(database.pool, first.key, { state: "done", result: session });
    await expect(pendingCalls(database.pool, id)).resolves.toEqual([second]);
  });

  it("has one end, the first", async () => {
    const id = newSubscriptionId();
    const { key, ...decided } = call();
    await insertCall(database.pool, id, "stripe", { key, ...decided });
    await endCall(database.pool, key, { state: "done", result: session });
    await endCall(database.pool, key, { state: "refused", reason: "checkout_closed", error: "late" });
    await noteUnknown(database.pool, key, "later still", true);
    await expect(finishedCalls(database.pool, id)).resolves.toEqual([
      {
        call: { key, ...decided, end: { state: "done", expiresAt: START } },
        session: { id: "cs_1", url: "https://pay" },
      },
    ]);
  });

  it("that was refused says why", async () => {
    const id = newSubscriptionId();
    const { key, ...decided } = call();
    await insertCall(database.pool, id, "stripe", { key, ...decided });
    await endCall(database.pool, key, { state: "refused", reason: "paid_meanwhile", error: "paid\0" });
    await expect(finishedCalls(database.pool, id)).resolves.toEqual([
      {
        call: { key, ...decided, end: { state: "refused", reason: "paid_meanwhile", what: "paid\ufffd" } },
        session: null,
      },
    ]);
  });

  it("is heard of by one turn, and again while the command that it serves has no answer", async () => {
    const id = newSubscriptionId();
    const [unasked, served] = [call("unasked"), call("asked")];
    const asked = { id: "asked", kind: "cancel", askedBy: "maria", why: null } as const;
    await insertCommand(database.pool, id, asked, START);
    for (const one of [unasked, served]) {
      await insertCall(database.pool, id, "stripe", one);
      await endCall(database.pool, one.key, { state: "done", result: { name: "cancel_subscription" } });
    }
    const heard = async (): Promise<string[]> =>
      (await finishedCalls(database.pool, id)).map(({ call: { key } }) => key);
    await expect(heard()).resolves.toEqual([unasked.key, served.key]);
    await settleCalls(database.pool, [unasked.key, served.key]);
    await expect(heard()).resolves.toEqual([served.key]);
    await answerCommandRow(database.pool, id, "asked", { state: "done", what: "ended" }, START);
    await expect(heard()).resolves.toEqual([]);
  });

  it("is one subscription's", async () => {
    const id = newSubscriptionId();
    const one = call();
    await insertCall(database.pool, id, "stripe", one);
    await endCall(database.pool, one.key, { state: "done", result: session });
    await expect(pendingCalls(database.pool, newSubscriptionId())).resolves.toEqual([]);
    await expect(finishedCalls(database.pool, newSubscriptionId())).resolves.toEqual([]);
  });
});

const fresh = async () => {
  const key = `stripe/session/${randomUUID()}`;
  const id = newSubscriptionId();
  return {
    key,
    read: () => attemptOf(database.pool, key, id, "stripe"),
    first: await attemptOf(database.pool, key, id, "stripe"),
  };
};

describe("R6: a request", () => {
  it("has a row before it is sent, one for all who need it at once", async () => {
    const key = `stripe/session/${randomUUID()}`;
    const id = newSubscriptionId();
    const rows = await parallel(20, () => attemptOf(many, key, id, "stripe"));
    const expected = {
      key,
      state: "pending",
      attempt: 0,
      attemptedAt: null,
      request: null,
      result: null,
      error: null,
      spent: false,
    };
    expect(rows).toEqual(rows.map(() => expected));
    // It is no decided call: nobody carries it out for its own sake.
    await expect(pendingCalls(database.pool, id)).resolves.toEqual([]);
  });

  it("is sent again with the parameters and the time of its first sending", async () => {
    const { key, read } = await fresh();
    await expect(beginAttempt(database.pool, key, 1, { price: "old" })).resolves.toEqual({
      attempt: 1,
      request: { price: "old" },
    });
    await database.pool.query(
      "update provider_calls set attempted_at = attempted_at - interval '1 hour' where key = $1",
      [key],
    );
    const before = await read();
    await expect(beginAttempt(database.pool, key, 1, { price: "new" })).resolves.toEqual({
      attempt: 1,
      request: { price: "old" },
    });
    await expect(read()).resolves.toEqual(before);
    expect(before).toMatchObject({ attempt: 1, request: { price: "old" }, attemptedAt: expect.any(Number) });
  });

  it("is sent as one, whoever begins it at the same time", async () => {
    const { key } = await fresh();
    const begun = await parallel(20, (index) => beginAttempt(many, key, 1, { price: `${index}` }));
    expect(new Set(begun.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it("has new parameters and a new time in its next attempt, and an old one does not take it back", async () => {
    const { key, read } = await fresh();
    await beginAttempt(database.pool, key, 1, { price: "old" });
    await database.pool.query(
      "update provider_calls set attempted_at = attempted_at - interval '1 hour' where key = $1",
      [key],
    );
    const first = await read();
    await beginAttempt(database.pool, key, 2, { price: "new" });
    const second = await read();
    expect(second).toMatchObject({ attempt: 2, request: { price: "new" } });
    expect(second.attemptedAt).toBeGreaterThan(first.attemptedAt ?? Infinity);
    await expect(beginAttempt(database.pool, key, 1, { price: "old" })).resolves.toEqual({
      attempt: 2,
      request: { price: "new" },
    });
    await expect(read()).resolves.toEqual(second);
  });

  it("remembers that its key is spent until the next attempt", async () => {
    const { key, read } = await fresh();
    await beginAttempt(database.pool, key, 1, {});
    await noteUnknown(database.pool, key, "unavailable", false);
    await expect(read()).resolves.toMatchObject({ error: "unavailable", spent: false });
    await noteUnknown(database.pool, key, "replayed", true);
    await beginAttempt(database.pool, key, 1, {});
    await noteUnknown(database.pool, key, "no answer", false);
    await expect(read()).resolves.toMatchObject({ error: "no answer", spent: true, state: "pending" });
    await beginAttempt(database.pool, key, 2, {});
    await expect(read()).resolves.toMatchObject({ spent: false, attempt: 2 });
  });

  it("is not begun any more when it has ended", async () => {
    const { key, read } = await fresh();
    await beginAttempt(database.pool, key, 1, { price: "old" });
    await endCall(database.pool, key, { state: "done", result: session });
    await expect(beginAttempt(database.pool, key, 2, { price: "new" })).resolves.toBeUndefined();
    await expect(read()).resolves.toMatchObject({ state: "done", attempt: 1, result: session, error: null });
  });
});

const change = async (statement: string): Promise<void> => {
  const { key } = call();
  await attemptOf(database.pool, key, newSubscriptionId(), "stripe");
  await database.pool.query(`update provider_calls set ${statement} where key = $1`, [key]);
};

describe("what no call can be", () => {
  it.each([
    ["sent without what was sent", "attempt = 1, attempted_at = now()", "attempts_are_stored"],
    ["sent at no time", "attempt = 1, request = '{}'", "attempts_are_stored"],
    ["stored as sent and not counted", "attempted_at = now(), request = '{}'", "attempts_are_stored"],
    ["done without a result", "state = 'done'", "ends_have_their_result"],
    ["refused without a reason", "state = 'refused'", "ends_have_their_result"],
    ["ended and pending", "result = '{}'", "ends_have_their_result"],
    [
      "refused for a reason that nobody knows",
      "state = 'refused', reason = 'x'",
      "provider_calls_reason_check",
    ],
  ])("%s", async (_what, statement, constraint) => {
    await expectRefusal(change(statement), constraint);
  });
});
