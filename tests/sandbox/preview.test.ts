import type { Stripe } from "stripe";
import { describe, expect, it } from "vitest";
import {
  type Bought,
  buy,
  chargesOf,
  idOf,
  latestInvoice,
  startSandbox,
  type TestSandbox,
} from "./support.ts";

/** Pro by the month, half of it gone. */
async function halfway(sandbox: TestSandbox): Promise<Bought & { item: string; now: number }> {
  const bought = await buy(sandbox);
  const [item] = (await sandbox.stripe.subscriptions.retrieve(bought.subscription)).items.data;
  const now = ((item?.current_period_start ?? 0) + (item?.current_period_end ?? 0)) / 2;
  await sandbox.control("/advance", { to: now * 1000 });
  return { ...bought, item: idOf(item), now };
}

const figures = ({ lines, total, amount_due }: Stripe.Invoice): unknown => ({
  lines: lines.data.map(({ amount, description, period, quantity }) => ({
    amount,
    description,
    period,
    quantity,
  })),
  total,
  amount_due,
});

describe("a preview", () => {
  it.each([
    ["a dearer price", "price_scale_monthly", 3],
    ["a year", "price_pro_yearly", 1],
    ["more of the same", "price_pro_monthly", 2],
  ])(
    "of %s is the invoice that the change then makes, to the cent, and changes nothing",
    async (_, price, n) => {
      const sandbox = await startSandbox();
      const { stripe } = sandbox;
      const { subscription, customer, item, now } = await halfway(sandbox);
      const before = (await sandbox.events()).length;
      const change = {
        items: [{ id: item, price, quantity: n }],
        proration_behavior: "always_invoice",
        proration_date: now,
      } as const;
      const preview = await stripe.invoices.createPreview({
        customer,
        subscription,
        subscription_details: { ...change, items: [...change.items] },
      });
      expect(preview).toMatchObject({
        id: expect.stringMatching(/^upcoming_in_/),
        status: "draft",
        billing_reason: "upcoming",
        number: null,
      });
      expect(await sandbox.events(before)).toEqual([]);
      expect((await stripe.invoices.list({ subscription })).data).toHaveLength(1);
      expect((await stripe.subscriptions.retrieve(subscription)).items.data[0]?.price.id).toBe(
        "price_pro_monthly",
      );
      await stripe.subscriptions.update(subscription, { ...change, items: [...change.items] });
      const made = await latestInvoice(sandbox, subscription);
      expect(made).toMatchObject({ total: preview.total, amount_due: preview.amount_due });
      expect((await chargesOf(sandbox, customer))[0]?.amount).toBe(preview.amount_due);
      // a period that begins now begins a moment later than in the preview
      if (price !== "price_pro_yearly") expect(figures(preview)).toEqual(figures(made));
    },
  );

  it("of a change that waits is the next renewal, with the prorations", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, item, now } = await halfway(sandbox);
    const preview = await stripe.invoices.createPreview({
      subscription,
      subscription_details: {
        items: [{ id: item, price: "price_scale_monthly", quantity: 1 }],
        proration_date: now,
      },
    });
    expect(preview).toMatchObject({
      amount_due: 9900 - 1450 + 4950,
      lines: { data: [{ amount: 9900 }, { amount: -1450 }, { amount: 4950 }] },
    });
    expect(await stripe.invoices.createPreview({ subscription })).toMatchObject({
      amount_due: 2900,
      lines: { data: [{ amount: 2900 }] },
    });
  });

  it("of nothing to come, or of what is not the customer's, is refused", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription } = await buy(sandbox);
    const other = await stripe.customers.create();
    await expect(stripe.invoices.createPreview({ subscription, customer: other.id })).rejects.toMatchObject({
      statusCode: 400,
      param: "subscription",
    });
    await stripe.subscriptions.update(subscription, { cancel_at_period_end: true });
    await expect(stripe.invoices.createPreview({ subscription })).rejects.toMatchObject({
      statusCode: 404,
      code: "invoice_upcoming_none",
    });
  });
});

describe("an end now that is settled", () => {
  it("credits the unused rest, which pays the customer's next invoices", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, customer } = await halfway(sandbox);
    const foretold = await stripe.invoices.createPreview({
      subscription,
      subscription_details: { cancel_now: true },
    });
    const before = (await sandbox.events()).length;
    await stripe.subscriptions.cancel(subscription, { invoice_now: true, prorate: true });
    const told = await sandbox.events(before);
    for (const type of [
      "invoiceitem.created",
      "invoice.created",
      "invoice.finalized",
      "customer.updated",
      "customer.subscription.deleted",
      "invoice.paid",
    ]) {
      expect(told).toContain(type);
    }
    expect(told).not.toContain("customer.subscription.updated");
    const last = await latestInvoice(sandbox, subscription);
    expect(last).toMatchObject({ status: "paid", amount_due: 0, starting_balance: 0 });
    expect(last.total).toBeLessThanOrEqual(-1449);
    expect(last.total).toBe(foretold.total);
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: last.total });

    const [method] = (await stripe.paymentMethods.list({ customer })).data;
    const again = await stripe.subscriptions.create({
      customer,
      items: [{ price: "price_pro_monthly" }],
      default_payment_method: idOf(method),
    });
    expect(await latestInvoice(sandbox, again.id)).toMatchObject({
      status: "paid",
      total: 2900,
      amount_due: 2900 + last.total,
      starting_balance: last.total,
      ending_balance: 0,
    });
    expect((await chargesOf(sandbox, customer))[0]?.amount).toBe(2900 + last.total);
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 0 });
  });

  it("without either makes no invoice and forgets the prorations that waited", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, customer, item } = await halfway(sandbox);
    await stripe.subscriptions.update(subscription, { items: [{ id: item, price: "price_scale_monthly" }] });
    const before = (await sandbox.events()).length;
    await stripe.subscriptions.cancel(subscription);
    expect(await sandbox.events(before)).toEqual([
      "invoiceitem.deleted",
      "invoiceitem.deleted",
      "customer.subscription.deleted",
    ]);
    expect((await stripe.invoices.list({ subscription })).data).toHaveLength(1);
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 0 });
  });

  it("of a trial has nothing to credit", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, customer } = await buy(sandbox, { subscription_data: { trial_period_days: 7 } });
    await stripe.subscriptions.cancel(subscription, { invoice_now: true, prorate: true });
    expect((await stripe.invoices.list({ subscription })).data).toHaveLength(1);
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 0 });
  });
});

describe("the portal", () => {
  it("is opened for one thing of the customer's own, and leads to their page", async () => {
    const sandbox = await startSandbox();
    const { stripe, url } = sandbox;
    const { subscription, customer } = await buy(sandbox);
    const flow = (id: string) => ({
      customer,
      flow_data: {
        type: "subscription_cancel" as const,
        subscription_cancel: { subscription: id },
        after_completion: { type: "redirect" as const, redirect: { return_url: "http://127.0.0.1/back" } },
      },
    });
    const session = await stripe.billingPortal.sessions.create(flow(subscription));
    expect(session).toMatchObject({
      flow: {
        type: "subscription_cancel",
        subscription_cancel: { subscription },
        after_completion: { type: "redirect", redirect: { return_url: "http://127.0.0.1/back" } },
      },
    });
    expect(session.url.startsWith(`${url}/p/session/`)).toBe(true);
    expect((await fetch(session.url)).status).toBe(200);
    const other = await buy(sandbox);
    await expect(stripe.billingPortal.sessions.create(flow(other.subscription))).rejects.toMatchObject({
      statusCode: 400,
      param: "flow_data[subscription_cancel][subscription]",
    });
  });
});
