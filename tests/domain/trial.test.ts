import { describe, expect, test } from "vitest";
import type { SeenEvent } from "../../domain/observation.ts";
import type { Policy } from "../../domain/policy.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY } from "../../domain/time.ts";
import { reminderOf, trialsEnding } from "../../domain/trial.ts";
import { CATALOG, event, IN, OURS, observed, START } from "./builders.ts";
import { decideOn, told } from "./deciding.ts";

const { trialEnd } = IN.trialing;
const SOON = trialEnd - 3 * DAY;
const WITHOUT = { ...CATALOG.policy, trialReminderDays: 0 };

const ending = (
  subscription: Subscription,
  events: readonly SeenEvent[],
  now: number,
  policy: Policy = CATALOG.policy,
) => trialsEnding(OURS, subscription, events, policy, now);

const announced = (...ends: readonly number[]) =>
  ends.map((end) => event("customer.subscription.trial_will_end", { announcedTrialEnd: end }));

/** Operators and the customer are told of the same end. */
const both = (end: number) => [`trial_ending:sub_1:${end}`, `customer_trial_ending:sub_1:${end}`];
const neither = (end: number) => both(end).map((key) => `(${key})`);

describe("R4: a trial that ends soon is told once for each end that was announced", () => {
  test("to operators and to the customer, however often it was announced", () => {
    expect(told(ending(IN.trialing, announced(trialEnd, trialEnd), SOON - 1))).toEqual(both(trialEnd));
    expect(ending(IN.trialing, [event("invoice.paid")], SOON - 1)).toEqual([]);
  });

  test("and is over when the trial ends at another time by now, or has ended", () => {
    expect(told(ending(IN.trialing, announced(trialEnd - DAY, trialEnd), START))).toEqual([
      ...neither(trialEnd - DAY),
      ...both(trialEnd),
    ]);
    expect(told(ending(IN.trialing, announced(trialEnd), trialEnd - 1))).toEqual(both(trialEnd));
    expect(told(ending(IN.trialing, announced(trialEnd), trialEnd))).toEqual(neither(trialEnd));
    expect(told(ending(IN.active, announced(trialEnd), SOON))).toEqual(neither(trialEnd));
    expect(told(ending(IN.canceled, announced(trialEnd), SOON))).toEqual(neither(trialEnd));
  });

  test("and is over when nothing is to be paid after it: its end is arranged by then", () => {
    for (const cancelAt of [trialEnd - DAY, trialEnd]) {
      expect(told(ending({ ...IN.trialing, cancelAt }, [], SOON))).toEqual(neither(trialEnd));
    }
    expect(told(ending({ ...IN.trialing, cancelAt: trialEnd + 1 }, [], SOON))).toEqual(both(trialEnd));
  });

  test("and says what it costs then", () => {
    const fields = {
      subscription: OURS,
      provider_subscription: "sub_1",
      tier: "pro",
      interval: "month",
      amount: 2_900,
      currency: "usd",
      trial_end: trialEnd,
    };
    expect(ending(IN.trialing, announced(trialEnd), START)).toMatchObject([
      { kind: "trial_ending", text: "Trial of pro ends soon, then 29.00 USD a month", fields, at: START },
      {
        kind: "customer_trial_ending",
        text: "The customer is told that the trial of pro ends soon",
        fields,
        at: START,
      },
    ]);
  });
});

describe("our own reminder of a trial", () => {
  test("is so many days before its end as the catalog says, and of a trial alone", () => {
    expect(reminderOf(IN.trialing, CATALOG.policy)).toBe(SOON);
    expect(reminderOf(IN.trialing, WITHOUT)).toBeNull();
    expect(reminderOf(IN.active, CATALOG.policy)).toBeNull();
  });

  test("comes at its moment, without any event, and is what the provider's announcement would be", () => {
    expect(ending(IN.trialing, [], SOON - 1)).toEqual([]);
    expect(told(ending(IN.trialing, [], SOON))).toEqual(both(trialEnd));
    expect(told(ending(IN.trialing, announced(trialEnd), SOON))).toEqual(both(trialEnd));
  });

  test("is off where the catalog has none: then the provider's announcement alone is told", () => {
    expect(ending(IN.trialing, [], trialEnd - 1, WITHOUT)).toEqual([]);
    expect(told(ending(IN.trialing, announced(trialEnd), SOON, WITHOUT))).toEqual(both(trialEnd));
  });

  test("R11: a clock that comes after the trial's end tells nobody", () => {
    expect(told(ending(IN.trialing, [], trialEnd))).toEqual(neither(trialEnd));
  });

  test("is sent again when the trial was prolonged, for its new end", () => {
    const later = { ...IN.trialing, trialEnd: trialEnd + 7 * DAY };
    expect(ending(later, [], SOON)).toEqual([]);
    expect(told(ending(later, [], SOON + 7 * DAY))).toEqual(both(trialEnd + 7 * DAY));
  });

  test("is part of the turn that its deadline wakes", () => {
    const trial = observed({ status: "trialing", trialEnd });
    const known = { subscription: IN.trialing };
    const before = decideOn({ subscription: trial }, known, { now: SOON - 1 });
    expect(before.nextDeadline).toBe(SOON);
    expect(told(before.alerts)).toEqual(["subscription_started:sub_1"]);
    expect(told(decideOn({ subscription: trial }, known, { now: SOON }).alerts)).toEqual([
      "subscription_started:sub_1",
      ...both(trialEnd),
    ]);
  });
});
