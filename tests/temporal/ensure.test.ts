import type { Client } from "@temporalio/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DAY, HOUR } from "../../domain/time.ts";
import { type EnsureOptions, ensureTemporal } from "../../temporal/ensure.ts";
import { SEARCH_ATTRIBUTES } from "../../temporal/search-attributes.ts";
import { CATCH_UP_SCHEDULE, SWEEP_SCHEDULE, VERIFY_SCHEDULE } from "../../workflows/contract.ts";
import { eventually } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";

let system: System;
let client: Client;
beforeAll(async () => {
  system = await startSystem({ api: false, worker: false });
  client = system.temporal;
});
afterAll(() => system.stop());

const ensure = (change: Partial<EnsureOptions> = {}): Promise<void> =>
  ensureTemporal(client, {
    namespace: system.namespace,
    sweepEveryMs: HOUR,
    verifyEveryMs: 30 * DAY,
    catchUpEveryMs: 30 * DAY,
    ...change,
  });

async function scheduleNow(id = SWEEP_SCHEDULE) {
  const { spec, action, policies, state, info } = await client.schedule.getHandle(id).describe();
  return { spec, action, policies, state, created: info.createdAt };
}

test("registers the search attributes that workflows are listed by", async () => {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({
    namespace: system.namespace,
  });
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
});

test("the sweep is a schedule that operators see, with its interval", async () => {
  expect(await scheduleNow()).toMatchObject({
    spec: { intervals: [{ every: 3_600_000 }] },
    action: { type: "startWorkflow", workflowType: "sweep", taskQueue: "perennial" },
    policies: { overlap: "SKIP", catchupWindow: 60_000 },
    state: { paused: false },
  });
  const listed = await eventually("it is in the list", async () => {
    for await (const schedule of client.schedule.list()) {
      if (schedule.scheduleId === SWEEP_SCHEDULE) return schedule;
    }
    return undefined;
  });
  expect(listed.spec?.intervals).toMatchObject([{ every: 3_600_000 }]);
});

test.each([
  [VERIFY_SCHEDULE, "verify", { verifyEveryMs: 20 * DAY }],
  [CATCH_UP_SCHEDULE, "catchUp", { catchUpEveryMs: 20 * DAY }],
])("%s is one, too, never twice at once, with an interval of its own", async (id, workflowType, change) => {
  const before = await scheduleNow(id);
  expect(before).toMatchObject({
    spec: { intervals: [{ every: 30 * DAY }] },
    action: { type: "startWorkflow", workflowType, taskQueue: "perennial" },
    policies: { overlap: "SKIP" },
  });
  await ensure(change);
  expect(await scheduleNow(id)).toEqual({
    ...before,
    spec: { ...before.spec, intervals: [expect.objectContaining({ every: 20 * DAY })] },
  });
});

test("again, and four times at once, it changes nothing", async () => {
  const before = await scheduleNow();
  await ensure();
  await Promise.all([ensure(), ensure(), ensure(), ensure()]);
  expect(await scheduleNow()).toEqual(before);
});

test("a changed interval is taken over, and a pause by an operator stays", async () => {
  await client.schedule.getHandle(SWEEP_SCHEDULE).pause("looking at something");
  await ensure({ sweepEveryMs: 60_000 });
  expect(await scheduleNow()).toMatchObject({
    spec: { intervals: [{ every: 60_000 }] },
    state: { paused: true, note: "looking at something" },
  });
});

test("a search attribute of another type stops the start and is named", async () => {
  const { operatorService } = client.connection;
  await operatorService.removeSearchAttributes({
    namespace: system.namespace,
    searchAttributes: ["BillingTier"],
  });
  await eventually("it can be registered anew", () =>
    operatorService
      .addSearchAttributes({
        namespace: system.namespace,
        searchAttributes: Object.fromEntries([["BillingTier", 3]]),
      })
      .then(
        () => true,
        () => false,
      ),
  );
  await expect(ensure()).rejects.toThrow(
    `Temporal's namespace ${system.namespace} has a search attribute BillingTier of another type than ours`,
  );
});
