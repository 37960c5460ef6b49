import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SubscriptionId } from "../../domain/ids.ts";
import { DAY, MINUTE } from "../../domain/time.ts";
import { notArrived, routeArrival, storeArrival } from "../../store/arrivals.ts";
import { catchUpPoint, moveCatchUpPoint } from "../../store/catch-up-points.ts";
import type { Check } from "../../store/checks.ts";
import {
  closeDrifts,
  listedAs,
  livesListed,
  noteChecks,
  settleCheck,
  suspectedSince,
} from "../../store/checks.ts";
import { findEvent, routeEventTo } from "../../store/events.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { active, canceled, event, newCustomer, newSubscription, newSubscriptionId, START } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const check = (id: SubscriptionId, change: Partial<Check> = {}): Check => ({
  subscriptionId: id,
  provider: "stripe",
  providerSubscriptionId: `sub_of_${id}`,
  listed: true,
  facts: null,
  differences: [],
  ...change,
});

/** Notes one, and what a list has shown of it. */
const note = (id: SubscriptionId, differences: readonly string[], at: number): Promise<void> =>
  noteChecks(database.pool, [check(id, { differences })], at);

const found = (
  id: SubscriptionId,
  told: boolean,
  differences: readonly string[],
  now: number,
): Promise<void> => settleCheck(database.pool, id, { told, differences, version: 7, now });

const close = (now: number) => closeDrifts(database.pool, now - 10 * MINUTE, now, 10);

async function stateOf(id: SubscriptionId): Promise<object | undefined> {
  const { rows } = await database.pool.query<object>(
    "select state, differences, since, seen_at, drifted_at from subscription_checks where subscription_id = $1",
    [id],
  );
  return rows[0];
}

describe("a check", () => {
  it("holds what was seen last, and since when it is so", async () => {
    const id = newSubscriptionId();
    await note(id, [], START);
    await note(id, [], START + DAY);
    expect(await stateOf(id)).toMatchObject({ state: "same", since: START, seen_at: START + DAY });
    await note(id, ["status"], START + 2 * DAY);
    expect(await stateOf(id)).toMatchObject({
      state: "suspected",
      differences: ["status"],
      since: START + 2 * DAY,
    });
    await noteChecks(
      database.pool,
      [check(id, { listed: false, differences: ["missing"] })],
      START + 3 * DAY,
    );
    expect(await stateOf(id)).toMatchObject({
      state: "suspected",
      differences: ["missing"],
      seen_at: START + 2 * DAY,
    });
    await expect(listedAs(database.pool, id)).resolves.toEqual({
      provider: "stripe",
      providerSubscriptionId: `sub_of_${id}`,
    });
  });

  it("that was suspected is the same where the look shows no difference", async () => {
    const id = newSubscriptionId();
    await note(id, ["status"], START);
    await found(id, false, [], START + 1);
    expect(await stateOf(id)).toMatchObject({ state: "same", differences: [] });
  });

  it("whose wake was lost is found by the sweep, the longest first, until a look has been taken", async () => {
    const [first, second, seen] = [newSubscriptionId(), newSubscriptionId(), newSubscriptionId()];
    const longAgo = START - 300 * DAY;
    await note(second, ["status"], longAgo + 1);
    await note(first, ["status"], longAgo);
    await note(seen, ["status"], longAgo);
    await found(seen, false, [], longAgo + 1);
    await expect(suspectedSince(database.pool, longAgo + 2, 10)).resolves.toEqual([first, second]);
    await expect(suspectedSince(database.pool, longAgo + 2, 1)).resolves.toEqual([first]);
    await expect(suspectedSince(database.pool, longAgo, 10)).resolves.toEqual([]);
  });

  it("that was not suspected stays as it is, whatever a look shows", async () => {
    const id = newSubscriptionId();
    await note(id, [], START);
    await found(id, false, ["status"], START + 1);
    expect(await stateOf(id)).toMatchObject({ state: "same", since: START });
  });

  it("that the look confirms is drift after ten minutes, once, with the version of that look", async () => {
    const id = newSubscriptionId();
    await note(id, ["status"], START);
    await found(id, false, ["status", "ended_at"], START);
    // Neither another look nor another list takes it back, nor do they begin the ten minutes anew.
    await found(id, false, [], START + MINUTE);
    await note(id, [], START + MINUTE);
    expect(await stateOf(id)).toMatchObject({ state: "confirmed", since: START });
    await expect(close(START + 10 * MINUTE - 1)).resolves.toEqual([]);
    await expect(close(START + 10 * MINUTE)).resolves.toEqual([
      {
        subscriptionId: id,
        provider: "stripe",
        providerSubscriptionId: `sub_of_${id}`,
        differences: ["status", "ended_at"],
        version: 7,
      },
    ]);
    await expect(close(START + DAY)).resolves.toEqual([]);
    // What is seen later does not undo that there was drift.
    await note(id, [], START + DAY);
    expect(await stateOf(id)).toMatchObject({ state: "same", drifted_at: START + 10 * MINUTE });
  });

  it("that an event explains is no drift, be it applied or waiting for its turn", async () => {
    const [applied, waiting] = [newSubscriptionId(), newSubscriptionId()];
    for (const id of [applied, waiting]) {
      await note(id, ["status"], START);
      await found(id, false, ["status"], START);
    }
    await found(applied, true, [], START + 9 * MINUTE);
    const { pool } = database;
    await storeArrival(pool, event({ id: "evt_waiting" }), { kind: "customer" });
    await routeEventTo(pool, "stripe", "evt_waiting", waiting, {});
    await expect(close(START + 10 * MINUTE)).resolves.toEqual([]);
    expect(await stateOf(applied)).toMatchObject({ state: "explained", differences: ["status"] });
    expect(await stateOf(waiting)).toMatchObject({ state: "confirmed" });
  });
});

