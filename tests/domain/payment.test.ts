import { describe, expect, test } from "vitest";
import type { Observation, ObservedInvoice } from "../../domain/observation.ts";
import type { Payment } from "../../domain/payment.ts";
import { collections, paymentsOf } from "../../domain/payment.ts";
import { DAY } from "../../domain/time.ts";
import {
  event,
  failedInvoice,
  MONTH,
  observation,
  observed,
  paid,
  paidInvoice,
  START,
  unpaid,
} from "./builders.ts";

const failedAttempts = (seen: Partial<Observation>, recorded: readonly Payment[] = []): readonly number[] =>
  collections(observation({ subscription: observed({ status: "past_due" }), ...seen }), recorded).map(
    (collection) => collection.failedAttempts,
  );

const failedEvent = (attempt: number, invoiceId = "in_1") =>
  event("invoice.payment_failed", { failedAttempt: { invoiceId, attempt } });

const recordedFailure = (count: number, invoiceId = "in_1"): Payment => ({
  id: "pi_1",
  invoiceId,
  status: "failed",
  money: { amount: 2_900, currency: "usd" },
  failedAttempts: count,
  paidAt: null,
});

test("an invoice of 0 that something was paid for is money all the same", () => {
  const free = { amount: 0, currency: "usd" };
  const seen = (payments: ObservedInvoice["payments"]) =>
    failedAttempts({ invoices: [paidInvoice({ due: free, payments })] });
  expect(seen([])).toEqual([]);
  expect(seen([unpaid("pi_0")])).toEqual([]);
  expect(seen([unpaid("pi_0"), paid("pi_1")])).toEqual([0]);
});

describe("R4: the failed attempts of an invoice", () => {
  test.each<[string, ObservedInvoice, number]>([
    ["paid at once", paidInvoice(), 0],
    ["paid outside of Stripe, never tried", paidInvoice({ attempts: 0, payments: [] }), 0],
    ["paid at the third attempt", paidInvoice({ attempts: 3 }), 2],
    ["open, not tried yet", failedInvoice({ attempts: 0 }), 0],
    ["open after two failed", failedInvoice({ attempts: 2 }), 2],
    ["open, all attempts used up", failedInvoice({ attempts: 4, nextAttemptAt: null }), 4],
    ["given up as uncollectible", failedInvoice({ state: "uncollectible", attempts: 4 }), 4],
    ["voided after the first", failedInvoice({ state: "void", attempts: 1 }), 1],
  ])("%s", (_what, invoice, count) => {
    expect(failedAttempts({ invoices: [invoice] })).toEqual([count]);
  });

  test("are the highest of what the invoice, an event and our record say, whichever that is", () => {
    const invoices = [paidInvoice({ attempts: 2 })];
    expect(failedAttempts({ invoices })).toEqual([1]);
    expect(failedAttempts({ invoices, events: [failedEvent(2)] })).toEqual([2]);
    expect(failedAttempts({ invoices, events: [failedEvent(1), failedEvent(3)] })).toEqual([3]);
    expect(failedAttempts({ invoices }, [recordedFailure(4)])).toEqual([4]);
    expect(failedAttempts({ invoices, events: [failedEvent(2)] }, [recordedFailure(1)])).toEqual([2]);
  });

  test("are those of this invoice, not of another", () => {
    const seen = { invoices: [paidInvoice()], events: [failedEvent(3, "in_2")] };
    expect(failedAttempts(seen, [recordedFailure(2, "in_3")])).toEqual([0]);
  });

  test("do not count one that is under way: a bank debit of a subscription in good standing", () => {
    const debit = failedInvoice({ nextAttemptAt: null });
    const standing = observed({ status: "active" });
    expect(failedAttempts({ subscription: standing, invoices: [debit] })).toEqual([0]);
    expect(failedAttempts({ subscription: standing, invoices: [debit], events: [failedEvent(1)] })).toEqual([
      1,
    ]);
    // It failed: Stripe plans the next attempt, or calls the subscription past due.
    expect(failedAttempts({ subscription: standing, invoices: [failedInvoice()] })).toEqual([1]);
    expect(failedAttempts({ invoices: [debit] })).toEqual([1]);
  });

  test("count all of an invoice that was given up before a later one was paid", () => {
    const invoices = [
      failedInvoice({ attempts: 4, nextAttemptAt: null }),
      paidInvoice({ id: "in_2", createdAt: START + MONTH }),
    ];
    expect(failedAttempts({ subscription: observed({ status: "active" }), invoices })).toEqual([4, 0]);
  });

  test("of an invoice of nothing are none: a trial starts with one, and it is no payment", () => {
    const trial = paidInvoice({ due: { amount: 0, currency: "usd" }, attempts: 0, payments: [] });
    expect(failedAttempts({ invoices: [trial] })).toEqual([]);
  });
});

