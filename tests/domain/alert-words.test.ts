import { describe, expect, test } from "vitest";
import type { Alert } from "../../domain/alert.ts";
import {
  callRefused,
  checkoutStarted,
  commandRefused,
  duplicateSubscription,
  eventParked,
  paymentAlerts,
  refundFailed,
  refundRecorded,
  renewalOverdue,
  subscriptionCanceled,
} from "../../domain/alerts.ts";
import type { DisputeStatus } from "../../domain/dispute.ts";
import { disputeAlerts } from "../../domain/dispute.ts";
import { driftConfirmed } from "../../domain/drift.ts";
import { messageRefused } from "../../domain/message.ts";
import type { ObservedInvoice } from "../../domain/observation.ts";
import { DAY, HOUR } from "../../domain/time.ts";
import {
  checkout,
  dispute,
  event,
  failedInvoice,
  IN,
  MONTH,
  OTHER,
  OURS,
  observation,
  paidInvoice,
  refund,
  START,
} from "./builders.ts";

const NOW = START + HOUR;
const invoice = { subscription: OURS, invoice: "in_1", amount: 2_900, currency: "usd" };
const refunded = { subscription: OURS, refund: "re_1", payment: "pi_1", amount: 1_000, currency: "usd" };
const failed = (known: ObservedInvoice) =>
  paymentAlerts(OURS, { invoice: known, failedAttempts: 1 }, ["payment_failed:in_1:1"], NOW);
const drift = {
  subscriptionId: OURS,
  provider: "stripe",
  providerSubscriptionId: "sub_1",
  differences: ["status", "ended_at"],
  version: 7,
} as const;

describe("an alert says what it is about, without personal data", () => {
  test.each<[Alert["kind"], () => Alert | undefined, string, Alert["fields"]]>([
    [
      "checkout_started",
      () => checkoutStarted(checkout(), NOW),
      "Checkout of pro started",
      { checkout: checkout().id, subscription: OURS, tier: "pro" },
    ],
    [
      "payment_failed",
      () => failed(failedInvoice())[0],
      "Payment of 29.00 USD failed, attempt 1",
      { ...invoice, attempt: 1, next_attempt_at: START + 3 * DAY },
    ],
    [
      "payment_recovered",
      () => failed(paidInvoice())[1],
      "Payment of 29.00 USD recovered after 1 failed",
      invoice,
    ],
    [
      "subscription_canceled",
      () => subscriptionCanceled(OURS, IN.canceled, NOW)[0],
      "Subscription to pro ended",
      { subscription: OURS, provider_subscription: "sub_1", tier: "pro" },
    ],
    ["refund_recorded", () => refundRecorded(OURS, refund(), NOW), "Refund of 10.00 USD recorded", refunded],
    [
      "refund_failed",
      () => refundFailed(OURS, refund({ status: "failed" }), NOW)[0],
      "Refund of 10.00 USD failed: the customer has not got it",
      refunded,
    ],
    [
      "event_parked",
      () => eventParked(OURS, event("invoice.paid"), "no such invoice", NOW),
      "Event evt_invoice.paid (invoice.paid) is parked: no such invoice",
      { subscription: OURS, provider: "stripe", event: "evt_invoice.paid", type: "invoice.paid" },
    ],
    [
      "command_refused",
      () => commandRefused(OURS, "c1", "locked", NOW),
      "The provider refused a command for good: locked",
      { subscription: OURS, command: "c1" },
    ],
    [
      "call_refused",
      () => callRefused(OURS, "stripe/refund/pi_1", "disputed", NOW),
      "The provider refuses what our policy asks for (stripe/refund/pi_1): disputed",
      { subscription: OURS, call: "stripe/refund/pi_1" },
    ],
    [
      "duplicate_subscription",
      () => duplicateSubscription(OURS, IN.active, OTHER, NOW),
      "A customer pays for a second subscription (pro)",
      { subscription: OURS, live: OTHER },
    ],
    [
      "renewal_overdue",
      () => renewalOverdue(OURS, IN.active, NOW),
      "Its period ended on 1 February 2026, and stripe has not renewed it",
      { subscription: OURS, provider_subscription: "sub_1", period_end: START + MONTH },
    ],
    [
      "drift_confirmed",
      () => driftConfirmed(drift, NOW),
      "stripe has changed a subscription, and no event has told of it: status, ended_at",
      { subscription: OURS, provider_subscription: "sub_1", differences: "status, ended_at", version: 7 },
    ],
    [
      "message_refused",
      () =>
        messageRefused(
          { ...checkoutStarted(checkout(), NOW), key: "dunning:in_1:0", kind: "customer_payment_failed" },
          OURS,
          "no address",
          NOW,
        ),
      "A customer was not told (customer_payment_failed): no address",
      { subscription: OURS, message: "dunning:in_1:0" },
    ],
  ])("%s", (kind, raise, text, fields) => {
    const alert = raise();
    expect(alert).toMatchObject({ kind, text, superseded: false, at: NOW });
    expect(alert?.fields).toEqual(fields);
  });
});

test("R2: an event that is parked again after a replay is another alert", () => {
  const keys = [undefined, 1, 2].map(
    (endedBefore) =>
      eventParked(OURS, event("x", endedBefore === undefined ? {} : { endedBefore }), "why", NOW).key,
  );
  expect(keys).toEqual([
    "event_parked:stripe:evt_x",
    "event_parked:stripe:evt_x:2",
    "event_parked:stripe:evt_x:3",
  ]);
});

const overdue = (cancelAt: number) => renewalOverdue(OURS, { ...IN.active, cancelAt }, NOW).text;

test("a period that was to be the last has not ended, and is not to be renewed", () => {
  expect(overdue(START + MONTH)).toBe("Its period ended on 1 February 2026, and stripe has not ended it");
  expect(overdue(START + MONTH + 1)).toBe(
    "Its period ended on 1 February 2026, and stripe has not renewed it",
  );
});

test.each<[DisputeStatus, readonly Alert["kind"][]]>([
  ["inquiry", ["dispute_opened"]],
  ["open", ["dispute_opened"]],
  ["lost", ["dispute_opened", "dispute_lost"]],
  ["won", ["dispute_opened", "dispute_won"]],
  ["closed", ["dispute_opened"]],
])("a dispute that is %s is told by its kind", (status, kinds) => {
  expect(disputeAlerts(OURS, dispute({ status }), observation(), [], NOW).map(({ kind }) => kind)).toEqual(
    kinds,
  );
});
