import { describe, expect, test } from "vitest";
import { STATUSES } from "../../domain/status.ts";
import { DAY, HOUR } from "../../domain/time.ts";
import { failedInvoice, IN, MONTH, paidInvoice, START } from "./builders.ts";
import type { Given } from "./reading.ts";
import { read, subscriptionIn } from "./reading.ts";

describe("the provider's truth in our words", () => {
  test.each(STATUSES)("%s has just the fields that it has", (status) => {
    const seen = { status, trialEnd: IN.trialing.trialEnd, endedAt: START + DAY, canceledAt: START };
    expect(Object.keys(subscriptionIn({ seen })).toSorted()).toEqual(Object.keys(IN[status]).toSorted());
  });

  test("the terms are what was agreed: tier by price, current or legacy", () => {
    expect(subscriptionIn({ seen: { priceId: "price_scale", quantity: 2 } }).terms).toEqual({
      provider: "stripe",
      providerSubscriptionId: "sub_1",
      providerCustomerId: "cus_1",
      tier: "scale",
      priceId: "price_scale",
      interval: "month",
      quantity: 2,
      price: { amount: 2_900, currency: "usd" },
    });
    expect(subscriptionIn({ seen: { priceId: "price_pro_2024" } }).terms.tier).toBe("pro");
  });

  test("an arranged end shows while it runs, and goes when it is undone", () => {
    const arranged = subscriptionIn({ seen: { cancelAt: START + MONTH } });
    expect(arranged).toMatchObject({ status: "active", cancelAt: START + MONTH });
    expect(subscriptionIn({ seen: { cancelAt: null }, life: { subscription: arranged } })).toMatchObject({
      cancelAt: null,
    });
  });

  test("an unknown status is not guessed at", () => {
    expect(read({ seen: { status: "hibernating" } })).toEqual({
      kind: "unreadable",
      why: 'the provider\'s status "hibernating" is unknown to this version',
    });
  });
});

describe("R14: a price that is in no tier", () => {
  const seen = { priceId: "price_other" };
  const why = "price price_other is in no tier of catalog version 3";

  test("is not ours, where we know nothing of the subscription", () => {
    expect(read({ seen, life: {} })).toEqual({ kind: "not_in_catalog", why });
  });

  test("is a problem of ours, where the subscription is ours or was bought at our checkout", () => {
    expect(read({ seen, life: { subscription: IN.active } })).toEqual({ kind: "unreadable", why });
    expect(read({ seen })).toEqual({ kind: "unreadable", why });
  });
});

describe("R8: terminal is terminal", () => {
  test.each([IN.canceled, IN.incomplete_expired])("$status answers every later look", (ended) => {
    for (const status of [...STATUSES, "hibernating"]) {
      const seen = {
        status,
        priceId: "price_other",
        period: { start: START + MONTH, end: START + 2 * MONTH },
      };
      expect(read({ seen, life: { subscription: ended } })).toEqual({ kind: "read", subscription: ended });
    }
  });

  test("its end is the provider's; the moment of the look only where there is none", () => {
    const now = START + 3 * DAY;
    const ended = { status: "canceled", endedAt: START + 2 * DAY, canceledAt: START + DAY };
    expect(subscriptionIn({ seen: ended, now })).toMatchObject({
      since: START + 2 * DAY,
      endedAt: START + 2 * DAY,
      canceledAt: START + DAY,
    });
    expect(subscriptionIn({ seen: { ...ended, endedAt: null }, now })).toMatchObject({
      endedAt: START + DAY,
    });
    expect(subscriptionIn({ seen: { status: "canceled" }, now })).toMatchObject({ endedAt: now });
  });
});

const since = (given: Given) => subscriptionIn(given).since;

describe("R4: since when it is in its status", () => {
  const recoveredAt = START + MONTH + 2 * DAY;
  const recovered = paidInvoice({
    id: "in_2",
    createdAt: START + MONTH,
    paidAt: recoveredAt,
    attempts: 2,
  });
  const now = START + 6 * MONTH;

  test.each<[string, Given, number]>([
    ["incomplete: it began", { seen: { status: "incomplete" } }, START],
    ["trialing: it began", { seen: { status: "trialing" } }, START],
    ["active: it began", { seen: {}, invoices: [paidInvoice()] }, START],
    [
      "active, renewed: still since it began",
      { seen: {}, invoices: [paidInvoice(), paidInvoice({ id: "in_2", paidAt: START + MONTH })] },
      START,
    ],
    ["active: its trial ended", { seen: { trialEnd: START + 7 * DAY } }, START + 7 * DAY],
    ["active, just as its trial ends", { seen: { trialEnd: now } }, now],
    ["active, with an end of its trial ahead: it began", { seen: { trialEnd: now + 1 } }, START],
    [
      "active: one was given up, and none was paid since",
      { seen: {}, invoices: [failedInvoice({ createdAt: START + MONTH, state: "uncollectible" })] },
      START,
    ],
    [
      "active: what was voided is no recovery",
      {
        seen: {},
        invoices: [
          failedInvoice({ state: "void" }),
          paidInvoice({ id: "in_2", createdAt: START + MONTH, paidAt: START + MONTH }),
        ],
      },
      START,
    ],
    [
      "active: a failed payment came through",
      { seen: {}, invoices: [paidInvoice(), recovered] },
      recoveredAt,
    ],
    [
      "active: a later invoice was paid, the failed one stays open",
      {
        seen: {},
        invoices: [
          failedInvoice({ attempts: 4, nextAttemptAt: null }),
          paidInvoice({ id: "in_2", createdAt: START + MONTH, paidAt: START + MONTH + HOUR }),
          paidInvoice({ id: "in_3", createdAt: START + 2 * MONTH, paidAt: START + 2 * MONTH + HOUR }),
        ],
      },
      START + MONTH + HOUR,
    ],
    ["canceled: its end", { seen: { status: "canceled", endedAt: START + DAY } }, START + DAY],
  ])("%s", (_what, given, expected) => {
    expect(since({ now, ...given }), "seen late").toBe(expected);
    const followed = { ...IN.incomplete, since: START };
    expect(since({ now, ...given, life: { subscription: followed } }), "followed").toBe(expected);
  });

  test("active again is told from the payment, also when the past due time was never seen", () => {
    const given = { seen: {}, invoices: [paidInvoice(), recovered], now };
    const pastDue = { ...IN.past_due, since: START + MONTH };
    expect(since({ ...given, life: { subscription: IN.active } })).toBe(recoveredAt);
    expect(since({ ...given, life: { subscription: pastDue } })).toBe(recoveredAt);
  });

  test("active stays since the recovery when its invoice is no longer shown", () => {
    const subscription = { ...IN.active, since: recoveredAt };
    expect(since({ seen: {}, now, life: { subscription } })).toBe(recoveredAt);
  });

  test("where the provider does not say it is the first look, and stays that", () => {
    for (const status of ["paused", "unpaid"] as const) {
      expect(since({ seen: { status }, now, life: { subscription: IN.active } })).toBe(now);
      const subscription = { ...IN[status], since: START + DAY };
      expect(since({ seen: { status }, now, life: { subscription } })).toBe(START + DAY);
    }
    const resumed = { seen: {}, now, life: { subscription: { ...IN.paused, since: START + DAY } } };
    expect(since(resumed)).toBe(now);
  });
});
