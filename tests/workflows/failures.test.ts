import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SubscriptionId } from "../../domain/ids.ts";
import { control, eventually, reaches } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { appliedTo, settledCustomer } from "./by-hand.ts";
import { brokenTasksOf, eventsOf, type HistoryEvent, handleOf, summaryOf, timesOf } from "./history.ts";

let system: System;
/** In which activity of whom a mistake of ours is planted. */
const broken = new Map<SubscriptionId, "observe" | "settle" | "deliver" | "conflict">();

beforeAll(async () => {
  system = await startSystem({
    worker: {
      deps: (deps) => ({
        ...deps,
        channels: deps.channels.map((channel) => ({
          ...channel,
          send: (alert) =>
            [...broken].some(([id, where]) => where === "deliver" && alert.fields["subscription"] === id)
              ? Promise.reject(new Error("planted"))
              : channel.send(alert),
        })),
      }),
      activities: (activities) => ({
        ...activities,
        async observe(id) {
          const observed = await activities.observe(id);
          // A mistake as they are made: something is read of what is not there.
          return broken.get(id) === "observe" ? JSON.parse("null").observation : observed;
        },
        settle: (input) =>
          broken.get(input.subscriptionId) === "conflict"
            ? Promise.resolve({ kind: "conflict" })
            : activities.settle(
                broken.get(input.subscriptionId) === "settle" ? JSON.parse('{"subscriptionId": 7}') : input,
              ),
      }),
    },
  });
});
afterAll(() => system.stop());

/** Ends the subscription at the provider and waits until a turn has failed over it. */
async function failedTurn(id: SubscriptionId, providerId: string): Promise<readonly HistoryEvent[]> {
  await control(system, "POST", `/subscriptions/${providerId}/cancel`);
  return await eventually("a turn has failed", async () => {
    const events = await eventsOf(handleOf(system, id));
    return (
      events.some((event) => event.timerStartedEventAttributes && summaryOf(event) === "Try again") && events
    );
  });
}

async function livesOn(id: SubscriptionId): Promise<void> {
  expect((await handleOf(system, id).describe()).status.name).toBe("RUNNING");
  expect(brokenTasksOf(await eventsOf(handleOf(system, id)))).toEqual([]);
}

const causesOf = (events: readonly HistoryEvent[]): readonly unknown[] =>
  events.flatMap(
    (event) =>
      event.activityTaskFailedEventAttributes?.failure?.message ??
      event.markerRecordedEventAttributes?.failure?.message ??
      [],
  );

test("R7: a database that cannot write is a later try", async () => {
  const { id, providerId } = await settledCustomer(system);
  await system.database.pool.query("alter table timeline rename to timeline_away");
  try {
    const events = await failedTurn(id, providerId);
    await livesOn(id);
    expect(new Set(causesOf(events))).toEqual(new Set(["database error 42P01"]));
  } finally {
    await system.database.pool.query("alter table timeline_away rename to timeline");
  }
  await reaches(system, id, "canceled");
});

describe.concurrent("what befalls one subscription", () => {
  test("R7: a provider that is away is a later try, and what happened meanwhile is found then", async () => {
    const { id, providerId } = await settledCustomer(system);
    await control(system, "POST", "/knobs", {
      errors: [{ match: { method: "GET", path: `/v1/subscriptions/${providerId}` }, kind: "500" }],
    });
    const events = await failedTurn(id, providerId);
    await livesOn(id);
    // R10: a kind and a code, none of its words.
    expect(new Set(causesOf(events))).toEqual(new Set(["unavailable http_500"]));
    await control(system, "POST", "/knobs/reset");
    await reaches(system, id, "canceled");
    await appliedTo(system, id);
    expect(brokenTasksOf(await eventsOf(handleOf(system, id)))).toEqual([]);
  });

  test("R7: a mistake of ours is a later try: after the mending deploy all goes on", async () => {
    const { id, providerId } = await settledCustomer(system);
    broken.set(id, "observe");
    const events = await failedTurn(id, providerId);
    await livesOn(id);
    expect(causesOf(events)).not.toEqual([]);
    broken.delete(id);
    await reaches(system, id, "canceled");
    expect(await handleOf(system, id).result()).toMatchObject({ state: "canceled" });
  });

  test("R6: alerts that cannot be sent keep nothing else back, and stay owed", async () => {
    const { id, providerId } = await settledCustomer(system);
    broken.set(id, "deliver");
    await control(system, "POST", `/subscriptions/${providerId}/cancel`);
    expect(await handleOf(system, id).result()).toMatchObject({ state: "canceled" });
    const { rows } = await system.database.pool.query<object>(
      `select key, delivered_at, attempts, last_error from alerts join deliveries on alert_key = key
     where key = $1`,
      [`subscription_canceled:${providerId}`],
    );
    expect(rows).toEqual([
      { key: `subscription_canceled:${providerId}`, delivered_at: null, attempts: 1, last_error: "planted" },
    ]);
  });

  test("R7: tries follow each other at growing distances, and a new event is looked at at once", async () => {
    const { id, providerId } = await settledCustomer(system);
    broken.set(id, "settle");
    const events = await failedTurn(id, providerId);
    const waits = events.flatMap((event) =>
      summaryOf(event) === "Try again" ? (event.timerStartedEventAttributes?.startToFireTimeout ?? []) : [],
    );
    expect(Number(waits[0]?.seconds) + Number(waits[0]?.nanos) / 1e9).toBeCloseTo(2, 0);
    const turns = timesOf(events, "observe");
    await system.gateway.wakeNow(id);
    await eventually("the wake is heeded before the next try", async () => {
      const now = await eventsOf(handleOf(system, id));
      return timesOf(now, "observe") > turns;
    });
    const second = await eventually("the second wait is longer", async () =>
      (await eventsOf(handleOf(system, id)))
        .filter((event) => summaryOf(event) === "Try again" && event.timerStartedEventAttributes)
        .at(1),
    );
    expect(Number(second.timerStartedEventAttributes?.startToFireTimeout?.seconds)).toBeGreaterThanOrEqual(3);
    broken.delete(id);
    await system.gateway.wakeNow(id);
    await reaches(system, id, "canceled");
  });

  test("R5: conflicts are looked at again at once, and where they do not end, later", async () => {
    const { id, providerId } = await settledCustomer(system);
    const before = timesOf(await eventsOf(handleOf(system, id)), "settle");
    broken.set(id, "conflict");
    const events = await failedTurn(id, providerId);
    expect(timesOf(events, "settle") - before).toBeGreaterThanOrEqual(4);
    await livesOn(id);
    broken.delete(id);
    await reaches(system, id, "canceled");
  });
});
