import { describe, expect, it } from "vitest";
import { buy, chargesOf, latestInvoice, startSandbox } from "./support.ts";

describe("a subscription made through the API", () => {
  it("is told last, with the status that it then has", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const customer = await stripe.customers.create({
      payment_method: "pm_card_visa",
      invoice_settings: { default_payment_method: "pm_card_visa" },
    });
    const before = (await sandbox.events()).length;
    const sub = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: "price_scale_monthly", quantity: 2 }],
    });
    expect(sub.status).toBe("active");
    expect(await sandbox.events(before)).toEqual([
      "invoice.created",
      "invoice.updated",
      "invoice.finalized",
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
      "invoice_payment.paid",
      "customer.subscription.created",
    ]);
    expect((await chargesOf(sandbox, customer.id))[0]?.amount).toBe(19_800);
  });
});

describe("a change of plan", () => {
  it("that is invoiced at once charges the difference for the rest of the period", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, customer } = await buy(sandbox);
    const [item] = (await stripe.subscriptions.retrieve(subscription)).items.data;
    const half = ((item?.current_period_start ?? 0) + (item?.current_period_end ?? 0)) / 2;
    await control("/advance", { to: half * 1000 });
    const before = (await sandbox.events()).length;
    await stripe.subscriptions.update(subscription, {
      items: [{ id: item?.id ?? "", price: "price_scale_monthly", quantity: 1 }],
      proration_behavior: "always_invoice",
      proration_date: half,
    });
    expect((await sandbox.events(before)).toSorted()).toEqual(
      [
        "customer.subscription.updated",
        "invoiceitem.created",
        "invoiceitem.created",
        "invoice.created",
        "invoice.updated",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
      ].toSorted(),
    );
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({
      billing_reason: "subscription_update",
      status: "paid",
      amount_due: 4950 - 1450,
      lines: { data: [{ amount: -1450 }, { amount: 4950 }] },
    });
    expect((await chargesOf(sandbox, customer))[0]?.amount).toBe(3500);
    const told = (await stripe.events.list({ type: "customer.subscription.updated", limit: 1 })).data[0];
    expect(told?.data.previous_attributes).toHaveProperty("items.data.0.price.id", "price_pro_monthly");
  });

  it("without prorations is only told, and billed from the next period on", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, customer } = await buy(sandbox);
    const [item] = (await stripe.subscriptions.retrieve(subscription)).items.data;
    const before = (await sandbox.events()).length;
    await stripe.subscriptions.update(subscription, {
      items: [{ id: item?.id ?? "", price: "price_scale_monthly" }],
      proration_behavior: "none",
    });
    expect(await sandbox.events(before)).toEqual(["customer.subscription.updated"]);
    await control("/advance", { months: 1, hours: 2 });
    expect((await chargesOf(sandbox, customer)).map(({ amount }) => amount)).toEqual([9900, 2900]);
  });
});

describe("a change of the interval", () => {
  it.each(["always_invoice", "create_prorations"] as const)(
    "begins a period now: the unused rest is credited and the new price asked for at once (%s)",
    async (proration) => {
      const sandbox = await startSandbox();
      const { stripe, control } = sandbox;
      const { subscription, customer } = await buy(sandbox);
      const before = (await stripe.subscriptions.retrieve(subscription)).items.data[0];
      const half = ((before?.current_period_start ?? 0) + (before?.current_period_end ?? 0)) / 2;
      await control("/advance", { to: half * 1000 });
      const changed = await stripe.subscriptions.update(subscription, {
        items: [{ id: before?.id ?? "", price: "price_pro_yearly", quantity: 1 }],
        proration_behavior: proration,
        proration_date: half,
      });
      const [item] = changed.items.data;
      expect(changed.billing_cycle_anchor).toBe(item?.current_period_start);
      expect((item?.current_period_start ?? 0) - half).toBeLessThan(5);
      const year = new Date((item?.current_period_start ?? 0) * 1000);
      year.setUTCFullYear(year.getUTCFullYear() + 1);
      expect(item?.current_period_end).toBe(year.getTime() / 1000);
      expect(await latestInvoice(sandbox, subscription)).toMatchObject({
        billing_reason: "subscription_update",
        status: "paid",
        amount_due: 29_000 - 1450,
        lines: { data: [{ amount: 29_000 }, { amount: -1450 }] },
      });
      // the month's own renewal is no more
      await control("/advance", { months: 2 });
      expect((await chargesOf(sandbox, customer)).map(({ amount }) => amount)).toEqual([27_550, 2900]);
    },
  );

  it("to a shorter one leaves a credit, which pays the invoices after it", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, customer } = await buy(sandbox, {
      line_items: [{ price: "price_pro_yearly", quantity: 1 }],
    });
    const [item] = (await stripe.subscriptions.retrieve(subscription)).items.data;
    const start = item?.current_period_start ?? 0;
    const before = (await sandbox.events()).length;
    await stripe.subscriptions.update(subscription, {
      items: [{ id: item?.id ?? "", price: "price_pro_monthly", quantity: 1 }],
      proration_behavior: "always_invoice",
      proration_date: start,
    });
    expect(await sandbox.events(before)).toContain("customer.updated");
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 2900 - 29_000 });
    await control("/advance", { months: 1, hours: 2 });
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({
      status: "paid",
      total: 2900,
      amount_due: 0,
      starting_balance: -26_100,
      ending_balance: -23_200,
    });
    expect(await chargesOf(sandbox, customer)).toHaveLength(1);
  });
});

