import { readFileSync } from "node:fs";
import { historyFromJSON } from "@temporalio/common/lib/proto-utils.js";
import { describe, expect, test } from "vitest";
import { type Actions, actionsOf, totalOf } from "./actions.ts";

/** Events as JSON, such as `temporal workflow show --output json` writes them. */
const actionsIn = (json: unknown): Actions => actionsOf(historyFromJSON(json).events ?? []);

const recorded = (name: string): Actions =>
  actionsIn(JSON.parse(readFileSync(new URL(`histories/${name}.json`, import.meta.url), "utf8")));

describe("the actions of a recorded history are those that were counted in it by hand", () => {
  test.each<[string, Actions]>([
    ["sweep", { start: 1, schedule: 2, activity: 1, heartbeat: 1 }],
    ["route-event", { start: 1, activity: 1 }],
    [
      "active",
      {
        start: 1,
        update: 1,
        signal: 2,
        timer: 2,
        activity: 7,
        heartbeat: 1,
        "local activities": 4,
        "search attributes": 2,
      },
    ],
    [
      "continuation",
      { start: 1, signal: 1, timer: 1, activity: 2, "local activities": 2, "search attributes": 1 },
    ],
    [
      "refunded-after-end",
      { start: 1, signal: 1, activity: 2, "local activities": 1, "search attributes": 1 },
    ],
  ])("%s", (name, actions) => {
    expect(recorded(name)).toEqual(actions);
  });

  test("pending-command, whose activities were tried again", () => {
    expect(recorded("pending-command")).toMatchObject({ activity: 14 });
  });
});

const marker = (task: string) => ({
  eventType: "EVENT_TYPE_MARKER_RECORDED",
  markerRecordedEventAttributes: { markerName: "core_local_activity", workflowTaskCompletedEventId: task },
});
const upsert = (...names: readonly string[]) => ({
  eventType: "EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
  upsertWorkflowSearchAttributesEventAttributes: {
    searchAttributes: { indexedFields: Object.fromEntries(names.map((name) => [name, { data: "" }])) },
  },
});
const task = (which: "Scheduled" | "Completed") => ({
  eventType: `EVENT_TYPE_WORKFLOW_TASK_${which.toUpperCase()}`,
  [`workflowTask${which}EventAttributes`]: {},
});
const at = (seconds: number): string => new Date(seconds * 1_000).toISOString();

test.each<[string, readonly object[], Actions]>([
  [
    "the markers of one task are one action",
    [marker("4"), marker("4"), marker("9")],
    { "local activities": 2 },
  ],
  [
    "a task that goes on for its local activity is one more",
    [task("Completed"), task("Scheduled")],
    { "local activities": 1 },
  ],
  ["a task that something has called for is free", [task("Scheduled"), task("Completed")], {}],
  [
    "many search attributes at once are one action",
    [upsert("BillingTier", "PeriodEnd")],
    { "search attributes": 1 },
  ],
  ["the list of patches is free", [upsert("TemporalChangeVersion")], {}],
  [
    "an activity is its attempts, and the heartbeats that get through",
    [
      {
        eventId: "5",
        eventType: "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED",
        activityTaskScheduledEventAttributes: { heartbeatTimeout: "10s" },
      },
      {
        eventType: "EVENT_TYPE_ACTIVITY_TASK_STARTED",
        eventTime: at(100),
        activityTaskStartedEventAttributes: { scheduledEventId: "5", attempt: 3 },
      },
      {
        eventType: "EVENT_TYPE_ACTIVITY_TASK_COMPLETED",
        eventTime: at(117),
        activityTaskCompletedEventAttributes: { scheduledEventId: "5" },
      },
    ],
    { activity: 3, heartbeat: 3 },
  ],
  [
    "a reset is one",
    [
      {
        eventType: "EVENT_TYPE_WORKFLOW_TASK_FAILED",
        workflowTaskFailedEventAttributes: { failure: { resetWorkflowFailureInfo: {} } },
      },
    ],
    { reset: 1 },
  ],
])("%s", (_, events, actions) => {
  expect(actionsIn({ events })).toEqual(actions);
});

test("nothing is free because nobody has thought of it", () => {
  const child = {
    eventType: "EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED",
    childWorkflowExecutionStartedEventAttributes: {},
  };
  expect(() => actionsIn({ events: [child] })).toThrow(
    "what childWorkflowExecutionStarted costs is not known here",
  );
});

test("actions of several runs add up", () => {
  expect(totalOf({ start: 1, signal: 2 }, {}, { signal: 3 })).toBe(6);
});
