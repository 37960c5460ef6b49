import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { historyFromJSON } from "@temporalio/common/lib/proto-utils.js";
import { Worker } from "@temporalio/worker";
import { beforeAll, expect, inject, test } from "vitest";
import { installRuntime } from "../setup/runtime.ts";

interface Recorded {
  readonly name: string;
  readonly text: string;
  readonly history: ReturnType<typeof historyFromJSON>;
}

const folder = new URL("histories/", import.meta.url);
const recorded: readonly Recorded[] = readdirSync(fileURLToPath(folder)).map((file) => {
  const text = readFileSync(new URL(file, folder), "utf8");
  return { name: file.replace(".json", ""), text, history: historyFromJSON(JSON.parse(text)) };
});

const events = recorded.flatMap(({ history }) => history.events ?? []);
const lines: string[] = [];
beforeAll(() => installRuntime((line) => lines.push(line)));

test("there is a history of each kind of thing that a workflow can meet", () => {
  expect(recorded.map(({ name }) => name).toSorted()).toEqual([
    "active",
    "cancel-clicked",
    "canceled",
    "checkout-expired",
    "continuation",
    "continuation-listed",
    "continued",
    "pending-command",
    "recovered",
    "refunded-after-end",
    "renewed",
    "route-event",
    "sweep",
    "unparked",
  ]);
  const activities = events.flatMap(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? [],
  );
  expect(new Set(activities)).toEqual(new Set(["observe", "perform", "deliver", "routeEvent", "sweep"]));
  const updates = events.flatMap(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name ?? [],
  );
  expect(new Set(updates)).toEqual(new Set(["checkout", "cancel", "resync", "unpark"]));
  expect(events.some((event) => event.timerFiredEventAttributes)).toBe(true);
  expect(events.some((event) => event.timerCanceledEventAttributes)).toBe(true);
  expect(events.some((event) => event.activityTaskFailedEventAttributes)).toBe(true);
  expect(events.some((event) => event.workflowExecutionContinuedAsNewEventAttributes)).toBe(true);
  expect(events.some((event) => event.workflowExecutionCompletedEventAttributes)).toBe(true);
});

test("among them are a command that was kept, and runs that go on from another, before and since they know their place in lists", () => {
  const words = new Map(recorded.map((each) => [each.name, wordsOf(each)]));
  expect(words.get("pending-command")).toContain('"state":"pending"');
  expect(words.get("continuation")).toContain('"carried":{');
  expect(words.get("continuation")).not.toContain('"listed":"{');
  expect(words.get("continuation-listed")).toContain('"listed":"{');
});

test("workflows that live today go on with this code: each history replays", async () => {
  const replays = Worker.runReplayHistories(
    { workflowBundle: { codePath: inject("workflowBundlePath") } },
    recorded.map(({ name, history }) => ({ workflowId: name, history })),
  );
  const results = new Map<string, string>();
  for await (const { workflowId, error } of replays) results.set(workflowId, error?.message ?? "replays");
  expect(results).toEqual(new Map(recorded.map(({ name }) => [name, "replays"])));
});

/** All that the history says, with its payloads read. */
function wordsOf({ text }: Recorded): string {
  return text.replaceAll(
    /"(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"/g,
    (base64) => `${base64} ${Buffer.from(base64, "base64").toString()}`,
  );
}

test.each(recorded.map((each) => [each.name, each] as const))(
  "R10: %s holds no e-mail address, no URL, no card number, no secret",
  (_, each) => {
    const words = wordsOf(each);
    expect(words.match(/[\w.+-]+@[\w-]+\.\w+/g)).toBeNull();
    expect(words.match(/\w+:\/\/[^\s"]*/g)).toBeNull();
    expect(words.match(/(?<![\w-])[3-6](?:[ -]?\d){13,18}(?![\w-])/g)).toBeNull();
    expect(words.match(/\b(?:sk|rk|whsec)_\w+/g)).toBeNull();
  },
);

test("R10: the payloads are really read for that", () => {
  expect(recorded.every((each) => wordsOf(each).includes("json/plain"))).toBe(true);
  const active = recorded.find(({ name }) => name === "active");
  expect(active && wordsOf(active)).toContain('"status":"active"');
});
