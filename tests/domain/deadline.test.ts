import { describe, expect, test } from "vitest";
import type { Checkout } from "../../domain/checkout.ts";
import { CHECKOUT_STATES } from "../../domain/checkout.ts";
import { isRenewalOverdue, nextDeadline } from "../../domain/deadline.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import { subscriptionId } from "../../domain/ids.ts";
import type { Policy } from "../../domain/policy.ts";
import { STATUSES } from "../../domain/status.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY, HOUR, MINUTE } from "../../domain/time.ts";
import { CATALOG, checkout, GRACE_DAYS, IN, MONTH, OURS, observed, paidInvoice, START } from "./builders.ts";
import { decideOn, told } from "./deciding.ts";

const NOW = START + HOUR;
const next = (bought: Checkout | null, subscription: Subscription | null, now: number): number | null =>
  nextDeadline(OURS, bought, subscription, CATALOG.policy, now);

describe("what a checkout waits for", () => {
  test.each<[Checkout["state"], number | null]>([
    ["opening", NOW + 5 * MINUTE],
    ["open", START + DAY + MINUTE],
    ["complete", NOW + 5 * MINUTE],
    ["replaced", START + DAY + MINUTE],
    ["expired", null],
    ["refused", null],
  ])("%s", (state, expected) => {
    expect(next(checkout({ state }), null, NOW)).toBe(expected);
  });

  test("one without a known end is looked at daily, unless it was replaced before it opened", () => {
    expect(next(checkout({ expiresAt: null }), null, NOW)).toBe(NOW + DAY + MINUTE);
    expect(next(checkout({ state: "replaced", expiresAt: null }), null, NOW)).toBeNull();
  });

  test("R7: one that is paid and shows no subscription is looked at less and less often once its page has closed", () => {
    const waitsAt = (now: number) => (next(checkout({ state: "complete" }), null, now) ?? 0) - now;
    const closed = START + DAY;
    expect([closed - HOUR, closed, closed + HOUR, closed + 10 * HOUR, closed + 9 * DAY].map(waitsAt)).toEqual(
      [5 * MINUTE, 5 * MINUTE, HOUR, 10 * HOUR, DAY],
    );
    const unknown = checkout({ state: "complete", expiresAt: null });
    expect(next(unknown, null, closed + HOUR)).toBe(closed + 2 * HOUR);
  });

  test("nothing at all waits for nothing", () => {
    expect(next(null, null, NOW)).toBeNull();
  });
});

describe("what a subscription waits for", () => {
  const { graceUntil } = IN.past_due;
  const { trialEnd } = IN.trialing;

  test.each<[string, Subscription, number, number | null]>([
    ["incomplete: its 23 hours", IN.incomplete, NOW, START + 26 * HOUR],
    ["trialing: our reminder, exactly", IN.trialing, NOW, trialEnd - 3 * DAY],
    ["trialing, reminded of it: the end of its trial", IN.trialing, trialEnd - 3 * DAY, trialEnd + 3 * HOUR],
    ["active: its renewal", IN.active, NOW, START + MONTH + 3 * HOUR],
    [
      "active, to end before: that end",
      { ...IN.active, cancelAt: START + 5 * DAY },
      NOW,
      START + 5 * DAY + 3 * HOUR,
    ],
    ["past due: the next message, exactly", IN.past_due, NOW, START + 3 * DAY],
    ["past due, on the day of a message: the one after", IN.past_due, START + 3 * DAY, START + 7 * DAY],
    ["past due, all told: the end of its grace, exactly", IN.past_due, START + 7 * DAY, graceUntil],
    [
      "past due, put off by an operator: that end",
      { ...IN.past_due, graceExtendedDays: 2 },
      graceUntil,
      graceUntil + 2 * DAY,
    ],
    [
      "past due, to end before: that end",
      { ...IN.past_due, cancelAt: START + DAY },
      NOW,
      START + DAY + 3 * HOUR,
    ],
    ["unpaid: the next message", IN.unpaid, NOW, START + 3 * DAY],
    ["unpaid, all told: the end of the calendar", IN.unpaid, START + 8 * DAY, START + GRACE_DAYS * DAY],
    ["paused: its next period", IN.paused, NOW, START + MONTH + 3 * HOUR],
    ["canceled: nothing", IN.canceled, NOW, null],
    ["incomplete_expired: nothing", IN.incomplete_expired, NOW, null],
  ])("%s", (_what, subscription, now, expected) => {
    expect(next(checkout(), subscription, now)).toBe(expected);
  });

  test("R7: what is overdue is looked at again a day later, and what comes sooner sooner", () => {
    const afterGrace = graceUntil + HOUR;
    const endsSoon = { ...IN.past_due, cancelAt: afterGrace + 2 * HOUR };
    expect(next(null, IN.past_due, afterGrace)).toBe(afterGrace + DAY);
    expect(next(null, endsSoon, afterGrace)).toBe(afterGrace + 5 * HOUR);
  });

  test("an end that leaves it unpaid is looked after once, and then its renewal is", () => {
    const policy: Policy = {
      ...CATALOG.policy,
      dunning: { messages: [], end: { day: GRACE_DAYS, action: "keep_unpaid" } },
    };
    expect(nextDeadline(OURS, null, IN.past_due, policy, NOW)).toBe(graceUntil);
    expect(nextDeadline(OURS, null, IN.past_due, policy, graceUntil)).toBe(START + MONTH + 3 * HOUR);
  });

  test("a catalog without reminders waits for the trial's end alone", () => {
    const policy = { ...CATALOG.policy, trialReminderDays: 0 };
    expect(nextDeadline(OURS, null, IN.trialing, policy, NOW)).toBe(trialEnd + 3 * HOUR);
  });
});

