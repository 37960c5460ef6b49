import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SubscriptionId } from "../../domain/ids.ts";
import type { EventState } from "../../store/events.ts";
import {
  endEvent,
  eventsUnrouted,
  insertEvent,
  listEvents,
  oldestUnappliedSeconds,
  routeEventTo,
  subscriptionsWaiting,
} from "../../store/events.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { event, newSubscriptionId } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterEach(() => database.pool.query("delete from webhook_events"));
afterAll(() => database.drop());

/** An event that came so many seconds ago. */
async function came(
  id: string,
  secondsAgo: number,
  { owner = null, state = "received" }: { owner?: SubscriptionId | null; state?: EventState } = {},
): Promise<void> {
  const { pool } = database;
  await insertEvent(pool, event({ id, payload: { id } }));
  if (owner !== null) await routeEventTo(pool, "stripe", id, owner, {});
  if (state !== "received") await endEvent(pool, "stripe", id, state, state === "applied" ? null : "because");
  await pool.query(
    "update webhook_events set received_at = now() - make_interval(secs => $2) where id = $1",
    [id, secondsAgo],
  );
}

const named = (id: string) => ({ provider: "stripe", id });

describe("for the sweep", () => {
  it("R1: subscriptions wait by their oldest event, each once, the longest first", async () => {
    const [first, second] = [newSubscriptionId(), newSubscriptionId()];
    await came("evt_1", 100, { owner: second });
    await came("evt_2", 300, { owner: first });
    await came("evt_3", 50, { owner: first });
    await came("evt_4", 2, { owner: newSubscriptionId() });
    await came("evt_5", 900, { owner: newSubscriptionId(), state: "applied" });
    await came("evt_6", 900);
    await expect(subscriptionsWaiting(database.pool, 30, 10)).resolves.toEqual([first, second]);
    await expect(subscriptionsWaiting(database.pool, 30, 1)).resolves.toEqual([first]);
  });

  it("R2: what has no route waits apart, the longest first", async () => {
    await came("evt_1", 100);
    await came("evt_2", 300);
    await came("evt_3", 2);
    await came("evt_4", 900, { state: "parked" });
    await came("evt_5", 900, { owner: newSubscriptionId() });
    await expect(eventsUnrouted(database.pool, 30, 10)).resolves.toEqual([named("evt_2"), named("evt_1")]);
    await expect(eventsUnrouted(database.pool, 30, 1)).resolves.toEqual([named("evt_2")]);
  });
});

it("for the API's alarm: how long the oldest has waited, routed or not; null when none waits", async () => {
  await expect(oldestUnappliedSeconds(database.pool)).resolves.toBeNull();
  await came("evt_1", 900, { state: "parked" });
  await expect(oldestUnappliedSeconds(database.pool)).resolves.toBeNull();
  await came("evt_2", 10);
  await came("evt_3", 60.5, { owner: newSubscriptionId() });
  const seconds = await oldestUnappliedSeconds(database.pool);
  expect(seconds).toBeGreaterThanOrEqual(60.5);
  expect(seconds).toBeLessThan(70);
});

const listed = async (filter: Parameters<typeof listEvents>[1]): Promise<string[]> =>
  (await listEvents(database.pool, filter)).map(({ id }) => id);

it("for operators: the newest first, of one state or of all", async () => {
  await came("evt_1", 30, { state: "parked" });
  await came("evt_2", 20, { state: "applied" });
  await came("evt_3", 10, { state: "parked" });
  await came("evt_4", 40);
  await expect(listed({ limit: 10 })).resolves.toEqual(["evt_3", "evt_2", "evt_1", "evt_4"]);
  await expect(listed({ limit: 2 })).resolves.toEqual(["evt_3", "evt_2"]);
  await expect(listed({ state: "parked", limit: 10 })).resolves.toEqual(["evt_3", "evt_1"]);
  await expect(listed({ state: "ignored", limit: 10 })).resolves.toEqual([]);
});

const is = (id: string, processed: boolean) => ({
  id,
  event_type: "invoice.paid",
  payload: { id },
  processed,
  // What is parked was tried, and is not processed.
  processed_at: processed ? expect.any(Number) : null,
  received_at: expect.any(Number),
});

it("the view stripe_events has Stripe's events in the columns that people know", async () => {
  await came("evt_1", 10);
  await came("evt_2", 10, { state: "applied" });
  await came("evt_3", 10, { state: "ignored" });
  await came("evt_4", 10, { state: "parked" });
  await insertEvent(database.pool, event({ provider: "razorpay" }));
  const { rows, fields } = await database.pool.query("select * from stripe_events order by id");
  expect(fields.map(({ name }) => name)).toEqual([
    "id",
    "event_type",
    "payload",
    "processed",
    "processed_at",
    "received_at",
  ]);
  expect(rows).toEqual([is("evt_1", false), is("evt_2", true), is("evt_3", true), is("evt_4", false)]);
});