it("who has not ended and had begun is either in the list or not, page by page", async () => {
  const { pool } = database;
  const [first, second, third] = (
    await Promise.all([newSubscription(pool), newSubscription(pool), newSubscription(pool)])
  ).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (first === undefined || second === undefined || third === undefined) throw new Error("three were made");
  await newSubscription(pool, {
    customerId: await newCustomer(pool),
    subscription: canceled(active()),
    nextDeadline: null,
  });
  await note(first.id, [], START + DAY);
  await note(second.id, [], START + 1);
  const page = (after: SubscriptionId | null, limit: number) =>
    livesListed(pool, "stripe", START + DAY, after, limit);

  const all = [
    { id: first.id, providerSubscriptionId: first.subscription.terms.providerSubscriptionId, isSeen: true },
    {
      id: second.id,
      providerSubscriptionId: second.subscription.terms.providerSubscriptionId,
      isSeen: false,
    },
    { id: third.id, providerSubscriptionId: third.subscription.terms.providerSubscriptionId, isSeen: false },
  ];
  await expect(page(null, 10)).resolves.toEqual(all);
  await expect(page(first.id, 1)).resolves.toEqual([all[1]]);
  await expect(page(third.id, 10)).resolves.toEqual([]);
  await expect(livesListed(pool, "stripe", START, null, 10)).resolves.toEqual([]);
});

it("the point begins with the database, and moves forward only", async () => {
  const { pool } = database;
  const { rows } = await pool.query<{ at: number }>("select min(published_at) as at from catalog_versions");
  const beginning = rows[0]?.at ?? 0;
  await expect(catchUpPoint(pool, "stripe")).resolves.toBe(beginning);
  await moveCatchUpPoint(pool, "stripe", beginning + DAY);
  await moveCatchUpPoint(pool, "stripe", beginning);
  await expect(catchUpPoint(pool, "stripe")).resolves.toBe(beginning + DAY);
  await expect(catchUpPoint(pool, "razorpay")).resolves.toBe(beginning);
});

it("R1, R14: an event is kept once, with what its text says that it is about, and routed by what is recorded", async () => {
  const { pool } = database;
  const { id, subscription } = await newSubscription(pool);
  const subject = {
    reference: null,
    subscriptionId: subscription.terms.providerSubscriptionId,
    sessionId: null,
    paymentId: null,
    invoiceId: null,
  };
  const ours = { kind: "subject", subject } as const;
  await expect(storeArrival(pool, event({ id: "evt_ours" }), ours)).resolves.toBe(true);
  await expect(storeArrival(pool, event({ id: "evt_ours" }), ours)).resolves.toBe(false);
  await expect(routeArrival(pool, "stripe", "evt_ours", ours)).resolves.toBe(id);
  await storeArrival(pool, event({ id: "evt_noise" }), { kind: "ignore", reason: "a draft" });
  await expect(findEvent(pool, "stripe", "evt_noise")).resolves.toMatchObject({
    state: "ignored",
    reason: "a draft",
  });
  const theirs = { kind: "subject", subject: { ...subject, subscriptionId: "sub_theirs" } } as const;
  await storeArrival(pool, event({ id: "evt_theirs" }), theirs);
  await expect(routeArrival(pool, "stripe", "evt_theirs", theirs)).resolves.toBeUndefined();
  await expect(notArrived(pool, "stripe", ["evt_ours", "evt_lost", "evt_noise"])).resolves.toEqual(
    new Set(["evt_lost"]),
  );
});
