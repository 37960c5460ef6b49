import { describe, expect, test } from "vitest";
import type { ObservedInvoice } from "../../domain/observation.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY } from "../../domain/time.ts";
import { failedInvoice, GRACE_DAYS, IN, MONTH, paidInvoice, START } from "./builders.ts";
import { subscriptionIn } from "./reading.ts";

const from = (since: number) => ({ since, graceUntil: since + GRACE_DAYS * DAY });

describe("R12: grace of a past due subscription", () => {
  const FAILED = START + MONTH;
  const grace = (invoices: readonly ObservedInvoice[], before: Subscription | null = null) => {
    const seen = { status: "past_due", period: { start: FAILED + MONTH, end: FAILED + 2 * MONTH } };
    const { since, ...rest } = subscriptionIn({ seen, invoices, life: { subscription: before } });
    return { since, graceUntil: "graceUntil" in rest ? rest.graceUntil : null };
  };
  const failed = failedInvoice({ id: "in_2", createdAt: FAILED });

  test("runs from the making of the unpaid invoice, whenever we saw it", () => {
    expect(grace([paidInvoice(), failed])).toEqual(from(FAILED));
    expect(grace([paidInvoice(), failed], IN.active)).toEqual(from(FAILED));
    expect(grace([paidInvoice(), failed], { ...IN.past_due, since: START })).toEqual(from(FAILED));
  });

  test("runs from the oldest of several unpaid invoices", () => {
    const later = failedInvoice({ id: "in_3", createdAt: FAILED + MONTH });
    expect(grace([failed, later])).toEqual(from(FAILED));
    expect(grace([later, failed])).toEqual(from(FAILED));
  });

  test("runs anew after a later invoice was paid: what was given up before does not use it up", () => {
    const recovered = paidInvoice({ id: "in_3", createdAt: FAILED + MONTH, paidAt: FAILED + MONTH });
    const again = failedInvoice({ id: "in_4", createdAt: FAILED + 2 * MONTH });
    expect(grace([failed, recovered, again])).toEqual(from(FAILED + 2 * MONTH));
  });

  test("runs from the day on which an invoice that is sent was to be paid", () => {
    const sent = failedInvoice({ attempts: 0, dueAt: FAILED + 30 * DAY, nextAttemptAt: null });
    expect(grace([sent])).toEqual(from(FAILED + 30 * DAY));
    expect(grace([sent, failed])).toEqual(from(FAILED));
    expect(grace([{ ...sent, state: "paid" }, failed])).toEqual(from(FAILED));
    expect(grace([{ ...sent, attempts: 1, createdAt: FAILED + DAY }])).toEqual(from(FAILED + DAY));
    expect(grace([{ ...sent, dueAt: null }])).toEqual(from(FAILED + MONTH));
  });

  test("does not count an invoice that waits for its first attempt", () => {
    const waiting = failedInvoice({ id: "in_1", createdAt: START, attempts: 0 });
    expect(grace([waiting, failed])).toEqual(from(FAILED));
  });

  test("runs from the period's start where no invoice shows it", () => {
    expect(grace([])).toEqual(from(FAILED + MONTH));
    expect(grace([], IN.past_due)).toEqual(from(FAILED + MONTH));
  });
});

const next = (...invoices: readonly ObservedInvoice[]) => {
  const subscription = subscriptionIn({ seen: { status: "past_due" }, invoices });
  return "nextAttemptAt" in subscription ? subscription.nextAttemptAt : undefined;
};

describe("when the provider tries again", () => {
  const planned = failedInvoice({ nextAttemptAt: START + DAY });

  test("is said by the newest open invoice that it has planned to collect", () => {
    expect(next(planned, failedInvoice({ id: "in_2", nextAttemptAt: START + 2 * DAY }))).toBe(
      START + 2 * DAY,
    );
    expect(next(planned, failedInvoice({ id: "in_2", nextAttemptAt: null }))).toBe(START + DAY);
    expect(next(planned, { ...planned, id: "in_2", state: "void", nextAttemptAt: START + 2 * DAY })).toBe(
      START + DAY,
    );
  });

  test("is not said where none is open", () => {
    expect(next()).toBeNull();
    expect(next(failedInvoice({ nextAttemptAt: null }))).toBeNull();
  });
});

describe("R12: grace of one that the provider has given up", () => {
  const LATER = START + MONTH;
  const unpaidIn = (invoices: readonly ObservedInvoice[], before: Subscription | null) =>
    subscriptionIn({
      seen: { status: "unpaid", period: { start: LATER, end: LATER + MONTH } },
      invoices,
      life: { subscription: before },
      now: LATER + DAY,
    });

  test("runs from the unpaid invoice, as it did before", () => {
    const since = { unpaidSince: START, graceUntil: START + GRACE_DAYS * DAY };
    expect(unpaidIn([failedInvoice()], IN.past_due)).toMatchObject(since);
    expect(unpaidIn([failedInvoice()], null)).toMatchObject(since);
  });

  test("does not begin anew with a period where the invoice is not shown any more", () => {
    expect(unpaidIn([], IN.unpaid)).toMatchObject({ unpaidSince: START });
    expect(unpaidIn([], IN.active)).toMatchObject({ unpaidSince: LATER });
  });

  test("R4: runs from the invoice that is unpaid now, whatever it was overdue for when we last looked", () => {
    const paid = paidInvoice({ attempts: 2, paidAt: START + 3 * DAY });
    const failed = failedInvoice({ id: "in_2", createdAt: LATER });
    for (const before of [IN.past_due, IN.active, IN.unpaid, null]) {
      expect(unpaidIn([paid, failed], before), before?.status).toMatchObject({ unpaidSince: LATER });
    }
  });
});
