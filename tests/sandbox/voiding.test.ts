import { describe, expect, it } from "vitest";
import { buy, latestInvoice, startSandbox, type TestSandbox } from "./support.ts";

/** A subscription whose last `renewals` invoices are open and were tried in vain. */
async function behind(sandbox: TestSandbox, renewals: number): Promise<{ subscription: string }> {
  await sandbox.control("/knobs", { billing: { retry_days: [90], after_retries: "past_due" } });
  const { subscription, customer } = await buy(sandbox);
  await sandbox.control(`/customers/${customer}/card`, { card: "4000000000000341" });
  await sandbox.control("/advance", { months: renewals, hours: 2 });
  return { subscription };
}

describe("a voided invoice", () => {
  it("is told, and its past due subscription is active again", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription } = await behind(sandbox, 1);
    const before = (await sandbox.events()).length;
    const voided = await stripe.invoices.voidInvoice((await latestInvoice(sandbox, subscription)).id);
    expect(voided).toMatchObject({ status: "void", next_payment_attempt: null, auto_advance: false });
    expect(await sandbox.events(before)).toEqual([
      "invoice.updated",
      "invoice.voided",
      "customer.subscription.updated",
    ]);
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("active");
    await expect(stripe.invoices.voidInvoice(voided.id)).rejects.toMatchObject({ statusCode: 400 });
    await expect(stripe.invoices.pay(voided.id)).rejects.toMatchObject({ statusCode: 400 });
  });

  it("leaves the subscription past due while another attempted one is open", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription } = await behind(sandbox, 2);
    const open = (await stripe.invoices.list({ subscription, status: "open" })).data;
    const [newest, older] = open.map(({ id }) => id);
    await stripe.invoices.voidInvoice(newest ?? "");
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("past_due");
    await stripe.invoices.voidInvoice(older ?? "");
    expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("active");
  });

  it("may have been given up before, but may not be paid or a draft", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription } = await behind(sandbox, 1);
    const { id } = await stripe.invoices.markUncollectible((await latestInvoice(sandbox, subscription)).id);
    expect((await stripe.invoices.voidInvoice(id)).status).toBe("void");
    const [item] = (await stripe.subscriptions.retrieve(subscription)).items.data;
    await control("/advance", { to: ((item?.current_period_end ?? 0) + 60) * 1000 });
    for (const status of ["draft", "paid"] as const) {
      const [invoice] = (await stripe.invoices.list({ subscription, status })).data;
      await expect(stripe.invoices.voidInvoice(invoice?.id ?? "")).rejects.toMatchObject({
        type: "StripeInvalidRequestError",
        statusCode: 400,
      });
    }
  });

  it("that was the first one ends its incomplete subscription before it began", async () => {
    const { stripe } = await startSandbox();
    const customer = await stripe.customers.create();
    const sub = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: "price_pro_monthly" }],
      payment_behavior: "default_incomplete",
      expand: ["latest_invoice"],
    });
    const invoice = sub.latest_invoice;
    await stripe.invoices.voidInvoice(typeof invoice === "string" ? invoice : (invoice?.id ?? ""));
    expect((await stripe.subscriptions.retrieve(sub.id)).status).toBe("incomplete_expired");
  });
});
