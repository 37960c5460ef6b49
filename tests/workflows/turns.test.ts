import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WorkerDecoration } from "../../cli/worker-process.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import { timelineOf } from "../../store/timeline.ts";
import { allApplied, control, eventually, reaches, subscribe } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { settledCustomer } from "./by-hand.ts";
import { createGate } from "./gate.ts";
import { atRest, brokenTasksOf, eventsOf, handleOf, quiet, signalsOf, timersOf, timesOf } from "./history.ts";

let system: System;
const gate = createGate();
/** Whose looks fail. */
const failing = new Set<SubscriptionId>();

const decoration: WorkerDecoration = {
  activities: (activities) => ({
    ...activities,
    async observe(id) {
      if (failing.has(id)) throw new TypeError("planted");
      const observed = await activities.observe(id);
      await gate.pass(id);
      return observed;
    },
  }),
};

beforeAll(async () => {
  system = await startSystem({ worker: decoration });
});
afterAll(() => system.stop());

test("R5: a hundred wakes at once are a few turns", async () => {
  const { id } = await settledCustomer(system);
  const before = await quiet(system, id);
  await Promise.all(Array.from({ length: 100 }, () => system.gateway.wakeNow(id)));
  const after = await eventually("all wakes have come and were heard", async () => {
    const events = await atRest(system, id);
    return signalsOf(events) === signalsOf(before) + 100 && events;
  });
  expect(timesOf(after, "settle") - timesOf(before, "settle")).toBeGreaterThan(0);
  expect(timesOf(after, "settle") - timesOf(before, "settle")).toBeLessThan(30);
});

test("R5: a hundred wakes within 200 ms are one signal and one turn", async () => {
  const { id } = await settledCustomer(system);
  const before = await quiet(system, id);
  for (let wakes = 0; wakes < 100; wakes += 1) system.gateway.wake(id);
  const after = await eventually("the wake was heard", async () => {
    const events = await atRest(system, id);
    return events.length > before.length && events;
  });
  expect(signalsOf(after) - signalsOf(before)).toBe(1);
  expect(timesOf(after, "settle") - timesOf(before, "settle")).toBe(1);
});

test("R3: what happens while a turn is looking is found by the next turn, without anybody's help", async () => {
  const { id, providerId } = await settledCustomer(system);
  const held = gate.hold(id);
  await system.gateway.wakeNow(id);
  await held.arrived;
  // The turn has looked already: it saw it active.
  const signals = signalsOf(await eventsOf(handleOf(system, id)));
  await control(system, "POST", `/subscriptions/${providerId}/cancel`);
  await eventually(
    "the wake has come",
    async () => signalsOf(await eventsOf(handleOf(system, id))) > signals,
  );
  held.release();
  await reaches(system, id, "canceled");
  expect(await allApplied(system)).not.toHaveProperty("parked");
});

/** What woke the turn that changed it last. */
const wokenBy = async (id: SubscriptionId): Promise<unknown> =>
  (await timelineOf(system.database.pool, id)).at(-1)?.cause;

describe("two deadlines that pass while no worker is there", () => {
  let heeded: SubscriptionId;
  let failed: SubscriptionId;

  /** Past due, since their cards declined; the end of their grace is the deadline. */
  beforeAll(async () => {
    const both = await Promise.all([subscribe(system), subscribe(system)]);
    [heeded, failed] = [both[0].id, both[1].id];
    const customers = both.map(({ row }) => row.subscription.terms.providerCustomerId);
    const putCards = (card: string) =>
      Promise.all(
        customers.map((customer) => control(system, "POST", `/customers/${customer}/card`, { card })),
      );
    await control(system, "POST", "/knobs", { billing: { retry_days: [60] } });
    await putCards("4000000000000341");
    await control(system, "POST", "/advance", { months: 1, hours: 2 });
    const rows = await Promise.all(both.map(({ id }) => reaches(system, id, "past_due")));
    const deadline = Math.min(...rows.map(({ nextDeadline }) => nextDeadline ?? 0));
    await control(system, "POST", "/advance", { to: deadline - 3_000 });
    await allApplied(system);
    await Promise.all(both.map(({ id }) => atRest(system, id)));
    await system.stopWorker();
    // Paid, and no webhook says so: only a look can tell.
    await control(system, "POST", "/knobs", { delivery: { drop: 1 } });
    await putCards("4242424242424242");
    const { rows: invoices } = await system.database.pool.query<{ id: string }>(
      "select invoice_id as id from payments where status = 'failed'",
    );
    for (const { id } of invoices) await control(system, "POST", `/invoices/${id}/pay`);
    await control(system, "POST", "/idle");
    await control(system, "POST", "/knobs/reset");
    await eventually("both timers have fired", async () => {
      const all = await Promise.all(both.map(({ id }) => eventsOf(handleOf(system, id))));
      return all.every((events) => events.at(-1)?.workflowTaskScheduledEventAttributes);
    });
    failing.add(failed);
    await system.startWorker(decoration);
  });

  test("R7: a deadline that passed is heeded when a worker is back", async () => {
    await reaches(system, heeded, "active");
    expect(await wokenBy(heeded)).toMatchObject({ woken_by: "deadline", events: [] });
  });

  test("R7: where its turn fails it waits for the next try: no turn after turn", async () => {
    const events = await eventually("the turn of the deadline has failed", async () => {
      const rest = await atRest(system, failed);
      return timersOf(rest).at(-1) === "Try again" && rest;
    });
    const fired = events.findLastIndex((event) => event.timerFiredEventAttributes);
    expect(timesOf(events.slice(fired), "observe")).toBe(1);
    expect(brokenTasksOf(events)).toEqual([]);
    failing.delete(failed);
    await reaches(system, failed, "active");
    expect(await wokenBy(failed)).toMatchObject({ woken_by: "retry", events: [] });
  });
});
