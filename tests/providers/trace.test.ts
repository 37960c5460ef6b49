import { describe, expect, it } from "vitest";
import type { EventSubject } from "../../providers/provider.ts";
import {
  CHARGE,
  DISPUTE,
  FIRST_INVOICE,
  object,
  PAYMENT,
  REFERENCE,
  REFUND,
  SESSION,
  SUBSCRIPTION,
} from "./stripe-fixtures.ts";
import type { ScriptedStripe } from "./stripe-server.ts";
import { failure, list, missing, startStripe } from "./stripe-server.ts";
import { NOTHING } from "./subjects.ts";

const about = (subject: Partial<EventSubject>): EventSubject => ({ ...NOTHING, ...subject });

const FOUND = { subscriptionId: SUBSCRIPTION, reference: REFERENCE };
const READ_SUBSCRIPTION = `GET /v1/subscriptions/${SUBSCRIPTION}`;

/** Stripe with all that leads from a refund to its subscription. */
async function stripeWithAll(): Promise<ScriptedStripe> {
  const stripe = await startStripe();
  stripe.script(READ_SUBSCRIPTION, { body: object("customer.subscription.updated") });
  stripe.script(`GET /v1/checkout/sessions/${SESSION}`, { body: object("checkout.session.completed") });
  stripe.script(`GET /v1/invoices/${FIRST_INVOICE}`, { body: object("invoice.paid") });
  stripe.script(`GET /v1/refunds/${REFUND}`, { body: object("refund.created") });
  stripe.script(`GET /v1/disputes/${DISPUTE}`, { body: object("charge.dispute.created") });
  stripe.script(`GET /v1/charges/${CHARGE}`, { body: object("charge.refunded") });
  const invoice = object("invoice.paid");
  stripe.script("GET /v1/invoice_payments", list([object("invoice_payment.paid", { invoice })]));
  return stripe;
}

