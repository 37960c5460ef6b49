import { describe, expect, test } from "vitest";
import type { SubscriptionCommand } from "../../domain/command.ts";
import { allowedCommands, forbidden, inWords, SUBSCRIPTION_COMMANDS } from "../../domain/command.ts";
import { STATUSES, type Status } from "../../domain/status.ts";
import { IN, MONTH, START } from "./builders.ts";

const ALWAYS: readonly SubscriptionCommand[] = ["resync", "unpark"];
const RUNNING = { cancelAt: null };

/** Written by hand: what may be asked in which status, with no end arranged. */
const TABLE: Readonly<Record<Status, readonly SubscriptionCommand[]>> = {
  incomplete: ["cancel", "retry_payment"],
  trialing: ["cancel", "cancel_at_period_end", "change"],
  active: ["cancel", "cancel_at_period_end", "pause", "change"],
  past_due: ["cancel", "cancel_at_period_end", "retry_payment", "extend_grace"],
  unpaid: ["cancel", "cancel_at_period_end", "retry_payment", "extend_grace"],
  paused: ["cancel", "cancel_at_period_end", "resume"],
  canceled: [],
  incomplete_expired: [],
};

test.each(STATUSES)("in %s, what can be asked is what the table says, and nothing else", (status) => {
  const subscription = { ...IN[status], ...("cancelAt" in IN[status] ? RUNNING : {}) };
  expect(allowedCommands(subscription)).toEqual([...TABLE[status], ...ALWAYS]);
  for (const kind of SUBSCRIPTION_COMMANDS) {
    if (kind === "resync" || kind === "unpark") continue;
    expect(forbidden(kind, subscription) === null, kind).toBe(TABLE[status].includes(kind));
  }
});

test.each(["trialing", "active", "past_due", "unpaid", "paused"] as const)(
  "an arranged end can be taken back while it is %s",
  (status) => {
    const ending = { ...IN[status], cancelAt: START + MONTH };
    expect(allowedCommands(ending)).toContain("uncancel");
    expect(forbidden("uncancel", ending)).toBeNull();
  },
);

describe("a refusal says why, and what is allowed", () => {
  test("in a state that forbids it", () => {
    expect(forbidden("resume", IN.active)).toEqual({
      reason: "not_allowed",
      what: "The subscription is active; what can be asked now: cancel, cancel at period end, pause, change, resync, unpark",
    });
    expect(forbidden("uncancel", IN.active)?.what).toContain("active, and no end is arranged");
  });

  test("R8: after the end", () => {
    expect(forbidden("cancel", IN.canceled)).toEqual({
      reason: "already_ended",
      what: "The subscription is canceled already",
    });
  });

  test("before there is a subscription", () => {
    expect(allowedCommands(null)).toEqual(ALWAYS);
    expect(forbidden("cancel_at_period_end", null)).toEqual({
      reason: "no_subscription",
      what: "There is no subscription to cancel at period end yet",
    });
  });
});

test("commands have words for people", () => {
  expect(inWords("cancel_at_period_end")).toBe("cancel at period end");
});
