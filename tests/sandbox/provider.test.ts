import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { checkoutId, subscriptionId } from "../../domain/ids.ts";
import type { CallRequest, EventSubject, PaymentProvider } from "../../providers/provider.ts";
import { ProviderError } from "../../providers/provider.ts";
import { createStripeProvider } from "../../providers/stripe/stripe-provider.ts";
import { NOTHING } from "../providers/subjects.ts";
import { type Passed, repeat, startProxy } from "./proxy.ts";
import { SECRETS } from "./receiver.ts";
import { startStripeMock } from "./stripe-mock.ts";
import { chargesOf, describedByStripe, KEY, latestInvoice, SUCCESS_URL, startSandbox } from "./support.ts";

let mock: Awaited<ReturnType<typeof startStripeMock>>;
beforeAll(async () => {
  mock = await startStripeMock();
});
afterAll(() => mock.stop());

const OURS = subscriptionId("0b8a3f0e-6a3c-4c39-8f0b-2f1f0d7c9a11");
const openSession = (customer: string): CallRequest => ({
  name: "open_session",
  checkout: {
    id: checkoutId("5d0b5c5e-1c1d-4f57-9b0e-8c9d1f2a3b4c"),
    subscriptionId: OURS,
    priceId: "price_pro_monthly",
    quantity: 2,
  },
  providerCustomerId: customer,
  successUrl: SUCCESS_URL,
  cancelUrl: "http://127.0.0.1/back",
});
const createCustomer = (email: string | null): CallRequest => ({
  name: "create_customer",
  customerId: "6f1f77d2-9c1a-4f0e-8d44-0b7b8a2f1c33",
  email,
});

async function providerOf(to: string): Promise<{ provider: PaymentProvider; passed: readonly Passed[] }> {
  const proxy = await startProxy(to);
  onTestFinished(() => proxy.stop());
  const provider = createStripeProvider({ secretKey: KEY, webhookSecrets: SECRETS, apiBase: proxy.url });
  return { provider, passed: proxy.passed };
}

/** Makes a call as it is made in production; what it answers is the provider's. */
const make = (provider: PaymentProvider, request: CallRequest, key: string) =>
  provider.call(request, provider.parameters(request), key);

/** Runs a step whose answer means nothing here: stripe-mock answers with samples that do not fit together. */
async function tried(step: Promise<unknown>): Promise<void> {
  await step.catch((error: unknown) => {
    if (!(error instanceof ProviderError)) throw error;
  });
}

const refusals = (passed: readonly Passed[]): string[] =>
  passed
    .filter(({ status }) => status >= 400)
    .map(({ method, target, answer }) => `${method} ${target}: ${answer}`);

async function calls(passed: readonly Passed[]): Promise<string[]> {
  const description = await describedByStripe();
  const named = passed.map(({ method, target }) => {
    const path = target.split("?")[0] ?? "";
    return `${method} ${description.template(method, path) ?? `${path}, which Stripe does not have`}`;
  });
  return [...new Set(named)].toSorted();
}

