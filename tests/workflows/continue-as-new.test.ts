import { Worker } from "@temporalio/worker";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { WorkerDecoration } from "../../cli/worker-process.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import { clockOffset } from "../../store/clock.ts";
import type { AskedBy, CommandReply, SubscriptionInput } from "../../workflows/contract.ts";
import { allApplied, control, eventually, reaches } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { type Customer, commandRows, settledCustomer } from "./by-hand.ts";
import {
  atRest,
  brokenTasksOf,
  detailsOf,
  eventsOf,
  type HistoryEvent,
  handleOf,
  timersOf,
} from "./history.ts";

let system: System;
/** Of whom another command is asked in each turn, after its look; and the answers. */
const crowded = new Map<SubscriptionId, Map<string, Promise<CommandReply>>>();

beforeAll(async () => {
  system = await startSystem({ worker: decoration });
});
afterAll(() => system.stop());

const decoration: WorkerDecoration = {
  activities: (activities) => ({
    ...activities,
    async observe(id) {
      const observed = await activities.observe(id);
      const answers = crowded.get(id);
      if (answers !== undefined) {
        const update = await handleOf(system, id).startUpdate<CommandReply, [AskedBy]>("resync", {
          args: [{ by: "maria", id: `crowd-${answers.size}` }],
          waitForStage: "ACCEPTED",
        });
        answers.set(`crowd-${answers.size}`, update.result());
      }
      return observed;
    },
  }),
};

const runOf = async (id: SubscriptionId): Promise<string> => (await handleOf(system, id).describe()).runId;

function inputOf(events: readonly HistoryEvent[]): SubscriptionInput {
  const [payload] = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return JSON.parse(Buffer.from(payload?.data ?? []).toString()) as SubscriptionInput;
}

describe("where wakes come all the time and somebody always waits for an answer", () => {
  const answers = new Map<string, Promise<CommandReply>>();
  let customer: Customer;
  let earlier: CommandReply;
  let first: string;
  let second: string;

  beforeAll(async () => {
    await control(system, "POST", "/advance", { hours: 1 });
    customer = await settledCustomer(system);
    const { id } = customer;
    earlier = await system.gateway.command(id, "resync", "earlier", { by: "maria" }, 20_000);
    first = await runOf(id);
    crowded.set(id, answers);
    second = await eventually(
      "another run has followed",
      async () => {
        await system.gateway.wakeNow(id);
        const run = await runOf(id);
        return run !== first && run;
      },
      50_000,
    );
    crowded.delete(id);
  });

  test("a run ends all the same, after some 600 events and before 1,000, and replays", async () => {
    const history = await handleOf(system, customer.id, first).fetchHistory();
    const events = history.events ?? [];
    expect(events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes).toBeTruthy();
    expect(events.length).toBeGreaterThan(600);
    expect(events.length).toBeLessThan(1_000);
    expect(brokenTasksOf(events)).toEqual([]);
    const workflowBundle = { codePath: inject("workflowBundlePath") };
    await expect(Worker.runReplayHistory({ workflowBundle }, history)).resolves.toBeUndefined();
  });

  test("each command is carried out, and its asker has the answer or knows that it is kept", async () => {
    const states = new Set<string>();
    for (const [commandId, answer] of answers) {
      const { state, what } = await answer;
      states.add(state);
      const outcome = await eventually(`${commandId} has its outcome`, async () => {
        const [row] = await commandRows(system, customer.id, commandId);
        return row?.outcome;
      });
      expect(outcome).toMatchObject({ state: "done" });
      if (state === "pending") expect(what).toBe("Much is going on; the command is kept");
      else expect(outcome).toEqual({ state, what });
    }
    expect(states).toEqual(new Set(["done", "pending"]));
  });

  test("a command of an earlier run is answered as it was then", async () => {
    const { id } = customer;
    expect(await system.gateway.command(id, "resync", "earlier", { by: "maria" }, 20_000)).toEqual(earlier);
    expect(await commandRows(system, id, "earlier")).toHaveLength(1);
  });

  test("the next run has deadline, standing and clock of the last", async () => {
    const row = await reaches(system, customer.id, "active");
    expect(inputOf(await eventsOf(handleOf(system, customer.id, second))).carried).toMatchObject({
      deadline: row.nextDeadline,
      offsetMs: await clockOffset(system.database.pool),
      standing: {
        state: "active",
        since: new Date(row.subscription.since).toISOString(),
        nextDeadline: new Date(row.nextDeadline ?? 0).toISOString(),
      },
    });
    expect(timersOf(await atRest(system, customer.id)).at(-1)).toMatch(/Next deadline|monthly/);
  });

  test("it keeps its place in lists and its details", async () => {
    const handle = handleOf(system, customer.id);
    const { typedSearchAttributes } = await handle.describe();
    const listed = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    expect(Object.fromEntries(listed)).toMatchObject({
      BillingStatus: "active",
      BillingReceipt: customer.receipt,
      ProviderSubscriptionId: customer.providerId,
    });
    expect(await detailsOf(handle)).toContain("**State:** active");
  });

  test("what happens in the next run is heeded, and its result is the last word", async () => {
    await control(system, "POST", `/subscriptions/${customer.providerId}/cancel`);
    await reaches(system, customer.id, "canceled");
    expect(await allApplied(system)).not.toHaveProperty("parked");
    expect(await handleOf(system, customer.id).result()).toMatchObject({ state: "canceled" });
  });
});
