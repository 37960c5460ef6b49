import { expect, test } from "vitest";
import { dunningAnswer } from "../../api/dunning-answer.ts";
import { STATUSES } from "../../domain/status.ts";
import { DAY } from "../../domain/time.ts";
import { CATALOG, IN, START } from "../domain/builders.ts";

const CALENDAR = CATALOG.policy.dunning;
const KNOWN = { calendar: CALENDAR, sent: [], adoptedAt: null };
const iso = (days: number): string => new Date(START + days * DAY).toISOString();

test("says what was sent of the calendar, what comes, and when access ends", () => {
  const extended = {
    ...IN.past_due,
    graceExtendedDays: 10,
    graceUntil: START + 24 * DAY,
    nextAttemptAt: START + 3 * DAY,
  };
  const sent = [
    // Of an invoice before it.
    { day: 7, at: START - 20 * DAY },
    { day: 0, at: START },
  ];
  expect(dunningAnswer(extended, { ...KNOWN, sent })).toEqual({
    unpaid_since: iso(0),
    access_ends_at: iso(24),
    extended_days: 10,
    provider_next_attempt_at: iso(3),
    steps: [
      { day: 0, at: iso(0), send: "payment_failed", sent_at: iso(0) },
      { day: 3, at: iso(3), send: "reminder", sent_at: null },
      { day: 7, at: iso(7), send: "final_notice", sent_at: null },
    ],
    end: { at: iso(24), action: "cancel" },
  });
});

test("is there only while something is overdue", () => {
  for (const status of STATUSES) {
    const isOverdue = status === "past_due" || status === "unpaid";
    expect(dunningAnswer(IN[status], KNOWN) !== null, status).toBe(isOverdue);
  }
});
const asked = (adoptedAt: number) => dunningAnswer(IN.past_due, { ...KNOWN, adoptedAt });

test("R14: nothing is asked by us for what was unpaid before it was adopted", () => {
  expect(asked(START + 1)).toMatchObject({ access_ends_at: iso(14), steps: [], end: null });
  expect(asked(START)).toMatchObject({ steps: { length: 3 }, end: { action: "cancel" } });
});
