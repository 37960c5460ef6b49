import { describe, expect, it } from "vitest";
import { buy, latestInvoice, startSandbox } from "./support.ts";

describe("a checkout", () => {
  it("becomes a paid subscription, told in the order of Stripe's logs", async () => {
    const sandbox = await startSandbox();
    const { session, subscription, customer } = await buy(sandbox, {
      client_reference_id: "checkout-1",
      metadata: { about: "session" },
      subscription_data: { metadata: { about: "subscription" } },
    });
    expect(await sandbox.events()).toEqual([
      "customer.created",
      "checkout.session.completed",
      "customer.subscription.created",
      "invoice.created",
      "invoice.finalized",
      "charge.succeeded",
      "payment_method.attached",
      "customer.subscription.updated",
      "invoice.updated",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
      "payment_intent.created",
      "payment_intent.succeeded",
      "invoice_payment.paid",
    ]);
    const { stripe } = sandbox;
    expect(await stripe.checkout.sessions.retrieve(session)).toMatchObject({
      status: "complete",
      payment_status: "paid",
      subscription,
      client_reference_id: "checkout-1",
      metadata: { about: "session" },
      url: null,
    });
    const found = await stripe.subscriptions.retrieve(subscription);
    expect(found).toMatchObject({
      status: "active",
      customer,
      metadata: { about: "subscription" },
      billing_mode: { type: "flexible" },
      cancel_at_period_end: false,
    });
    const invoice = await latestInvoice(sandbox, subscription);
    expect(invoice).toMatchObject({
      status: "paid",
      billing_reason: "subscription_create",
      amount_paid: 2900,
      attempt_count: 1,
      parent: { subscription_details: { subscription, metadata: { about: "subscription" } } },
    });
  });
});
