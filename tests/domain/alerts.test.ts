import { describe, expect, test } from "vitest";
import type { Alert } from "../../domain/alert.ts";
import { audienceOf, CUSTOMER_ALERT_KINDS } from "../../domain/alert.ts";
import {
  checkoutStarted,
  commandRefused,
  duplicateSubscription,
  eventParked,
  paymentAlerts,
  refundFailed,
  refundRecorded,
  subscriptionCanceled,
  subscriptionStarted,
  subscriptionUnseen,
} from "../../domain/alerts.ts";
import { CHECKOUT_STATES } from "../../domain/checkout.ts";
import type { Observation, ObservedInvoice } from "../../domain/observation.ts";
import type { Status } from "../../domain/status.ts";
import { DAY, HOUR } from "../../domain/time.ts";
import {
  checkout,
  event,
  failedInvoice,
  IN,
  OTHER,
  OURS,
  observed,
  paidInvoice,
  refund,
  START,
} from "./builders.ts";
import { decideOn, told } from "./deciding.ts";

const NOW = START + HOUR;

/** One of each kind. */
const raisedAt = (now: number): readonly Alert[] => [
  checkoutStarted(checkout(), now),
  ...subscriptionStarted(OURS, IN.active, observed(), [], now),
  ...paymentAlerts(OURS, { invoice: failedInvoice(), failedAttempts: 1 }, [], now),
  ...paymentAlerts(OURS, { invoice: paidInvoice(), failedAttempts: 1 }, [], now),
  ...subscriptionCanceled(OURS, IN.canceled, now),
  refundRecorded(OURS, refund(), now),
  eventParked(OURS, event("invoice.paid"), "why", now),
  commandRefused(OURS, "c1", "not_found", now),
  duplicateSubscription(OURS, IN.active, OTHER, now),
];

test("R6: the keys say what each is about, not when or in which turn it was raised", () => {
  expect(raisedAt(NOW).map((alert) => alert.key)).toEqual([
    `checkout_started:${checkout().id}`,
    "subscription_started:sub_1",
    "payment_failed:in_1:1",
    "payment_failed:in_1:1",
    "payment_recovered:in_1",
    "subscription_canceled:sub_1",
    "refund_recorded:re_1",
    "event_parked:stripe:evt_invoice.paid",
    `command_refused:${OURS}:c1`,
    "duplicate_subscription:sub_1",
  ]);
  expect(raisedAt(NOW + HOUR).map((alert) => alert.key)).toEqual(raisedAt(NOW).map((alert) => alert.key));
});

test("each is one sentence without personal data", () => {
  expect(subscriptionStarted(OURS, IN.active, observed(), [], NOW)).toMatchObject([
    {
      kind: "subscription_started",
      text: "Subscription to pro started at 29.00 USD a month",
      fields: { subscription: OURS, provider_subscription: "sub_1", tier: "pro" },
      at: NOW,
    },
  ]);
  expect(refundRecorded(OURS, refund(), NOW)).toMatchObject({
    text: "Refund of 10.00 USD recorded",
    fields: { refund: "re_1", payment: "pi_1", amount: 1_000, currency: "usd" },
  });
});

const started = (status: Status, invoices: readonly ObservedInvoice[], trialEnd: number | null = null) =>
  told(subscriptionStarted(OURS, IN[status], observed({ status, trialEnd }), invoices, NOW));

describe("R4: started", () => {
  const KEY = "subscription_started:sub_1";
  const voided = failedInvoice({ state: "void" });
  const trial = paidInvoice({ due: { amount: 0, currency: "usd" }, attempts: 0, payments: [] });

  test.each<[string, Status, readonly ObservedInvoice[], number | null, readonly string[]]>([
    ["active", "active", [paidInvoice()], null, [KEY]],
    ["active on its first look, the payment not shown yet", "active", [], null, [KEY]],
    ["trialing", "trialing", [trial], START, [KEY]],
    ["past due on its first look", "past_due", [failedInvoice()], null, [KEY]],
    ["a first payment that fails", "incomplete", [failedInvoice()], null, []],
    ["a first payment that never came", "incomplete_expired", [voided], null, []],
    ["canceled, seen only then, after it was paid", "canceled", [paidInvoice()], null, [`(${KEY})`]],
    ["canceled in its trial, seen only then", "canceled", [trial], START, [`(${KEY})`]],
    ["canceled in its trial, which no invoice shows", "canceled", [failedInvoice()], START, [`(${KEY})`]],
    ["canceled after one of two was paid", "canceled", [paidInvoice(), failedInvoice()], null, [`(${KEY})`]],
    ["canceled before its bill was tried", "canceled", [failedInvoice({ attempts: 0 })], null, [`(${KEY})`]],
    ["canceled, free of charge", "canceled", [trial], null, [`(${KEY})`]],
    ["canceled before a bill was due", "canceled", [], null, [`(${KEY})`]],
    ["canceled while its first payment failed", "canceled", [failedInvoice()], null, []],
  ])("%s", (_what, status, invoices, trialEnd, keys) => {
    expect(started(status, invoices, trialEnd)).toEqual(keys);
  });
});

