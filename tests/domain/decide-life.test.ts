import { describe, expect, test } from "vitest";
import type { Checkout } from "../../domain/checkout.ts";
import { DAY, HOUR, MINUTE } from "../../domain/time.ts";
import {
  checkout,
  command,
  event,
  failedInvoice,
  IN,
  MONTH,
  observed,
  opening,
  paid,
  paidInvoice,
  refund,
  START,
  session,
} from "./builders.ts";
import { decideOn, ends, told } from "./deciding.ts";

/** The turn in which the provider refused to open the checkout. */
const refusedBecause = (reason: "paid_meanwhile" | "provider_refused") =>
  decideOn(
    {},
    { checkout: checkout({ state: "opening" }) },
    {
      commands: [command("checkout", checkout().id)],
      calls: [opening({ state: "refused", reason, what: "no" })],
    },
  );

const replaced = (change: Partial<Checkout> = {}) => ({
  checkout: checkout({ state: "replaced", ...change }),
});

describe("a life from its checkout to its end", () => {
  test("opening: the checkout asks for its session", () => {
    const decision = decideOn(
      {},
      { checkout: checkout({ state: "opening", sessionId: null, expiresAt: null }) },
      { commands: [command("checkout", checkout().id)] },
    );
    expect(decision).toMatchObject({
      checkout: { state: "opening" },
      subscription: null,
      calls: [{ key: `stripe/checkout/${checkout().id}` }],
      answers: [],
      alerts: [],
      nextDeadline: START + HOUR + 5 * MINUTE,
    });
  });

  test("open: the asker is answered, and people are told once", () => {
    const opened = decideOn(
      {},
      { checkout: checkout({ state: "opening", expiresAt: null }) },
      {
        commands: [command("checkout", checkout().id)],
        calls: [opening({ state: "done", expiresAt: START + DAY })],
      },
    );
    expect(opened.checkout).toMatchObject({ state: "open", expiresAt: START + DAY });
    expect(opened.answers).toMatchObject([{ commandId: checkout().id, outcome: { state: "done" } }]);
    expect(told(opened.alerts)).toEqual([`checkout_started:${checkout().id}`]);
    expect(opened.why).toBe("The checkout is open");
    expect(told(decideOn({}, { checkout: opened.checkout }).alerts)).toEqual([]);
  });

  test("refused: the asker hears why, and an operator if it was the provider", () => {
    expect(refusedBecause("paid_meanwhile")).toMatchObject({
      checkout: { state: "refused" },
      answers: [{ outcome: { state: "refused", reason: "paid_meanwhile" } }],
      alerts: [],
      needsAttention: null,
      nextDeadline: null,
    });
    expect(refusedBecause("provider_refused")).toMatchObject({
      alerts: [{ kind: "command_refused" }],
      needsAttention: "no",
    });
  });

  test("created: paid, the subscription is born from the provider's truth", () => {
    const born = decideOn(
      {
        events: [event("checkout.session.completed"), event("customer.subscription.created")],
        session: session("complete"),
        subscription: observed(),
        invoices: [paidInvoice()],
      },
      { checkout: checkout() },
    );
    expect(born.checkout?.state).toBe("complete");
    expect(born.subscription).toEqual(IN.active);
    expect(born.payments).toMatchObject([{ id: "pi_1", status: "succeeded", failedAttempts: 0 }]);
    expect(told(born.alerts)).toEqual(["subscription_started:sub_1"]);
    expect(ends(born)).toEqual([
      "checkout.session.completed: applied",
      "customer.subscription.created: applied",
    ]);
    expect(born.why).toBe("The provider has a subscription, active (29.00 USD paid)");
  });

  test("created with a trial: its invoice of 0 is no payment", () => {
    const trial = paidInvoice({ due: { amount: 0, currency: "usd" }, attempts: 0, payments: [] });
    const born = decideOn({
      events: [event("invoice.paid")],
      subscription: observed({ status: "trialing", trialEnd: START + 7 * DAY }),
      invoices: [trial],
    });
    expect(born.subscription).toEqual(IN.trialing);
    expect(born.payments).toEqual([]);
    expect(told(born.alerts)).toEqual(["subscription_started:sub_1"]);
  });

  test("past due: the failure is told while it can be acted on, access stays for the grace", () => {
    const failed = decideOn(
      {
        events: [event("invoice.payment_failed", { failedAttempt: { invoiceId: "in_1", attempt: 1 } })],
        subscription: observed({ status: "past_due" }),
        invoices: [failedInvoice()],
      },
      { subscription: IN.active },
    );
    expect(failed.subscription).toEqual(IN.past_due);
    expect(failed.payments).toMatchObject([{ id: "pi_1", status: "failed", failedAttempts: 1 }]);
    expect(told(failed.alerts)).toEqual([
      "subscription_started:sub_1",
      "payment_failed:in_1:1",
      "dunning:in_1:0",
    ]);
    expect(failed.nextDeadline).toBe(START + 3 * DAY);
    expect(failed.why).toBe(
      "The provider changed it: active → past_due (payment of 29.00 USD failed, attempt 1; the customer is told that the payment failed)",
    );
  });

  test("recovered: told to those who heard of the failure", () => {
    const paidAt = START + 3 * DAY;
    const recovered = decideOn(
      {
        events: [event("invoice.paid")],
        subscription: observed(),
        invoices: [paidInvoice({ attempts: 2, paidAt })],
      },
      { subscription: IN.past_due, announced: ["payment_failed:in_1:1"] },
      { now: paidAt + MINUTE },
    );
    expect(recovered.subscription).toEqual({ ...IN.active, since: paidAt });
    expect(told(recovered.alerts)).toContain("payment_recovered:in_1");
    expect(recovered.why).toBe("The overdue payment came through: past_due → active (29.00 USD paid)");
  });

  test("R4: a failure that is over before it is seen is recorded, not announced, and neither is its recovery", () => {
    const late = decideOn({
      events: [event("invoice.payment_failed", { failedAttempt: { invoiceId: "in_1", attempt: 1 } })],
      subscription: observed(),
      invoices: [paidInvoice()],
    });
    expect(told(late.alerts)).toEqual([
      "subscription_started:sub_1",
      "(payment_failed:in_1:1)",
      "(payment_recovered:in_1)",
      "(dunning:in_1:0)",
    ]);
    expect(late.payments).toMatchObject([{ status: "succeeded", failedAttempts: 1 }]);
  });

  test("canceled: told, and nothing is waited for", () => {
    const endedAt = IN.canceled.endedAt;
    const ended = decideOn(
      {
        events: [event("customer.subscription.deleted")],
        subscription: observed({ status: "canceled", endedAt, canceledAt: endedAt }),
        invoices: [paidInvoice()],
      },
      { subscription: IN.active },
    );
    expect(ended.subscription).toEqual(IN.canceled);
    expect(told(ended.alerts)).toContain("subscription_canceled:sub_1");
    expect(ended.nextDeadline).toBeNull();
  });

  test("R8: after the end late money is still recorded and told, and the end stays", () => {
    const late = decideOn(
      {
        events: [event("refund.created")],
        subscription: observed({ status: "active" }),
        invoices: [paidInvoice(), paidInvoice({ id: "in_2", payments: [paid("pi_2")] })],
        refunds: [refund()],
      },
      { subscription: IN.canceled },
    );
    expect(late.subscription).toBe(IN.canceled);
    expect(late.payments.map((payment) => payment.id)).toEqual(["pi_1", "pi_2"]);
    expect(late.refunds).toEqual([refund()]);
    expect(told(late.alerts)).toContain("refund_recorded:re_1");
    expect(ends(late)).toEqual(["refund.created: applied"]);
    expect(late.nextDeadline).toBeNull();
  });

  test("R8: money is recorded also when the provider no longer shows the subscription", () => {
    const late = decideOn(
      { events: [event("refund.created")], refunds: [refund()] },
      { subscription: IN.canceled },
    );
    expect(late.refunds).toEqual([refund()]);
    expect(told(late.alerts)).toContain("refund_recorded:re_1");
    expect(late.why).toBe(
      "The provider no longer shows it; it stays canceled (refund of 10.00 USD succeeded)",
    );
  });
});