describe("what we send", () => {
  it("is accepted by stripe-mock, every request", async () => {
    const { provider, passed } = await providerOf(mock.url);
    const subjects: EventSubject[] = [
      { ...NOTHING, objectId: "sub_1", subscriptionId: "sub_1" },
      { ...NOTHING, objectId: "cs_1", sessionId: "cs_1" },
      { ...NOTHING, objectId: "in_1", invoiceId: "in_1" },
      { ...NOTHING, objectId: "inpay_1", paymentId: "pi_1" },
      { ...NOTHING, objectId: "ch_1", chargeId: "ch_1" },
      { ...NOTHING, objectId: "re_1", refundId: "re_1", chargeId: "ch_1" },
      { ...NOTHING, objectId: "du_1", disputeId: "du_1", chargeId: "ch_1" },
    ];
    await tried(provider.look({ subscriptionId: "sub_1", sessionId: null, named: subjects }));
    await tried(provider.look({ subscriptionId: null, sessionId: "cs_1", named: subjects }));
    for (const subject of subjects) await tried(provider.trace(subject));
    const requests: CallRequest[] = [
      createCustomer("ada@example.com"),
      createCustomer(null),
      openSession("cus_1"),
      { name: "expire_session", sessionId: "cs_1" },
      { name: "cancel_subscription", subscriptionId: "sub_1" },
      { name: "arrange_end", subscriptionId: "sub_1" },
      { name: "withdraw_end", subscriptionId: "sub_1" },
      { name: "pause_collection", subscriptionId: "sub_1" },
      { name: "resume_collection", subscriptionId: "sub_1" },
      { name: "pay_invoice", invoiceId: "in_1" },
      { name: "change_price", subscriptionId: "sub_1", priceId: "price_1", quantity: 2 },
    ];
    for (const [position, request] of requests.entries()) {
      await tried(make(provider, request, `key-${position}`));
      await tried(provider.find(request, Date.now() - 60_000));
    }
    expect(refusals(passed)).toEqual([]);
    const made = await calls(passed);
    expect(made.filter((each) => each.includes("does not have"))).toEqual([]);
    expect(made).toEqual(
      expect.arrayContaining([
        "DELETE /v1/subscriptions/{subscription_exposed_id}",
        "GET /v1/charges/{charge}",
        "GET /v1/checkout/sessions",
        "GET /v1/checkout/sessions/{session}",
        "GET /v1/customers",
        "GET /v1/disputes/{dispute}",
        "GET /v1/invoice_payments",
        "GET /v1/invoices",
        "GET /v1/invoices/{invoice}",
        "GET /v1/refunds",
        "GET /v1/refunds/{refund}",
        "GET /v1/subscriptions/{subscription_exposed_id}",
        "POST /v1/checkout/sessions",
        "POST /v1/checkout/sessions/{session}/expire",
        "POST /v1/customers",
        "POST /v1/invoices/{invoice}/pay",
        "POST /v1/subscriptions/{subscription_exposed_id}",
      ]),
    );
  });

  it("in a whole story at the sandbox is accepted by stripe-mock too, and understood", async () => {
    const sandbox = await startSandbox();
    const { provider, passed } = await providerOf(sandbox.url);
    const since = Date.now() - 1_000;

    expect(await provider.find(createCustomer("ada@example.com"), since)).toBeNull();
    const created = await make(provider, createCustomer("ada@example.com"), "customer-1");
    if (created.name !== "create_customer") throw new Error("another answer");
    expect(await provider.find(createCustomer("ada@example.com"), since)).toEqual(created);
    const customer = created.providerCustomerId;
    const opened = await make(provider, openSession(customer), "session-1");
    expect(await make(provider, openSession(customer), "session-1")).toEqual(opened);
    expect(await provider.find(openSession(customer), since)).toEqual(opened);
    if (opened.name !== "open_session") throw new Error("another answer");
    expect(opened.url).toBe(`${sandbox.url}/c/pay/${opened.sessionId}`);
    const before = await provider.look({ subscriptionId: null, sessionId: opened.sessionId, named: [] });
    expect(before).toMatchObject({ session: { state: "open" }, subscription: null, invoices: [] });

    const { subscription } = await sandbox.control<{ subscription: string }>(
      `/checkouts/${opened.sessionId}/pay`,
      { card: "4242424242424242" },
    );
    const [charge] = await chargesOf(sandbox, customer);
    await sandbox.stripe.refunds.create({ charge: charge?.id ?? "", amount: 100 });
    await sandbox.control(`/customers/${customer}/card`, { card: "4000000000000341" });
    await sandbox.control("/advance", { months: 1, hours: 2 });

    // each event is verified, says what it is about, and leads back to the subscription
    const subjects = sandbox.receiver.received.flatMap(({ body, headers }) => {
      const event = provider.verify(Buffer.from(body), headers);
      const interest = provider.interest(event.type, event.payload);
      expect(interest.kind).not.toBe("unreadable");
      return interest.kind === "subject" ? [interest.subject] : [];
    });
    expect(subjects.length).toBeGreaterThan(8);
    for (const subject of subjects)
      expect(await provider.trace(subject)).toEqual({ subscriptionId: subscription, reference: OURS });
    const seen = await provider.look({ subscriptionId: null, sessionId: opened.sessionId, named: subjects });
    expect([...seen.problems]).toEqual([]);
    expect(seen).toMatchObject({
      session: { state: "complete", subscriptionId: subscription },
      subscription: {
        status: "past_due",
        quantity: 2,
        priceId: "price_pro_monthly",
        price: { amount: 5800 },
      },
      invoices: [
        {
          state: "paid",
          attempts: 1,
          payments: [{ state: "paid", paid: { amount: 5800, currency: "usd" } }],
        },
        { state: "open", attempts: 1, payments: [{ state: "open" }] },
      ],
      refunds: [{ status: "succeeded", refunded: { amount: 100, currency: "usd" } }],
    });
    const late: CallRequest = { name: "expire_session", sessionId: opened.sessionId };
    expect(await make(provider, late, "expire-1")).toMatchObject({ state: "complete" });
    const cancel: CallRequest = { name: "cancel_subscription", subscriptionId: subscription };
    expect(await provider.find(cancel, since)).toBeNull();
    expect(await make(provider, cancel, "cancel-1")).toMatchObject({ state: "canceled" });
    expect(await provider.find(cancel, since)).toMatchObject({ state: "canceled" });
    expect((await latestInvoice(sandbox, subscription)).status).toBe("open");

    const again = await Promise.all(
      passed.map(async (request) => ({ ...request, ...(await repeat(request, mock.url)) })),
    );
    expect(refusals(again)).toEqual([]);
    expect((await calls(passed)).filter((call) => call.includes("does not have"))).toEqual([]);
  });
});