describe("a change that must be paid", () => {
  it.each(["4000000000000341", "4000002500003155"])(
    "leaves everything as it was when card %s is declined",
    async (card) => {
      const sandbox = await startSandbox();
      const { stripe, control } = sandbox;
      const { subscription, customer } = await buy(sandbox);
      await control(`/customers/${customer}/card`, { card });
      const before = await stripe.subscriptions.retrieve(subscription);
      const told = (await sandbox.events()).length;
      for (const price of ["price_pro_yearly", "price_scale_monthly"]) {
        await expect(
          stripe.subscriptions.update(subscription, {
            items: [{ id: before.items.data[0]?.id ?? "", price, quantity: 1 }],
            proration_behavior: "always_invoice",
            payment_behavior: "error_if_incomplete",
          }),
        ).rejects.toMatchObject({ type: "StripeCardError", statusCode: 402 });
      }
      const { lastResponse: _after, ...after } = await stripe.subscriptions.retrieve(subscription);
      const { lastResponse: _before, ...same } = before;
      expect(after).toEqual(same);
      expect(await sandbox.events(told)).toEqual([]);
      expect((await stripe.invoices.list({ subscription })).data).toHaveLength(1);
      expect(await chargesOf(sandbox, customer)).toHaveLength(1);
    },
  );

  it("asks no card when nothing is due", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, customer } = await buy(sandbox, {
      line_items: [{ price: "price_scale_monthly", quantity: 1 }],
    });
    await control(`/customers/${customer}/card`, { card: "4000000000000341" });
    const [item] = (await stripe.subscriptions.retrieve(subscription)).items.data;
    await stripe.subscriptions.update(subscription, {
      items: [{ id: item?.id ?? "", price: "price_pro_monthly", quantity: 1 }],
      proration_behavior: "always_invoice",
      payment_behavior: "error_if_incomplete",
    });
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({ status: "paid", amount_due: 0 });
  });
});

describe("a trial", () => {
  it("starts with an invoice of nothing, says three days before that it ends, and then charges", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, customer } = await buy(sandbox, { subscription_data: { trial_period_days: 14 } });
    expect(await sandbox.events()).toEqual([
      "customer.created",
      "checkout.session.completed",
      "customer.subscription.created",
      "invoice.created",
      "invoice.finalized",
      "payment_method.attached",
      "invoice.updated",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
    ]);
    expect(await latestInvoice(sandbox, subscription)).toMatchObject({
      amount_paid: 0,
      attempt_count: 0,
      status: "paid",
    });
    expect(await chargesOf(sandbox, customer)).toEqual([]);
    const before = (await sandbox.events()).length;
    await control("/advance", { days: 14, hours: 2 });
    expect(await sandbox.events(before)).toEqual([
      "invoice.upcoming",
      "customer.subscription.trial_will_end",
      "invoice.created",
      "customer.subscription.updated",
      "invoice.updated",
      "invoice.finalized",
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
      "invoice_payment.paid",
    ]);
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("active");
  });

  it("without a card ends as it was asked for", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const customer = await stripe.customers.create();
    const start = (missing: "cancel" | "pause") =>
      stripe.subscriptions.create({
        customer: customer.id,
        items: [{ price: "price_pro_monthly" }],
        trial_period_days: 7,
        trial_settings: { end_behavior: { missing_payment_method: missing } },
      });
    const [cancelled, paused] = [await start("cancel"), await start("pause")];
    await control("/advance", { days: 8 });
    expect((await stripe.subscriptions.retrieve(cancelled.id)).status).toBe("canceled");
    expect(await stripe.subscriptions.retrieve(paused.id)).toMatchObject({
      status: "paused",
      status_details: { paused: { subscription: { type: "trial_end_without_payment_method" } } },
    });
    expect(await sandbox.events()).toContain("customer.subscription.paused");
  });
});

describe("a paused collection", () => {
  it("keeps the status, and asks for no money until it is lifted", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, customer } = await buy(sandbox);
    const paused = await stripe.subscriptions.update(subscription, {
      pause_collection: { behavior: "void" },
    });
    expect(paused).toMatchObject({ status: "active", pause_collection: { behavior: "void" } });
    await control("/advance", { months: 1, hours: 2 });
    expect((await latestInvoice(sandbox, subscription)).status).toBe("void");
    expect(await chargesOf(sandbox, customer)).toHaveLength(1);
    await stripe.subscriptions.update(subscription, { pause_collection: "" });
    await control("/advance", { months: 1, hours: 2 });
    expect(await chargesOf(sandbox, customer)).toHaveLength(2);
    expect(await sandbox.events()).not.toContain("customer.subscription.paused");
  });
});
