import { describe, expect, test } from "vitest";
import type { Decision } from "../../domain/decide.ts";
import type { ObservedInvoice, ObservedSubscription } from "../../domain/observation.ts";
import { DAY, HOUR } from "../../domain/time.ts";
import {
  checkout,
  failedInvoice,
  IN,
  life,
  MONTH,
  observation,
  observed,
  paidInvoice,
  START,
  turn,
} from "./builders.ts";
import { decideOn } from "./deciding.ts";
import { ACCESS_ENDED, calendarOf, callsOf, catalogWith, END, END_UNPAID, look, OPEN } from "./dunned.ts";

describe("an extension moves the end, and only the end", () => {
  const known = { subscription: { ...IN.past_due, graceExtendedDays: 10, graceUntil: END + 10 * DAY } };

  test("the messages stay where they are, and say the new day", () => {
    const final = look({ now: START + 7 * DAY, known });
    expect(calendarOf(final).at(-1)).toBe("dunning:in_1:7");
    expect(final.alerts.find(({ key }) => key === "dunning:in_1:7")?.fields["ends_at"]).toBe(END + 10 * DAY);
    const atOldEnd = look({ now: END, known });
    expect(calendarOf(atOldEnd).at(-1)).toBe("dunning:in_1:7");
    expect(atOldEnd).toMatchObject({ calls: [], nextDeadline: END + 10 * DAY });
  });

  test("and the end is told and done for the new day, also when that of the old day was told", () => {
    const announced = ["dunning:in_1:0", "dunning:in_1:3", "dunning:in_1:7", ...ACCESS_ENDED];
    const ended = look({ now: END + 10 * DAY, known: { ...known, announced } });
    expect(calendarOf(ended).slice(-2)).toEqual([
      `access_ended:sub_1:${START}+10`,
      `customer_access_ended:sub_1:${START}+10`,
    ]);
    expect(callsOf(ended)).toEqual([`stripe/end_unpaid/sub_1/${END + 10 * DAY}`]);
  });
});

describe("the end of the calendar", () => {
  test.each(["past_due", "unpaid"] as const)(
    "%s: told and asked for under the same keys at every look",
    (status) => {
      for (const now of [END, END + DAY, END + 40 * DAY]) {
        const ended = look({ now, status });
        expect(calendarOf(ended).slice(-2)).toEqual(ACCESS_ENDED);
        expect(ended.calls).toEqual([
          {
            key: END_UNPAID,
            commandId: null,
            operation: { name: "end_unpaid", providerSubscriptionId: "sub_1" },
          },
        ]);
      }
    },
  );

  test("kept unpaid by policy: told alike, and nothing is done", () => {
    const kept = look({ now: END, calendar: { end: { day: 14, action: "keep_unpaid" } } });
    expect(calendarOf(kept).slice(-2)).toEqual(ACCESS_ENDED);
    expect(kept.alerts.map(({ text }) => text)).toContain(
      "Unpaid since 1 January 2026: access to pro has ended, it is kept, unpaid",
    );
    expect(kept.calls).toEqual([]);
  });

  test.each(["active", "trialing", "paused", "incomplete"] as const)(
    "is none of a subscription that is %s",
    (status) => {
      const ended = look({ now: END, status, invoices: [paidInvoice()] });
      expect(calendarOf(ended)).toEqual([]);
      expect(ended.calls).toEqual([]);
    },
  );

  test("of an invoice that is sent and never tried is told to operators alone, and nothing is ended", () => {
    const sent = look({ now: END, invoices: [failedInvoice({ attempts: 0 })] });
    expect(calendarOf(sent)).toEqual(ACCESS_ENDED.slice(0, 1));
    expect(sent.alerts.map(({ text }) => text)).toContain(
      "Unpaid since 1 January 2026: access to pro has ended, it is kept, unpaid",
    );
    expect(sent.calls).toEqual([]);
  });

  test("says what it does in the timeline, the first time that the access is over", () => {
    expect(look({ now: END }).why).toContain(
      "our calendar has run out: its access is over; it is to be cancelled",
    );
    expect(look({ now: END, known: { announced: ACCESS_ENDED } }).why).not.toContain(
      "our calendar has run out",
    );
    expect(look({ now: END - 1 }).why).not.toContain("our calendar has run out");
  });

  test("is said to have been reached when the provider has ended it", () => {
    const call = {
      key: END_UNPAID,
      commandId: null,
      operation: { name: "end_unpaid", providerSubscriptionId: "sub_1" },
      end: { state: "done", expiresAt: null },
    } as const;
    const ended = look({
      now: END + HOUR,
      status: "canceled",
      seen: { endedAt: END + HOUR },
      invoices: [{ ...OPEN, state: "void" }],
      change: { calls: [call] },
    });
    expect(ended.why).toContain("unpaid to the end of our calendar, so we ended it");
    expect(ended.nextDeadline).toBeNull();
  });
});