describe("trace", () => {
  it.each([
    ["a subscription", { subscriptionId: SUBSCRIPTION }, []],
    ["a session", { sessionId: SESSION }, [`GET /v1/checkout/sessions/${SESSION}`]],
    ["an invoice", { invoiceId: FIRST_INVOICE }, [`GET /v1/invoices/${FIRST_INVOICE}`]],
    ["a payment", { paymentId: PAYMENT }, ["GET /v1/invoice_payments"]],
    ["a refund of a payment", { refundId: REFUND, paymentId: PAYMENT }, ["GET /v1/invoice_payments"]],
    ["a refund alone", { refundId: REFUND }, [`GET /v1/refunds/${REFUND}`, "GET /v1/invoice_payments"]],
    ["a dispute of a payment", { disputeId: DISPUTE, paymentId: PAYMENT }, ["GET /v1/invoice_payments"]],
    ["a dispute alone", { disputeId: DISPUTE }, [`GET /v1/disputes/${DISPUTE}`, "GET /v1/invoice_payments"]],
    ["a charge", { chargeId: CHARGE }, [`GET /v1/charges/${CHARGE}`, "GET /v1/invoice_payments"]],
  ])("finds the subscription and our id of it from %s", async (_what, subject, requests) => {
    const stripe = await stripeWithAll();
    expect(await stripe.provider().trace(about(subject))).toEqual(FOUND);
    expect(stripe.requests()).toEqual([...requests, READ_SUBSCRIPTION]);
  });

  it("joins a payment to its invoice as Stripe does since basil", async () => {
    const stripe = await stripeWithAll();
    await stripe.provider().trace(about({ paymentId: PAYMENT }));
    expect(stripe.asked[0]?.query).toEqual({
      "payment[type]": "payment_intent",
      "payment[payment_intent]": PAYMENT,
      limit: "1",
      "expand[0]": "data.invoice",
    });
  });

  it("reads an invoice that was not expanded, and gives up on a deleted one", async () => {
    const stripe = await stripeWithAll();
    stripe.script("GET /v1/invoice_payments", list([object("invoice_payment.paid")]));
    expect(await stripe.provider().trace(about({ paymentId: PAYMENT }))).toEqual(FOUND);
    const invoice = { id: "in_1", object: "invoice", deleted: true };
    stripe.script("GET /v1/invoice_payments", list([object("invoice_payment.paid", { invoice })]));
    stripe.script("GET /v1/invoices/in_1", missing("invoice: 'in_1'"));
    expect(await stripe.provider().trace(about({ paymentId: PAYMENT }))).toBeNull();
  });

  it("follows a refund without a PaymentIntent through its charge", async () => {
    const stripe = await stripeWithAll();
    stripe.script(`GET /v1/refunds/${REFUND}`, { body: object("refund.created", { payment_intent: null }) });
    expect(await stripe.provider().trace(about({ refundId: REFUND }))).toEqual(FOUND);
    expect(stripe.requests()).toContain(`GET /v1/charges/${CHARGE}`);
  });

  it("follows a dispute without a PaymentIntent through its charge", async () => {
    const stripe = await stripeWithAll();
    stripe.script(`GET /v1/disputes/${DISPUTE}`, {
      body: object("charge.dispute.created", { payment_intent: null }),
    });
    expect(await stripe.provider().trace(about({ disputeId: DISPUTE }))).toEqual(FOUND);
    expect(stripe.requests()).toContain(`GET /v1/charges/${CHARGE}`);
  });

  it("finds the subscription of an invoice made by hand in its lines", async () => {
    const stripe = await stripeWithAll();
    stripe.script(`GET /v1/invoices/${FIRST_INVOICE}`, { body: object("invoice.paid", { parent: null }) });
    expect(await stripe.provider().trace(about({ invoiceId: FIRST_INVOICE }))).toEqual(FOUND);
  });

  it.each([
    ["names nothing", {}],
    ["names a payment of no invoice", { paymentId: "pi_shop" }],
    ["names a payment that Stripe has not", { paymentId: "pi_gone" }],
    ["names a refund that Stripe has not", { refundId: "re_gone" }],
    ["names a dispute that Stripe has not", { disputeId: "du_gone" }],
    ["names a charge without a PaymentIntent", { chargeId: "ch_old" }],
    ["names an open session", { sessionId: "cs_open" }],
  ])("is null for an event that %s", async (_what, subject) => {
    const stripe = await startStripe();
    stripe.script(
      "GET /v1/invoice_payments",
      "paymentId" in subject && subject.paymentId === "pi_gone"
        ? missing("payment_intent: 'pi_gone'", "payment[payment_intent]")
        : list([]),
    );
    stripe.script("GET /v1/refunds/re_gone", missing("refund: 're_gone'"));
    stripe.script("GET /v1/disputes/du_gone", missing("dispute: 'du_gone'"));
    stripe.script("GET /v1/charges/ch_old", { body: object("charge.refunded", { payment_intent: null }) });
    stripe.script("GET /v1/checkout/sessions/cs_open", {
      body: object("checkout.session.completed", { subscription: null }),
    });
    expect(await stripe.provider().trace(about(subject))).toBeNull();
  });

  it("names a subscription that Stripe no longer shows, without our id", async () => {
    const stripe = await startStripe();
    stripe.script(READ_SUBSCRIPTION, missing("subscription"));
    expect(await stripe.provider().trace(about({ subscriptionId: SUBSCRIPTION }))).toEqual({
      subscriptionId: SUBSCRIPTION,
      reference: null,
    });
  });

  it("does not take a failure for an absence", async () => {
    const stripe = await stripeWithAll();
    stripe.script("GET /v1/invoice_payments", failure(429, { type: "rate_limit_error" }));
    await expect(stripe.provider().trace(about({ paymentId: PAYMENT }))).rejects.toMatchObject({
      kind: "unavailable",
    });
  });
});