const waits = (id: SubscriptionId) =>
  (nextDeadline(id, null, IN.active, CATALOG.policy, NOW) ?? 0) - IN.active.period.end;

describe("R7: what many wait for at one moment is looked at over an hour", () => {
  const LAST = subscriptionId("0190f000-0000-7000-8000-000000ffffff");
  const HALF = subscriptionId("0190f000-0000-7000-8000-000000800000");

  test("each at its own time, from three to four hours after", () => {
    expect(waits(HALF)).toBe(3.5 * HOUR);
    expect(waits(LAST)).toBeGreaterThan(4 * HOUR - 1_000);
    expect(waits(LAST)).toBeLessThan(4 * HOUR);
  });

  test("and what our own calendar asks for exactly then", () => {
    expect(nextDeadline(LAST, null, IN.past_due, CATALOG.policy, NOW)).toBe(START + 3 * DAY);
    expect(nextDeadline(LAST, null, IN.trialing, CATALOG.policy, NOW)).toBe(START + 4 * DAY);
  });
});

describe("a renewal is overdue", () => {
  const LATE = START + MONTH + 3 * HOUR;
  const TRIAL_LATE = IN.trialing.trialEnd + 3 * HOUR;

  test.each<[string, Subscription, number, boolean]>([
    ["active, while it may still come", IN.active, LATE - 1, false],
    ["active, three hours after its period", IN.active, LATE, true],
    ["past due, while it may still come", IN.past_due, LATE - 1, false],
    ["past due, three hours after its period", IN.past_due, LATE, true],
    ["trialing, while it may still end", IN.trialing, TRIAL_LATE - 1, false],
    ["trialing, three hours after its trial", IN.trialing, TRIAL_LATE, true],
    ["incomplete", IN.incomplete, LATE, false],
    ["unpaid: nothing is collected", IN.unpaid, LATE, false],
    ["paused: nothing is collected", IN.paused, LATE, false],
    ["canceled", IN.canceled, LATE, false],
    ["incomplete_expired", IN.incomplete_expired, LATE, false],
  ])("%s", (_what, subscription, now, expected) => {
    expect(isRenewalOverdue(OURS, subscription, now)).toBe(expected);
  });

  test("by the time at which this one is looked at, and told once for its period", () => {
    const half = subscriptionId("0190f000-0000-7000-8000-000000800000");
    expect(isRenewalOverdue(half, IN.active, LATE)).toBe(false);
    const seen = { subscription: observed(), invoices: [paidInvoice()] };
    const late = decideOn(seen, { subscription: IN.active }, { now: LATE });
    expect(told(late.alerts)).toContain(`renewal_overdue:sub_1:${START + MONTH}`);
    expect(late.alerts.map(({ text }) => text)).toContain(
      "Its period ended on 1 February 2026, and stripe has not renewed it",
    );
    const inTime = decideOn(seen, { subscription: IN.active }, { now: LATE - 1 });
    expect(told(inTime.alerts)).toEqual(["subscription_started:sub_1"]);
  });
});

test("R7: a deadline is always ahead, and only what has ended has none", () => {
  for (let day = -1; day < 400; day += 1) {
    const now = START + day * DAY;
    for (const status of STATUSES) {
      const due = next(null, IN[status], now);
      const over = status === "canceled" || status === "incomplete_expired";
      expect(due === null, `${status} on day ${day}`).toBe(over);
      if (due !== null) expect(due).toBeGreaterThan(now);
    }
    for (const state of CHECKOUT_STATES) {
      const due = next(checkout({ state }), null, now);
      if (due !== null) expect(due).toBeGreaterThan(now);
    }
  }
});