describe("R14: what was not bought through us", () => {
  const stranger = { checkout: null };

  test("is dunned in silence in the turn that adopts it, and nothing is asked of the provider", () => {
    const adopted = decideOn(
      { subscription: observed({ status: "past_due" }), invoices: [OPEN] },
      { ...stranger, subscription: null },
      { now: END },
    );
    expect(calendarOf(adopted).every((key) => key.startsWith("("))).toBe(true);
    expect(adopted.calls).toEqual([]);
  });

  test.each<[string, number, boolean]>([
    ["known since before its invoice: by our calendar", START - DAY, true],
    ["known since the invoice was made: by our calendar", START, true],
    ["known since after it: by those who dunned it before", START + 1, false],
  ])("%s", (_what, adoptedAt, isDunned) => {
    const ended = look({ now: END, known: { ...stranger, adoptedAt } });
    const final = calendarOf(look({ now: END - 1, known: { ...stranger, adoptedAt } }));
    expect(final.includes("dunning:in_1:7")).toBe(isDunned);
    expect(calendarOf(ended).includes(ACCESS_ENDED[0] ?? "")).toBe(isDunned);
    expect(callsOf(ended)).toEqual(isDunned ? [END_UNPAID] : []);
  });

  test("is dunned for what it fails to pay afterwards", () => {
    const paid = paidInvoice({ attempts: 2, paidAt: START + 2 * DAY });
    const createdAt = START + MONTH;
    const now = createdAt + 3 * DAY;
    const dunned = look({
      now,
      invoices: [paid, failedInvoice({ id: "in_2", createdAt, payments: [] })],
      known: { ...stranger, adoptedAt: START + DAY },
    });
    expect(calendarOf(dunned)).toEqual(["(dunning:in_1:0)", "(dunning:in_2:0)", "dunning:in_2:3"]);
  });
});

test("a turn that was stored before there was a calendar is decided by its days of grace", () => {
  const older = turn({
    life: life({ checkout: checkout({ state: "complete" }), subscription: IN.past_due }),
    observation: observation({ subscription: observed({ status: "past_due" }), invoices: [OPEN] }),
    catalog: catalogWith({ messages: [], end: { day: 7, action: "keep_unpaid" } }),
    now: START + 8 * DAY,
  });
  const decision = decideOn(older.observation, older.life, older);
  expect(decision.subscription).toMatchObject({ graceUntil: START + 7 * DAY });
  expect(decision.calls).toEqual([]);
});

const ended = (change: Partial<ObservedSubscription>, invoice: ObservedInvoice = OPEN) =>
  look({
    now: START + 9 * DAY,
    status: "canceled",
    seen: { endedAt: START + 8 * DAY, isEndedUnpaid: true, ...change },
    invoices: [invoice],
  });
const written = ({ alerts }: Decision) => alerts.filter(({ kind }) => kind === "customer_access_ended");

describe("where the provider ends it before our calendar does", () => {
  test("the customer is told of the end, once, and is not asked to pay for what is over", () => {
    expect(written(ended({}))).toMatchObject([
      {
        key: `customer_access_ended:sub_1:${START}`,
        superseded: false,
        fields: { ends_at: START + 8 * DAY },
      },
    ]);
    expect(written(ended({}))[0]?.fields).not.toHaveProperty("invoice");
  });

  test("not twice, where our calendar has told of it before, nor of an end that was known before", () => {
    const told = { announced: [`customer_access_ended:sub_1:${START}+0`] };
    const seen = { endedAt: START + 20 * DAY, isEndedUnpaid: true };
    const late = { now: START + 21 * DAY, status: "canceled", seen } as const;
    expect(written(look({ ...late, known: told }))).toEqual([]);
    expect(written(look({ ...late, known: { subscription: IN.canceled } }))).toEqual([]);
    expect(written(look(late))).toHaveLength(1);
  });

  test("not of an end that somebody asked for, nor of one that was paid for", () => {
    expect(written(ended({ isEndedUnpaid: false }))).toEqual([]);
    expect(written(ended({}, paidInvoice({ attempts: 2 })))).toEqual([]);
  });

  test("R14: nor of what was unpaid before it was adopted", () => {
    const adopted = look({
      now: START + 9 * DAY,
      status: "canceled",
      seen: { endedAt: START + 8 * DAY, isEndedUnpaid: true },
      known: { checkout: null, adoptedAt: START + DAY },
    });
    expect(written(adopted)).toEqual([]);
  });
});
