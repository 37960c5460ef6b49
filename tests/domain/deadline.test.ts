import { describe, expect, test } from "vitest";
import type { Checkout } from "../../domain/checkout.ts";
import { CHECKOUT_STATES } from "../../domain/checkout.ts";
import { nextDeadline } from "../../domain/deadline.ts";
import { STATUSES } from "../../domain/status.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY, HOUR, MINUTE } from "../../domain/time.ts";
import { checkout, IN, MONTH, START } from "./builders.ts";

const NOW = START + HOUR;

describe("what a checkout waits for", () => {
  test.each<[Checkout["state"], number | null]>([
    ["opening", NOW + 5 * MINUTE],
    ["open", START + DAY + MINUTE],
    ["complete", NOW + 5 * MINUTE],
    ["replaced", START + DAY + MINUTE],
    ["expired", null],
    ["refused", null],
  ])("%s", (state, expected) => {
    expect(nextDeadline(checkout({ state }), null, NOW)).toBe(expected);
  });

  test("one without a known end is looked at daily, unless it was replaced before it opened", () => {
    expect(nextDeadline(checkout({ expiresAt: null }), null, NOW)).toBe(NOW + DAY + MINUTE);
    expect(nextDeadline(checkout({ state: "replaced", expiresAt: null }), null, NOW)).toBeNull();
  });

  test("nothing at all waits for nothing", () => {
    expect(nextDeadline(null, null, NOW)).toBeNull();
  });
});

describe("what a subscription waits for", () => {
  test.each<[string, Subscription, number | null]>([
    ["incomplete: its 23 hours", IN.incomplete, START + 26 * HOUR],
    ["trialing: the end of its trial", IN.trialing, START + 7 * DAY + 3 * HOUR],
    ["active: its renewal", IN.active, START + MONTH + 3 * HOUR],
    [
      "active, to end before: that end",
      { ...IN.active, cancelAt: START + 5 * DAY },
      START + 5 * DAY + 3 * HOUR,
    ],
    ["past due: the end of its grace, exactly", IN.past_due, IN.past_due.graceUntil],
    ["past due, to end before: that end", { ...IN.past_due, cancelAt: START + DAY }, START + DAY + 3 * HOUR],
    ["unpaid: its next period", IN.unpaid, START + MONTH + 3 * HOUR],
    ["paused: its next period", IN.paused, START + MONTH + 3 * HOUR],
    ["canceled: nothing", IN.canceled, null],
    ["incomplete_expired: nothing", IN.incomplete_expired, null],
  ])("%s", (_what, subscription, expected) => {
    expect(nextDeadline(checkout(), subscription, NOW)).toBe(expected);
  });

  test("R7: what is overdue is looked at again a day later, and what comes sooner sooner", () => {
    const afterGrace = IN.past_due.graceUntil + HOUR;
    const endsSoon = { ...IN.past_due, cancelAt: afterGrace + 2 * HOUR };
    expect(nextDeadline(null, IN.past_due, afterGrace)).toBe(afterGrace + DAY);
    expect(nextDeadline(null, endsSoon, afterGrace)).toBe(afterGrace + 5 * HOUR);
  });
});

test("R7: a deadline is always ahead, and only what has ended has none", () => {
  for (let day = -1; day < 400; day += 1) {
    const now = START + day * DAY;
    for (const status of STATUSES) {
      const next = nextDeadline(null, IN[status], now);
      const over = status === "canceled" || status === "incomplete_expired";
      expect(next === null, `${status} on day ${day}`).toBe(over);
      if (next !== null) expect(next).toBeGreaterThan(now);
    }
    for (const state of CHECKOUT_STATES) {
      const next = nextDeadline(checkout({ state }), null, now);
      if (next !== null) expect(next).toBeGreaterThan(now);
    }
  }
});
