import type { Stripe } from "stripe";
import { expect, it } from "vitest";
import { routes } from "../../sandbox/stripe/http/match.ts";
import { NEW_PARAMETERS } from "./known-differences.ts";
import { repeat } from "./proxy.ts";
import { startStripeMock } from "./stripe-mock.ts";
import {
  buy,
  chargesOf,
  idOf,
  KEY,
  latestInvoice,
  SUCCESS_URL,
  startSandbox,
  type TestSandbox,
} from "./support.ts";

/** Makes every call that the sandbox knows, with the parameters that it acts on. */
async function wholeStory(sandbox: TestSandbox): Promise<void> {
  const { stripe, control } = sandbox;
  await stripe.accounts.retrieveCurrent();
  await catalog(stripe);
  const customer = await customers(stripe);
  await checkouts(stripe, customer);
  const bought = await buy(sandbox, {
    client_reference_id: "checkout-1",
    metadata: { a: "1" },
    subscription_data: { metadata: { a: "1" }, description: "Pro", billing_mode: { type: "flexible" } },
  });
  await subscriptions(stripe, customer, bought.subscription);
  await schedules(stripe, bought.subscription);
  await preview(stripe, bought.subscription);
  await payments(sandbox, bought.customer);
  await invoices(sandbox, bought.subscription);
  await events(sandbox);
  await stripe.billingPortal.sessions.create({
    customer: bought.customer,
    return_url: "http://127.0.0.1/back",
    flow_data: {
      type: "subscription_cancel",
      subscription_cancel: { subscription: bought.subscription },
      after_completion: { type: "portal_homepage" },
    },
  });
  await stripe.subscriptions.cancel(bought.subscription, {
    invoice_now: true,
    prorate: true,
    cancellation_details: { comment: "bye", feedback: "too_expensive" },
  });
  await stripe.customers.del(customer);
  await control("/idle", {});
}

async function catalog(stripe: Stripe): Promise<void> {
  await stripe.products.list({ active: true, limit: 2 });
  await stripe.products.retrieve("prod_pro");
  await stripe.prices.list({
    active: true,
    product: "prod_pro",
    lookup_keys: ["price_pro_monthly"],
    recurring: { interval: "month" },
    expand: ["data.product"],
  });
  await stripe.prices.retrieve("price_pro_legacy");
}

async function customers(stripe: Stripe): Promise<string> {
  const { id } = await stripe.customers.create({
    email: "ada@example.com",
    name: "Ada",
    phone: "1",
    description: "d",
    metadata: { a: "1" },
  });
  await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
  const [method] = (await stripe.paymentMethods.list({ customer: id, type: "card" })).data;
  await stripe.paymentMethods.retrieve(method?.id ?? "");
  await stripe.customers.update(id, {
    description: "",
    metadata: { a: "", b: "2" },
    invoice_settings: { default_payment_method: method?.id ?? "" },
  });
  await stripe.customers.retrieve(id);
  await stripe.customers.list({ email: "ada@example.com", created: { gte: 1 }, limit: 3 });
  return id;
}

async function checkouts(stripe: Stripe, customer: string): Promise<void> {
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    customer,
    line_items: [{ price: "price_pro_monthly", quantity: 2 }],
    success_url: SUCCESS_URL,
    cancel_url: "http://127.0.0.1/back",
    expires_at: Math.floor(Date.now() / 1000) + 3_600,
    payment_method_collection: "if_required",
    allowed_payment_method_types: ["card"],
    allow_promotion_codes: true,
    automatic_tax: { enabled: true },
    customer_update: { address: "auto", name: "auto" },
    locale: "de",
    subscription_data: {
      trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method: "pause" } },
    },
  });
  await stripe.checkout.sessions.retrieve(session.id, { expand: ["line_items", "customer"] });
  await stripe.checkout.sessions.listLineItems(session.id, { limit: 5 });
  await stripe.checkout.sessions.list({ customer, status: "open", limit: 5 });
  await stripe.checkout.sessions.expire(session.id);
}

async function subscriptions(stripe: Stripe, customer: string, bought: string): Promise<void> {
  const sub = await stripe.subscriptions.create({
    customer,
    items: [{ price: "price_pro_monthly", quantity: 1 }],
    metadata: { a: "1" },
    payment_behavior: "allow_incomplete",
    payment_settings: { save_default_payment_method: "on_subscription" },
    off_session: true,
    expand: ["latest_invoice.payments", "latest_invoice.confirmation_secret"],
  });
  const item = sub.items.data[0]?.id ?? "";
  await stripe.subscriptions.update(sub.id, {
    items: [{ id: item, price: "price_scale_monthly", quantity: 2 }],
    proration_behavior: "always_invoice",
    payment_behavior: "error_if_incomplete",
  });
  await stripe.subscriptions.update(sub.id, { pause_collection: { behavior: "keep_as_draft" } });
  await stripe.subscriptions.update(sub.id, { pause_collection: "" });
  await stripe.subscriptions.update(sub.id, { cancel_at: "min_period_end" });
  await stripe.subscriptions.update(sub.id, { cancel_at: "", description: "x" });
  await stripe.subscriptions.update(sub.id, { cancel_at_period_end: false });
  await stripe.subscriptions.retrieve(bought, { expand: ["default_payment_method", "customer"] });
  await stripe.subscriptions.list({ customer, status: "all", price: "price_scale_monthly", limit: 5 });
}

