import { describe, expect, test } from "vitest";
import { DAY, HOUR } from "../../domain/time.ts";
import { failedInvoice, IN, life, MONTH, paidInvoice, START } from "./builders.ts";
import { ACCESS_ENDED, calendarOf, callsOf, END, END_UNPAID, look, OPEN, OURS_TO_TELL } from "./dunned.ts";

describe("the calendar of an unpaid invoice", () => {
  test.each<[string, number, readonly string[]]>([
    ["at once", START, ["dunning:in_1:0"]],
    ["up to day 3", START + 3 * DAY - 1, ["dunning:in_1:0"]],
    ["on day 3", START + 3 * DAY, ["(dunning:in_1:0)", "dunning:in_1:3"]],
    ["up to day 7", START + 7 * DAY - 1, ["(dunning:in_1:0)", "dunning:in_1:3"]],
    ["on day 7", START + 7 * DAY, ["(dunning:in_1:0)", "(dunning:in_1:3)", "dunning:in_1:7"]],
    ["up to its end", END - 1, ["(dunning:in_1:0)", "(dunning:in_1:3)", "dunning:in_1:7"]],
    ["at its end", END, ["(dunning:in_1:0)", "(dunning:in_1:3)", "(dunning:in_1:7)", ...ACCESS_ENDED]],
  ])("%s", (_what, now, expected) => {
    expect(calendarOf(look({ now }))).toEqual(expected);
    expect(callsOf(look({ now }))).toEqual(now < END ? [] : [END_UNPAID]);
  });

  test("tells the customer what is due and until when access stays, and calls each step by its name", () => {
    const kinds = look({ now: END }).alerts.filter(({ key }) => OURS_TO_TELL.test(key));
    expect(kinds.map(({ kind, text }) => [kind, text])).toEqual([
      ["customer_payment_failed", "The customer is told that the payment failed: 29.00 USD"],
      ["customer_payment_reminder", "The customer is reminded of the payment: 29.00 USD"],
      ["customer_final_notice", "The customer is told for the last time: 29.00 USD"],
      ["access_ended", "Unpaid since 1 January 2026: access to pro has ended, it is cancelled"],
      ["customer_access_ended", "The customer is told that access to pro has ended"],
    ]);
    const fields = { subscription: life().id, tier: "pro", ends_at: END };
    for (const each of kinds) expect(each).toMatchObject({ fields, at: END });
    expect(kinds[0]?.fields).toMatchObject({ invoice: "in_1", amount: 2_900, currency: "usd" });
  });

  test("R11: a clock that comes late sends the latest step only, and after the end the end alone", () => {
    expect(calendarOf(look({ now: START + 13 * DAY }))).toEqual([
      "(dunning:in_1:0)",
      "(dunning:in_1:3)",
      "dunning:in_1:7",
    ]);
    expect(calendarOf(look({ now: START + 20 * DAY }))).toEqual([
      "(dunning:in_1:0)",
      "(dunning:in_1:3)",
      "(dunning:in_1:7)",
      ...ACCESS_ENDED,
    ]);
  });

  test("knows nothing of one that is not money", () => {
    const nothing = { ...OPEN, due: { amount: 0, currency: "usd" } };
    expect(calendarOf(look({ now: START + DAY, invoices: [nothing] }))).toEqual([]);
  });

  test("leaves a first payment to the checkout's page, until that is over", () => {
    const first = { status: "incomplete", known: { subscription: IN.incomplete } } as const;
    expect(calendarOf(look({ ...first, now: START + DAY }))).toEqual([]);
    const expired = look({
      now: START + 4 * DAY,
      status: "incomplete_expired",
      seen: { endedAt: START + 23 * HOUR },
      invoices: [{ ...OPEN, state: "void" }],
      known: { subscription: IN.incomplete },
    });
    expect(calendarOf(expired)).toEqual(["(dunning:in_1:0)"]);
  });
});

describe("what is over stops it", () => {
  const TOLD = { announced: ["payment_failed:in_1:1", "dunning:in_1:0"] };

  test.each([1, 4, 8, 13])("a payment on day %d: nothing more is told, and nothing ends", (day) => {
    const paidAt = START + day * DAY;
    const paid = paidInvoice({ attempts: 2, paidAt });
    const recovered = look({ now: END + DAY, status: "active", invoices: [paid], known: TOLD });
    const until = [0, 3, 7].filter((step) => step <= day).map((step) => `(dunning:in_1:${step})`);
    expect(calendarOf(recovered)).toEqual(until);
    expect(callsOf(recovered)).toEqual([]);
  });

  test("a payment at the very moment of a step: it was due, and is not sent", () => {
    const paid = paidInvoice({ attempts: 2, paidAt: START + 3 * DAY });
    expect(calendarOf(look({ now: START + 3 * DAY, status: "active", invoices: [paid] }))).toEqual([
      "(dunning:in_1:0)",
      "(dunning:in_1:3)",
    ]);
  });

  test("a pause: that its payment has failed is told, and nothing more is asked", () => {
    const paused = { status: "paused", known: { subscription: IN.paused } } as const;
    expect(calendarOf(look({ ...paused, now: START }))).toEqual(["dunning:in_1:0"]);
    expect(calendarOf(look({ ...paused, now: START + 3 * DAY }))).toEqual([
      "(dunning:in_1:0)",
      "(dunning:in_1:3)",
    ]);
  });

  test("the end of the subscription", () => {
    const seen = { endedAt: START + 4 * DAY };
    for (const state of ["open", "void"] as const) {
      const ended = look({ now: END, status: "canceled", seen, invoices: [{ ...OPEN, state }] });
      expect(calendarOf(ended), state).toEqual(["(dunning:in_1:0)", "(dunning:in_1:3)"]);
      expect(callsOf(ended)).toEqual([]);
    }
  });

  test.each(["void", "uncollectible"] as const)(
    "an invoice that is %s is dunned no longer, since when is not said",
    (state) => {
      const given = look({ now: START + 5 * DAY, status: "active", invoices: [{ ...OPEN, state }] });
      expect(calendarOf(given)).toEqual(["(dunning:in_1:0)"]);
    },
  );

  test("a given-up invoice with a later one that was paid: up to that payment", () => {
    const later = paidInvoice({ id: "in_2", createdAt: START + MONTH, paidAt: START + MONTH, payments: [] });
    const given = look({
      now: START + MONTH,
      status: "active",
      invoices: [{ ...OPEN, state: "uncollectible" }, later],
    });
    expect(calendarOf(given)).toEqual(["(dunning:in_1:0)", "(dunning:in_1:3)", "(dunning:in_1:7)"]);
  });
});

