import { describe, expect, test } from "vitest";
import { subscriptionId } from "../../domain/ids.ts";
import type { SubscriptionInput } from "../../workflows/contract.ts";
import { begin, carry, isLong, isOver, nextWait, type Run } from "../../workflows/run.ts";

const ID = subscriptionId("00000000-0000-4000-8000-000000000001");
const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
/** When the run began. */
const BEGAN = new Date(NOW);

const run = (change: Partial<Run> = {}): Run => ({
  ...begin({ subscriptionId: ID }),
  dirty: false,
  ...change,
});

describe("a new run", () => {
  test("R8: has the id as its only input, and looks at once", () => {
    expect(begin({ subscriptionId: ID })).toMatchObject({ dirty: true, asked: [], deadline: null });
  });

  test("goes on where the last one was, though everything has been JSON in between", () => {
    const before = run({
      dirty: true,
      asked: [{ id: "c-1", kind: "cancel", by: "maria", why: null }],
      deadline: NOW + DAY,
      offsetMs: 31 * DAY,
      standing: {
        state: "past_due",
        since: "2026-01-01T00:00:00.000Z",
        why: "The provider changed it",
        nextDeadline: "2026-01-02T00:00:00.000Z",
        needsAttention: null,
      },
      listed: '{"status":"past_due"}',
    });
    const input = JSON.parse(
      JSON.stringify({ subscriptionId: ID, carried: carry(before) }),
    ) as SubscriptionInput;
    const { dirty, asked, deadline, offsetMs, standing, listed } = begin(input);
    const { dirty: wasDirty, asked: wasAsked, ...was } = before;
    expect({ dirty, asked }).toEqual({ dirty: wasDirty, asked: wasAsked });
    expect(was).toMatchObject({ deadline, offsetMs, standing, listed });
  });

  test("looks at once where the last one was going to try again", () => {
    expect(carry(run({ retryAt: NOW })).dirty).toBe(true);
    expect(carry(run()).dirty).toBe(false);
  });

  test("goes on from what an older version carried, with fewer fields", () => {
    const input = JSON.parse(`{"subscriptionId":"${ID}","carried":{"dirty":false}}`) as SubscriptionInput;
    expect(begin(input)).toMatchObject({
      dirty: false,
      asked: [],
      deadline: null,
      offsetMs: 0,
      standing: null,
      listed: "",
    });
  });
});

describe("what a run waits for", () => {
  test("R13: its deadline, by the system's clock", () => {
    const wait = nextWait(run({ deadline: NOW + 40 * DAY, offsetMs: 31 * DAY }), NOW, BEGAN);
    expect(wait).toEqual({ cause: "deadline", waitMs: 9 * DAY, summary: "Next deadline" });
  });

  test("a deadline that has passed is now", () => {
    expect(nextWait(run({ deadline: NOW - DAY }), NOW, BEGAN).waitMs).toBeLessThanOrEqual(0);
  });

  test.each([
    ["none", null],
    ["one of next year", NOW + 365 * DAY],
  ])("28 days at most, where the deadline is %s", (_, deadline) => {
    expect(nextWait(run({ deadline }), NOW, BEGAN)).toMatchObject({ cause: "monthly", waitMs: 28 * DAY });
  });

  test.each([
    ["a run of 27 days waits 5 at most: it ends within 32", 27 * DAY, 5 * DAY],
    ["one that is older goes on to its end at once", 40 * DAY, 1_000],
  ])("%s", (_, age, waitMs) => {
    const wait = nextWait(run({ deadline: NOW + 20 * DAY }), NOW, new Date(NOW - age));
    expect(wait).toEqual({ cause: "monthly", waitMs, summary: "A look at least monthly" });
  });

  test("a renewal after a month of 31 days comes before the end of its run", () => {
    const deadline = NOW + 31 * DAY;
    const wait = nextWait(run({ deadline }), NOW + 24 * DAY, new Date(NOW));
    expect(wait).toMatchObject({ cause: "deadline", waitMs: 7 * DAY });
  });

  test("R7: the next try, also where a deadline has passed meanwhile", () => {
    const wait = nextWait(run({ deadline: NOW - DAY, retryAt: NOW + 2_000 }), NOW, BEGAN);
    expect(wait).toEqual({ cause: "retry", waitMs: 2_000, summary: "Try again" });
  });
});

test.each<[string, Partial<Run>]>([
  ["a deadline", { deadline: NOW }],
  ["a retry", { retryAt: NOW }],
  ["a wake", { dirty: true }],
  ["a command", { asked: [{ id: "c-1", kind: "resync", by: "maria", why: null }] }],
  ["somebody who waits for an answer", { waiting: new Map([["u-1", "c-1"]]) }],
])("R8: is not over while there is %s", (_, left) => {
  expect(isOver(run())).toBe(true);
  expect(isOver(run(left))).toBe(false);
});

const keepsPast = () => true;
const isOfToday = () => false;

describe("the next run goes on", () => {
  const young = { historyLength: 100, continueAsNewSuggested: false, runStartTime: new Date(NOW - DAY) };
  test.each<[string, number, Partial<typeof young>]>([
    ["after 150 turns", 150, {}],
    ["after 600 events", 1, { historyLength: 600 }],
    ["when Temporal asks for it", 1, { continueAsNewSuggested: true }],
    ["after 28 days, however quiet", 1, { runStartTime: new Date(NOW - 28 * DAY) }],
  ])("%s", (_, turns, change) => {
    expect(isLong(149, { ...young, historyLength: 599 }, NOW, isOfToday)).toBe(false);
    expect(isLong(turns, { ...young, ...change }, NOW, isOfToday)).toBe(true);
  });

  test("after 800 events, where an earlier version has let it grow beyond 600", () => {
    expect(isLong(1, { ...young, historyLength: 799 }, NOW, keepsPast)).toBe(false);
    expect(isLong(1, { ...young, historyLength: 800 }, NOW, keepsPast)).toBe(true);
  });
});
