import type { Stripe } from "stripe";
import { describe, expect, it } from "vitest";
import { buy, latestInvoice, SUCCESS_URL, startSandbox } from "./support.ts";

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

  it("shows the taxes and codes that it was asked for, and wants to know where the customer lives", async () => {
    const { stripe } = await startSandbox();
    const customer = await stripe.customers.create({ email: "ada@example.com" });
    const params: Stripe.Checkout.SessionCreateParams = {
      mode: "subscription",
      customer: customer.id,
      line_items: [{ price: "price_pro_monthly", quantity: 1 }],
      success_url: SUCCESS_URL,
      allow_promotion_codes: true,
      automatic_tax: { enabled: true },
    };
    await expect(stripe.checkout.sessions.create(params)).rejects.toMatchObject({
      statusCode: 400,
      code: "customer_tax_location_invalid",
    });
    expect(
      await stripe.checkout.sessions.create({
        ...params,
        customer_update: { address: "auto", name: "auto" },
      }),
    ).toMatchObject({
      allow_promotion_codes: true,
      automatic_tax: { enabled: true, status: "requires_location_inputs" },
    });
  });

  it("with a trial and no card is refused nothing, and ends as it was asked for", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const customer = await stripe.customers.create({ email: "ada@example.com" });
    const session = await stripe.checkout.sessions.create({
      mode: "subscription",
      customer: customer.id,
      line_items: [{ price: "price_pro_monthly", quantity: 1 }],
      success_url: SUCCESS_URL,
      payment_method_collection: "if_required",
      subscription_data: {
        trial_period_days: 14,
        trial_settings: { end_behavior: { missing_payment_method: "pause" } },
      },
    });
    expect(session).toMatchObject({ payment_method_collection: "if_required", amount_total: 0 });
    const paid = await control<{ subscription: string }>(`/checkouts/${session.id}/pay`, { card: "" });
    const { subscription } = paid;
    expect((await stripe.checkout.sessions.retrieve(session.id)).payment_status).toBe("no_payment_required");
    expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({
      status: "trialing",
      trial_settings: { end_behavior: { missing_payment_method: "pause" } },
    });
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({ status: "paid", total: 0 });
    await control("/advance", { days: 11, minutes: 1 });
    expect((await sandbox.events()).at(-1)).toBe("customer.subscription.trial_will_end");
    await control("/advance", { days: 3 });
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("paused");
  });
});
