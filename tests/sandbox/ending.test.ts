import { describe, expect, it } from "vitest";
import { buy, chargesOf, SUCCESS_URL, startSandbox } from "./support.ts";

describe("an ending", () => {
  it("now is one event, and nothing brings it back", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription } = await buy(sandbox);
    const before = (await sandbox.events()).length;
    const ended = await stripe.subscriptions.cancel(subscription, {
      cancellation_details: { comment: "too dear" },
    });
    expect(ended).toMatchObject({
      status: "canceled",
      cancellation_details: { reason: "cancellation_requested", comment: "too dear" },
    });
    expect(ended.ended_at).toBe(ended.canceled_at);
    expect(await sandbox.events(before)).toEqual(["customer.subscription.deleted"]);

    await expect(stripe.subscriptions.cancel(subscription)).rejects.toMatchObject({ statusCode: 404 });
    await expect(
      stripe.subscriptions.update(subscription, { cancel_at_period_end: false }),
    ).rejects.toMatchObject({ statusCode: 400 });
    await control("/advance", { months: 3 });
    expect(await sandbox.events(before + 1)).toEqual([]);
  });

  it("at the period's end is announced now, happens then, and costs nothing more", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, customer } = await buy(sandbox);
    const before = (await sandbox.events()).length;
    const planned = await stripe.subscriptions.update(subscription, { cancel_at_period_end: true });
    // flexible billing keeps the boolean and the time apart
    expect(planned).toMatchObject({ status: "active", cancel_at_period_end: true, cancel_at: null });
    await control("/advance", { months: 2 });
    expect(await sandbox.events(before)).toEqual([
      "customer.subscription.updated",
      "customer.subscription.deleted",
    ]);
    const ended = await stripe.subscriptions.retrieve(subscription);
    expect(ended.status).toBe("canceled");
    expect(ended.ended_at).toBe(planned.items.data[0]?.current_period_end);
    expect(ended.canceled_at).toBe(planned.canceled_at);
    expect(await chargesOf(sandbox, customer)).toHaveLength(1);
  });

  it("that was planned can be taken back, each way of planning by its own", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription } = await buy(sandbox);
    const [item] = (await stripe.subscriptions.retrieve(subscription)).items.data;
    await stripe.subscriptions.update(subscription, { cancel_at: "max_period_end" });
    await expect(
      stripe.subscriptions.update(subscription, { cancel_at: "", cancel_at_period_end: false }),
    ).rejects.toMatchObject({ type: "StripeInvalidRequestError", param: "cancel_at" });
    // clearing only the boolean leaves the time
    const still = await stripe.subscriptions.update(subscription, { cancel_at_period_end: false });
    expect(still.cancel_at).toBe(item?.current_period_end);
    const kept = await stripe.subscriptions.update(subscription, { cancel_at: "" });
    expect(kept).toMatchObject({
      cancel_at: null,
      canceled_at: null,
      cancellation_details: { reason: null },
    });
    await control("/advance", { months: 1, hours: 2 });
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("active");
  });

  it("in classic billing shows the boolean as a time too", async () => {
    const sandbox = await startSandbox();
    const { subscription } = await buy(sandbox, {
      subscription_data: { billing_mode: { type: "classic" } },
    });
    const planned = await sandbox.stripe.subscriptions.update(subscription, { cancel_at_period_end: true });
    expect(planned.cancel_at).toBe(planned.items.data[0]?.current_period_end);
    expect(planned.billing_mode.type).toBe("classic");
  });

  it("can be made in the dashboard", async () => {
    const sandbox = await startSandbox();
    const { subscription } = await buy(sandbox);
    await sandbox.control(`/subscriptions/${subscription}/cancel`, {});
    expect((await sandbox.stripe.subscriptions.retrieve(subscription)).status).toBe("canceled");
    expect((await sandbox.events()).at(-1)).toBe("customer.subscription.deleted");
    expect(await sandbox.ask(`/subscriptions/${subscription}/cancel`, {})).toMatchObject({ status: 400 });
  });
});

describe("a checkout that nobody pays", () => {
  it("expires after its day", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const session = await stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: "price_pro_monthly", quantity: 1 }],
      success_url: SUCCESS_URL,
    });
    await control("/advance", { hours: 23 });
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe("open");
    await control("/advance", { hours: 1, minutes: 1 });
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
      status: "expired",
      url: null,
    });
    expect(await sandbox.events()).toEqual(["checkout.session.expired"]);
    expect(await sandbox.ask(`/checkouts/${session.id}/pay`, { card: "4242424242424242" })).toMatchObject({
      status: 402,
      json: { paid: false, message: "This checkout has expired." },
    });
  });

  it("can be expired by the merchant, once", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const session = await stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: "price_pro_monthly", quantity: 1 }],
      success_url: SUCCESS_URL,
    });
    expect((await stripe.checkout.sessions.expire(session.id)).status).toBe("expired");
    await expect(stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({ statusCode: 400 });
    expect(await sandbox.events()).toEqual(["checkout.session.expired"]);
  });
});

describe("a first payment that fails", () => {
  it("and is not waited for any more makes an expired subscription, not a canceled one", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const customer = await stripe.customers.create();
    const sub = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: "price_pro_monthly" }],
      payment_behavior: "default_incomplete",
    });
    const before = (await sandbox.events()).length;
    const ended = await stripe.subscriptions.cancel(sub.id);
    expect(ended.status).toBe("incomplete_expired");
    expect(ended.ended_at).toBe(ended.canceled_at);
    expect(await sandbox.events(before)).toEqual([
      "invoice.updated",
      "invoice.voided",
      "customer.subscription.updated",
    ]);
    await expect(stripe.subscriptions.cancel(sub.id)).rejects.toMatchObject({ statusCode: 404 });
  });

  it("leaves the subscription incomplete for 23 hours, then it is over before it began", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const customer = await stripe.customers.create({ payment_method: "pm_card_chargeCustomerFail" });
    const [method] = (await stripe.paymentMethods.list({ customer: customer.id })).data;
    const sub = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: "price_pro_monthly" }],
      default_payment_method: method?.id ?? "",
    });
    expect(sub.status).toBe("incomplete");
    const before = (await sandbox.events()).length;
    await control("/advance", { hours: 24 });
    expect(await sandbox.events(before)).toEqual([
      "invoice.updated",
      "invoice.voided",
      "customer.subscription.updated",
    ]);
    expect((await stripe.subscriptions.retrieve(sub.id)).status).toBe("incomplete_expired");
  });
});
