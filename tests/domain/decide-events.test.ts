import { describe, expect, test } from "vitest";
import type { Subscription } from "../../domain/subscription.ts";
import { event, failedInvoice, IN, observed, paidInvoice, refund } from "./builders.ts";
import { decideOn, ends, told } from "./deciding.ts";

describe("R14: what was not bought through us", () => {
  const stranger = { checkout: null };
  const late = {
    subscription: observed({ status: "past_due" }),
    invoices: [failedInvoice({ attempts: 2 })],
    refunds: [refund()],
  };

  test("is adopted in silence", () => {
    const adopted = decideOn({ events: [event("customer.subscription.updated")], ...late }, stranger);
    expect(adopted.subscription).toEqual(IN.past_due);
    expect(told(adopted.alerts)).toEqual([
      "(subscription_started:sub_1)",
      "(payment_failed:in_1:1)",
      "(payment_failed:in_1:2)",
      "(refund_recorded:re_1)",
      "(dunning:in_1:0)",
    ]);
    expect(ends(adopted)).toEqual(["customer.subscription.updated: applied"]);
    expect(adopted.calls).toEqual([]);
  });

  test("is announced from then on", () => {
    const later = decideOn(
      { ...late, invoices: [failedInvoice({ attempts: 3 })] },
      { ...stranger, subscription: IN.past_due },
    );
    expect(told(later.alerts)).toContain("payment_failed:in_1:3");
    expect(told(later.alerts)).toContain("refund_recorded:re_1");
  });

  test("recovers in silence from a failure that it was adopted with", () => {
    const recovered = decideOn(
      { subscription: observed(), invoices: [paidInvoice({ attempts: 2 })] },
      { ...stranger, subscription: IN.past_due },
    );
    expect(told(recovered.alerts)).toContain("(payment_recovered:in_1)");
  });

  test("and has no catalog price is ignored, whatever else is wrong with its events", () => {
    const decision = decideOn(
      {
        events: [event("invoice.paid", { problem: "Stripe has no invoice in_9" }), event("refund.created")],
        subscription: observed({ priceId: "price_other" }),
        invoices: [paidInvoice()],
        refunds: [refund()],
      },
      stranger,
    );
    for (const { state, reason } of decision.events) {
      expect(state).toBe("ignored");
      expect(reason).toBe("not in catalog: price price_other is in no tier of catalog version 3");
    }
    expect(decision.events).toHaveLength(2);
    expect(decision).toMatchObject({
      subscription: null,
      payments: [],
      refunds: [],
      alerts: [],
      nextDeadline: null,
    });
  });

  test("and is shown no more is applied to what we know of it", () => {
    for (const known of [{ ...stranger, subscription: IN.active }, { subscription: null }]) {
      const decision = decideOn({ events: [event("customer.subscription.updated")] }, known);
      expect(decision.events).toMatchObject([{ state: "applied", reason: null }]);
    }
  });

  test("and is not at the provider leaves no money behind", () => {
    const decision = decideOn(
      { events: [event("refund.created")], invoices: [paidInvoice()], refunds: [refund()] },
      stranger,
    );
    expect(decision).toMatchObject({ payments: [], refunds: [], disputes: [], alerts: [] });
  });

  test("and is not at the provider is ignored", () => {
    const decision = decideOn({ events: [event("customer.subscription.updated")] }, stranger);
    expect(decision.events).toMatchObject([
      { state: "ignored", reason: "the provider has no such subscription" },
    ]);
    expect(decision.why).toBe("The provider has no such subscription");
  });
});

describe("R2: what is not understood parks its events, alerts, and changes nothing", () => {
  test.each([
    ["an unknown status", observed({ status: "hibernating" }), IN.active],
    ["a price of ours that left the catalog", observed({ priceId: "price_other" }), IN.active],
    ["a price that our own checkout sold", observed({ priceId: "price_other" }), null],
  ])("%s", (_what, subscription, before: Subscription | null) => {
    const decision = decideOn(
      {
        events: [event("invoice.paid")],
        subscription,
        invoices: [paidInvoice()],
        refunds: [refund()],
      },
      { subscription: before },
    );
    expect(decision).toMatchObject({ subscription: before, payments: [], refunds: [] });
    expect(ends(decision)).toEqual(["invoice.paid: parked"]);
    expect(told(decision.alerts)).toEqual(["event_parked:stripe:evt_invoice.paid"]);
    expect(decision.why).toMatch(/^Nothing changed: /);
    expect(decision.nextDeadline).not.toBeNull();
  });

  test("R7: a bad event parks itself only", () => {
    const decision = decideOn({
      events: [event("invoice.paid", { problem: "Stripe has no invoice in_9" }), event("refund.created")],
      subscription: observed(),
      invoices: [paidInvoice()],
      refunds: [refund()],
    });
    expect(ends(decision)).toEqual(["invoice.paid: parked", "refund.created: applied"]);
    expect(decision.events[0]?.reason).toBe("Stripe has no invoice in_9");
    expect(decision.subscription).toEqual(IN.active);
    expect(decision.refunds).toHaveLength(1);
  });
});