describe("R9: a checkout that was replaced", () => {
  test("is watched until its session ends", () => {
    expect(decideOn({ session: session("open") }, replaced()).nextDeadline).toBe(START + DAY + MINUTE);
    expect(decideOn({ session: session("expired") }, replaced()).nextDeadline).toBeNull();
  });

  test("is watched also when its session opened only afterwards", () => {
    const late = decideOn({}, replaced({ expiresAt: null }), {
      calls: [opening({ state: "done", expiresAt: START + DAY })],
      commands: [command("checkout", checkout().id)],
    });
    expect(late.nextDeadline).toBe(START + DAY + MINUTE);
    expect(late.answers).toMatchObject([{ outcome: { state: "refused", reason: "checkout_closed" } }]);
  });

  test("is recorded when it was paid after all: truth is recorded, also of a second one", () => {
    const decision = decideOn({ session: session("complete") }, replaced());
    expect(decision).toMatchObject({
      checkout: { state: "complete" },
      nextDeadline: START + HOUR + 5 * MINUTE,
    });
    const born = decideOn(
      { session: session("complete"), subscription: observed(), invoices: [paidInvoice()] },
      replaced(),
    );
    expect(born.subscription).toEqual(IN.active);
    expect(told(born.alerts)).toEqual(["subscription_started:sub_1"]);
  });
});

test("a renewal that is seen by its deadline alone is recorded", () => {
  const renewed = { start: START + MONTH, end: START + 2 * MONTH };
  const decision = decideOn(
    { subscription: observed({ period: renewed }), invoices: [paidInvoice()] },
    { subscription: IN.active },
    { now: START + MONTH + 3 * HOUR },
  );
  expect(decision.subscription).toEqual({ ...IN.active, period: renewed });
  expect(decision.why).toBe("Still active at the provider (29.00 USD paid; a new period began)");
  expect(decision.nextDeadline).toBe(START + 2 * MONTH + 3 * HOUR);
});