const raised = (invoice: ObservedInvoice, failedAttempts: number, announced: readonly string[] = []) =>
  told(paymentAlerts(OURS, { invoice, failedAttempts }, announced, NOW));

describe("R4: payments", () => {
  test("that succeed at once raise nothing", () => {
    expect(raised(paidInvoice(), 0)).toEqual([]);
  });

  test("that fail raise one for each attempt; only the last can still be acted on", () => {
    expect(raised(failedInvoice({ attempts: 3 }), 3)).toEqual([
      "(payment_failed:in_1:1)",
      "(payment_failed:in_1:2)",
      "payment_failed:in_1:3",
    ]);
  });

  test("that recovered are told of to those who heard of the failure, and to nobody else", () => {
    const paid = paidInvoice({ attempts: 3 });
    const failures = ["(payment_failed:in_1:1)", "(payment_failed:in_1:2)"];
    expect(raised(paid, 2)).toEqual([...failures, "(payment_recovered:in_1)"]);
    expect(raised(paid, 2, ["payment_failed:in_1:1"])).toEqual([...failures, "payment_recovered:in_1"]);
    expect(raised(paid, 2, ["payment_failed:in_2:1"])).toEqual([...failures, "(payment_recovered:in_1)"]);
  });

  test.each(["void", "uncollectible"] as const)(
    "of an invoice that is %s are over and never recover",
    (state) => {
      expect(raised(failedInvoice({ state }), 1)).toEqual(["(payment_failed:in_1:1)"]);
    },
  );

  test("say when the provider tries again", () => {
    const invoice = failedInvoice();
    expect(paymentAlerts(OURS, { invoice, failedAttempts: 1 }, [], NOW)).toMatchObject([
      {
        text: "Payment of 29.00 USD failed, attempt 1",
        fields: { attempt: 1, next_attempt_at: invoice.nextAttemptAt },
      },
    ]);
  });
});

test("canceled is told once it is, and of nothing else", () => {
  expect(told(subscriptionCanceled(OURS, IN.canceled, NOW))).toEqual(["subscription_canceled:sub_1"]);
  for (const status of ["active", "past_due", "unpaid", "incomplete_expired"] as const) {
    expect(subscriptionCanceled(OURS, IN[status], NOW)).toEqual([]);
  }
});

const isSuperseded = (status: string) => refundRecorded(OURS, refund({ status }), NOW).superseded;

test("a refund that came to nothing is recorded only", () => {
  expect(["pending", "requires_action", "succeeded"].map(isSuperseded)).toEqual([false, false, false]);
  expect(["failed", "canceled"].map(isSuperseded)).toEqual([true, true]);
});

test("a refund that fails is told, also to those who heard that it was made", () => {
  expect(told(refundFailed(OURS, refund({ status: "failed" }), NOW))).toEqual(["refund_failed:re_1"]);
  for (const status of ["pending", "requires_action", "succeeded", "canceled"]) {
    expect(refundFailed(OURS, refund({ status }), NOW)).toEqual([]);
  }
});

describe("a checkout that is paid, and shows no subscription", () => {
  const complete = checkout({ state: "complete" });
  const closed = START + DAY;

  test("is told a day after its page was to close, once", () => {
    expect(subscriptionUnseen(OURS, complete, closed + DAY - 1)).toEqual([]);
    expect(subscriptionUnseen(OURS, complete, closed + DAY)).toMatchObject([
      {
        key: `subscription_unseen:${complete.id}`,
        kind: "subscription_unseen",
        text: "A checkout of pro is paid, and the provider shows no subscription",
        fields: { subscription: OURS, checkout: complete.id, tier: "pro" },
        superseded: false,
        at: closed + DAY,
      },
    ]);
  });

  test("is told by the day that it was made on where it is not known when its page closes", () => {
    const unknown = { ...complete, createdAt: START + HOUR, expiresAt: null };
    expect(subscriptionUnseen(OURS, unknown, START + HOUR + 2 * DAY - 1)).toEqual([]);
    expect(subscriptionUnseen(OURS, unknown, START + HOUR + 2 * DAY)).toHaveLength(1);
  });

  test.each(CHECKOUT_STATES.filter((state) => state !== "complete"))(
    "is no matter of one that is %s",
    (state) => {
      expect(subscriptionUnseen(OURS, checkout({ state }), closed + 9 * DAY)).toEqual([]);
    },
  );

  test("is part of a turn, until there is one", () => {
    const now = closed + DAY;
    const heard = (seen: Partial<Observation>) => told(decideOn(seen, {}, { now }).alerts);
    expect(heard({})).toEqual([`subscription_unseen:${complete.id}`]);
    expect(heard({ subscription: observed(), invoices: [paidInvoice()] })).toEqual([
      "subscription_started:sub_1",
    ]);
  });
});

test("operators hear of everything but what is written to customers", () => {
  expect(CUSTOMER_ALERT_KINDS.map(audienceOf)).toEqual(CUSTOMER_ALERT_KINDS.map(() => "customer"));
  expect(audienceOf("access_ended")).toBe("operators");
});