const payments = (invoice: ObservedInvoice, count = 0) =>
  paymentsOf({ invoice, failedAttempts: count }).map(({ id, status, money, paidAt }) => ({
    id,
    status,
    amount: money.amount,
    paidAt,
  }));

describe("the payments of an invoice", () => {
  test.each<[string, ObservedInvoice, number, ReturnType<typeof payments>]>([
    ["nobody has tried", failedInvoice({ attempts: 0 }), 0, []],
    ["paid", paidInvoice(), 0, [{ id: "pi_1", status: "succeeded", amount: 2_900, paidAt: START }]],
    ["failed", failedInvoice(), 1, [{ id: "pi_1", status: "failed", amount: 2_900, paidAt: null }]],
    [
      "paid by the same payment after it had failed",
      paidInvoice({ attempts: 2, paidAt: START + DAY }),
      1,
      [{ id: "pi_1", status: "succeeded", amount: 2_900, paidAt: START + DAY }],
    ],
    [
      "R4: paid by another payment: the failed one is told too, as it would be if it had been seen",
      paidInvoice({ payments: [unpaid("pi_1", "canceled"), paid("pi_2")] }),
      1,
      [
        { id: "pi_2", status: "succeeded", amount: 2_900, paidAt: START },
        { id: "pi_1", status: "failed", amount: 2_900, paidAt: null },
      ],
    ],
    [
      "paid by another payment, none failed",
      paidInvoice({ payments: [unpaid("pi_1", "canceled"), paid("pi_2")] }),
      0,
      [{ id: "pi_2", status: "succeeded", amount: 2_900, paidAt: START }],
    ],
    [
      "paid in two parts",
      paidInvoice({ payments: [paid("pi_1", 900), paid("pi_2", 2_000)] }),
      0,
      [
        { id: "pi_1", status: "succeeded", amount: 900, paidAt: START },
        { id: "pi_2", status: "succeeded", amount: 2_000, paidAt: START },
      ],
    ],
    [
      "paid in part: money that came is money",
      failedInvoice({ payments: [paid("pi_1", 900), unpaid("pi_2")] }),
      1,
      [
        { id: "pi_1", status: "succeeded", amount: 900, paidAt: null },
        { id: "pi_2", status: "failed", amount: 2_900, paidAt: null },
      ],
    ],
    [
      "failed before the provider shows a payment",
      failedInvoice({ payments: [] }),
      1,
      [{ id: "in_1", status: "failed", amount: 2_900, paidAt: null }],
    ],
    ["paid by credit: no money moved", paidInvoice({ payments: [paid("pi_1", 0)] }), 0, []],
  ])("%s", (_what, invoice, count, rows) => {
    expect(payments(invoice, count)).toEqual(rows);
  });

  test("each carry the invoice and its failed attempts", () => {
    const rows = paymentsOf({ invoice: paidInvoice(), failedAttempts: 2 });
    expect(rows).toMatchObject([{ invoiceId: "in_1", failedAttempts: 2 }]);
  });
});