async function schedules(stripe: Stripe, subscription: string): Promise<void> {
  const { id, phases } = await stripe.subscriptionSchedules.create({ from_subscription: subscription });
  const [phase] = phases;
  await stripe.subscriptionSchedules.update(id, {
    end_behavior: "release",
    metadata: { a: "1" },
    proration_behavior: "none",
    phases: [
      {
        items: [{ price: "price_pro_monthly", quantity: 1 }],
        start_date: phase?.start_date ?? 0,
        end_date: phase?.end_date ?? 0,
      },
      {
        items: [{ price: "price_pro_yearly", quantity: 1 }],
        duration: { interval: "year", interval_count: 1 },
        proration_behavior: "none",
        metadata: { b: "1" },
      },
    ],
  });
  await stripe.subscriptionSchedules.retrieve(id, { expand: ["subscription"] });
  await stripe.subscriptionSchedules.list({ customer: "cus_none", created: { gte: 1 }, limit: 1 });
  await stripe.subscriptionSchedules.release(id, { preserve_cancel_date: true });
}

async function preview(stripe: Stripe, subscription: string): Promise<void> {
  const { customer, items } = await stripe.subscriptions.retrieve(subscription);
  await stripe.invoices.createPreview({
    customer: idOf(customer),
    subscription,
    subscription_details: {
      items: [{ id: idOf(items.data[0]), price: "price_scale_monthly", quantity: 2 }],
      proration_behavior: "always_invoice",
      proration_date: items.data[0]?.current_period_start ?? 0,
    },
  });
  await stripe.invoices.createPreview({ subscription, subscription_details: { cancel_now: true } });
}

async function payments(sandbox: TestSandbox, customer: string): Promise<void> {
  const { stripe, control } = sandbox;
  const [charge] = await chargesOf(sandbox, customer);
  const id = charge?.id ?? "";
  const intent = idOf(charge?.payment_intent);
  await stripe.charges.retrieve(id, { expand: ["customer", "refunds"] });
  await stripe.paymentIntents.list({ customer, limit: 1 });
  await stripe.paymentIntents.retrieve(intent);
  const payment = { type: "payment_intent", payment_intent: intent } as const;
  const paid = await stripe.invoicePayments.list({ payment, status: "paid", expand: ["data.invoice"] });
  await stripe.invoicePayments.retrieve(paid.data[0]?.id ?? "");
  const refund = await stripe.refunds.create({
    charge: id,
    amount: 100,
    reason: "duplicate",
    metadata: { a: "1" },
  });
  await stripe.refunds.retrieve(refund.id, { expand: ["charge"] });
  await stripe.refunds.list({ charge: id, payment_intent: intent, created: { lt: 4_000_000_000 } });
  const { dispute } = await control<{ dispute: string }>(`/charges/${id}/dispute`, {});
  await stripe.disputes.retrieve(dispute);
  await stripe.disputes.list({ charge: id });
}

async function invoices(sandbox: TestSandbox, subscription: string): Promise<void> {
  const { stripe, control } = sandbox;
  const renewed = async () => {
    await control("/advance", { months: 1 });
    return (await latestInvoice(sandbox, subscription)).id;
  };
  const finalized = await renewed();
  await stripe.invoices.finalizeInvoice(finalized, { auto_advance: true });
  await stripe.invoices.pay(finalized, { off_session: true });
  await stripe.invoices.retrieve(finalized, { expand: ["payments"] });
  await stripe.invoices.listLineItems(finalized, { limit: 5 });
  const voided = await renewed();
  await stripe.invoices.finalizeInvoice(voided);
  await stripe.invoices.voidInvoice(voided);
  const lost = await renewed();
  await stripe.invoices.finalizeInvoice(lost);
  await stripe.invoices.markUncollectible(lost);
  await stripe.invoices.list({ subscription, status: "void", expand: ["data.payments"], limit: 20 });
}

async function events({ stripe, receiver }: TestSandbox): Promise<void> {
  const { data } = await stripe.events.list({
    types: ["invoice.voided", "invoice.created"],
    delivery_success: true,
    limit: 1,
  });
  await stripe.events.retrieve(data[0]?.id ?? "");
  const endpoint = await stripe.webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ["plan.created"],
    api_version: "2026-08-26.dahlia",
    description: "d",
  });
  await stripe.webhookEndpoints.retrieve(endpoint.id);
  await stripe.webhookEndpoints.list({ limit: 1 });
  await stripe.webhookEndpoints.del(endpoint.id);
}

const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/x-www-form-urlencoded" };

const pattern = ({ method, path }: { method: string; path: string }) =>
  new RegExp(`^${method} ${path.replace(":id", "[^/]+")}$`);

it("of every call that the sandbox knows, stripe-mock accepts each request that the sandbox accepted", async () => {
  const mock = await startStripeMock();
  const sandbox = await startSandbox();
  try {
    await wholeStory(sandbox);
    const made = new Set(sandbox.sent.map(({ method, path }) => `${method} ${path}`));
    const unmade = routes.filter((route) => ![...made].some((call) => pattern(route).test(call)));
    expect(unmade.map(({ method, path }) => `${method} ${path}`)).toEqual([]);

    // it does refuse what Stripe would
    const wrong = { method: "POST", target: "/v1/customers", headers, body: "emial=a" };
    expect((await repeat(wrong, mock.url)).status).toBe(400);
    const answers = await Promise.all(
      sandbox.sent.map(async ({ method, url, body }) => {
        const { pathname, search } = new URL(url);
        const again = await repeat({ method, target: pathname + search, headers, body }, mock.url);
        return { call: `${method} ${pathname}${search} ${body}`, ...again };
      }),
    );
    const refused = answers
      .filter(({ status }) => status >= 400)
      .map(({ call, answer }) => `${call}: ${answer}`)
      .filter(
        (refusal) =>
          !NEW_PARAMETERS.some(({ call, name }) => refusal.startsWith(call) && refusal.includes(name)),
      );
    expect(refused).toEqual([]);
  } finally {
    await mock.stop();
  }
});