describe("several invoices", () => {
  const SECOND = START + 5 * DAY;
  const second = failedInvoice({ id: "in_2", createdAt: SECOND, payments: [] });

  test("the oldest is asked for, whichever stands first; the second is not counted yet", () => {
    for (const invoices of [
      [OPEN, second],
      [second, OPEN],
    ]) {
      expect(calendarOf(look({ now: START + 8 * DAY, invoices })).toSorted()).toEqual([
        "(dunning:in_1:0)",
        "(dunning:in_1:3)",
        "dunning:in_1:7",
      ]);
    }
  });

  test("when the first is paid the second is asked for, at the step that it has come to", () => {
    const paid = paidInvoice({ attempts: 2, paidAt: START + 6 * DAY });
    const after = look({
      now: START + 8 * DAY,
      seen: { period: { start: SECOND, end: SECOND + MONTH } },
      invoices: [paid, second],
      known: { announced: ["dunning:in_1:0", "dunning:in_1:3"] },
    });
    expect(calendarOf(after)).toEqual([
      "(dunning:in_1:0)",
      "(dunning:in_1:3)",
      "(dunning:in_2:0)",
      "dunning:in_2:3",
    ]);
    expect(after.subscription).toMatchObject({ unpaidSince: SECOND, graceUntil: SECOND + 14 * DAY });
  });

  test("one that was given up before a later one was paid is not asked for again", () => {
    const paid = paidInvoice({ id: "in_2", createdAt: START + MONTH, paidAt: START + MONTH, payments: [] });
    const third = failedInvoice({ id: "in_3", createdAt: START + 2 * MONTH, payments: [] });
    const now = START + 2 * MONTH + HOUR;
    const dunned = calendarOf(look({ now, invoices: [OPEN, paid, third] }));
    expect(dunned).toEqual(["(dunning:in_1:0)", "(dunning:in_1:3)", "(dunning:in_1:7)", "dunning:in_3:0"]);
  });
});

describe("a calendar that changes holds from the next step", () => {
  const told = { announced: ["dunning:in_1:0", "dunning:in_1:3"] };

  test("a step that is put later, and was told already, is not told again", () => {
    const calendar = {
      messages: [
        { day: 0, send: "payment_failed" },
        { day: 2, send: "reminder" },
      ],
    } as const;
    expect(calendarOf(look({ now: START + 4 * DAY, known: told, calendar }))).toEqual([
      "(dunning:in_1:0)",
      "(dunning:in_1:2)",
    ]);
  });

  test("a step that is put elsewhere is told on its new day", () => {
    const calendar = {
      messages: [
        { day: 0, send: "payment_failed" },
        { day: 5, send: "final_notice" },
      ],
    } as const;
    const next = look({ now: START + 4 * DAY, known: told, calendar });
    expect(calendarOf(next)).toEqual(["(dunning:in_1:0)"]);
    expect(next.nextDeadline).toBe(START + 5 * DAY);
    expect(calendarOf(look({ now: START + 5 * DAY, known: told, calendar }))).toEqual([
      "(dunning:in_1:0)",
      "dunning:in_1:5",
    ]);
  });

  test("a step that was told is the same step at every look, until the next", () => {
    expect(calendarOf(look({ now: START + 6 * DAY, known: told }))).toEqual([
      "(dunning:in_1:0)",
      "dunning:in_1:3",
    ]);
  });

  test("another invoice's steps do not count", () => {
    const calendar = { messages: [{ day: 0, send: "reminder" }] } as const;
    const known = { announced: ["dunning:in_10:3", "dunning:in_1"] };
    expect(calendarOf(look({ now: START + 4 * DAY, known, calendar }))).toEqual(["dunning:in_1:0"]);
  });

  test("an earlier end is the end from the next look on, a later one gives the days", () => {
    const sooner = look({ now: START + 5 * DAY, calendar: { end: { day: 5, action: "cancel" } } });
    expect(calendarOf(sooner)).toContain(ACCESS_ENDED[0]);
    expect(callsOf(sooner)).toEqual([`stripe/end_unpaid/sub_1/${START + 5 * DAY}`]);
    const later = look({ now: END, calendar: { end: { day: 30, action: "cancel" } } });
    expect(calendarOf(later)).not.toContain(ACCESS_ENDED[0]);
    expect(later).toMatchObject({ calls: [], nextDeadline: START + 30 * DAY });
  });

  test("without messages there is the end alone", () => {
    expect(calendarOf(look({ now: END, calendar: { messages: [] } }))).toEqual(ACCESS_ENDED);
  });
});
