import { describe, expect, it } from "vitest";
import type { ObservedInvoice, ObservedSubscription } from "../../domain/observation.ts";
import { object, PAYMENT, SESSION, SUBSCRIPTION } from "./stripe-fixtures.ts";
import { list, startStripe } from "./stripe-server.ts";

type Fields = Readonly<Record<string, unknown>>;

const LOOK = { subscriptionId: SUBSCRIPTION, sessionId: null, named: [] };

/** What becomes of the recorded subscription with these fields in its place. */
async function subscription(fields: Fields): Promise<ObservedSubscription | null> {
  const stripe = await startStripe();
  const body = object("customer.subscription.updated", fields);
  stripe.script(`GET /v1/subscriptions/${SUBSCRIPTION}`, { body });
  stripe.script("GET /v1/invoices", list([]));
  return (await stripe.provider().look(LOOK)).subscription;
}

async function invoices(...fields: readonly Fields[]) {
  const stripe = await startStripe();
  stripe.script(`GET /v1/subscriptions/${SUBSCRIPTION}`, { body: object("customer.subscription.updated") });
  stripe.script("GET /v1/invoices", list(fields.map((each) => object("invoice.payment_failed", each))));
  return stripe.provider().look(LOOK);
}

const seconds = (text: string): number => Date.parse(text) / 1_000;
const MAY = seconds("2027-05-01T00:00:00Z");
const JUNE = seconds("2027-06-01T00:00:00Z");
const JULY = seconds("2027-07-01T00:00:00Z");

const price = (fields: Fields) => ({
  id: "price_1",
  object: "price",
  currency: "eur",
  unit_amount: 1_000,
  unit_amount_decimal: "1000",
  recurring: { interval: "month", interval_count: 1 },
  ...fields,
});
const items = (...data: readonly Fields[]) => ({
  items: {
    object: "list",
    data: data.map((each) => ({
      id: "si_1",
      current_period_start: MAY,
      current_period_end: JUNE,
      quantity: 1,
      price: price({}),
      ...each,
    })),
  },
});

describe("a subscription", () => {
  it.each([
    ["runs on", {}, null],
    ["was set to end by the portal", { cancel_at: JUNE }, JUNE * 1_000],
    ["was set to end with its period by the API", { cancel_at_period_end: true }, JUNE * 1_000],
    [
      "was set both ways, of which the time counts",
      { cancel_at: MAY, cancel_at_period_end: true },
      MAY * 1_000,
    ],
  ])("that %s", async (_what, fields, cancelAt) => {
    expect(await subscription({ ...items({}), ...fields })).toMatchObject({ cancelAt });
  });

  it("has the times of its trial, its cancelling and its end in milliseconds", async () => {
    const fields = { trial_end: MAY, canceled_at: JUNE, ended_at: JULY };
    expect(await subscription({ ...fields, status: "canceled" })).toMatchObject({
      status: "canceled",
      trialEnd: MAY * 1_000,
      canceledAt: JUNE * 1_000,
      endedAt: JULY * 1_000,
    });
  });

  it.each([
    ["active", "paused"],
    ["past_due", "past_due"],
    ["trialing", "trialing"],
    ["canceled", "canceled"],
  ])("R12: that is %s with its collection paused is %s", async (status, expected) => {
    const pause_collection = { behavior: "void", resumes_at: null };
    expect(await subscription({ status, pause_collection })).toMatchObject({ status: expected });
  });

  it("keeps a status that was added after this was written", async () => {
    expect(await subscription({ status: "hibernating" })).toMatchObject({ status: "hibernating" });
  });

  it("of several items has the first one's price, and the period in which all are billed", async () => {
    const both = items({ quantity: 3 }, { price: price({ id: "price_2" }), current_period_end: JULY });
    expect(await subscription(both)).toMatchObject({
      priceId: "price_1",
      quantity: 3,
      price: { amount: 3_000, currency: "eur" },
      period: { start: MAY * 1_000, end: JULY * 1_000 },
    });
  });

  it("without an item has a price that is in no catalog, and a period", async () => {
    expect(await subscription({ ...items(), start_date: MAY })).toMatchObject({
      priceId: "(none)",
      price: { amount: 0, currency: "usd" },
      period: { start: MAY * 1_000, end: MAY * 1_000 },
    });
  });

  it.each([
    ["fractions of a cent", { unit_amount: null, unit_amount_decimal: "1250.5" }, 3, 3_752],
    ["tiers", { unit_amount: null, unit_amount_decimal: null, billing_scheme: "tiered" }, 3, 0],
    ["metered use, so without a quantity", {}, undefined, 1_000],
    ["nothing", { unit_amount: 0, unit_amount_decimal: "0" }, 2, 0],
  ])("with a price of %s", async (_what, fields, quantity, amount) => {
    const seen = await subscription(items({ price: price(fields), quantity }));
    expect(seen).toMatchObject({ quantity: quantity ?? 1, price: { amount } });
  });

  it.each([
    ["month", "month"],
    ["year", "year"],
    ["week", "month"],
  ])("billed each %s", async (interval, expected) => {
    const seen = await subscription(items({ price: price({ recurring: { interval } }) }));
    expect(seen).toMatchObject({ interval: expected });
  });

  it.each([
    ["a bare id", "cus_1", "cus_1"],
    ["expanded", { id: "cus_1", object: "customer" }, "cus_1"],
    ["deleted", { id: "cus_1", object: "customer", deleted: true }, "cus_1"],
    ["missing, and so nobody else's", null, SUBSCRIPTION],
  ])("whose customer is %s", async (_what, customer, customerId) => {
    expect(await subscription({ customer })).toMatchObject({ customerId });
  });
});

const invoice = async (fields: Fields): Promise<ObservedInvoice | undefined> =>
  (await invoices(fields)).invoices[0];

describe("an invoice", () => {
  it.each(["draft", "open", "paid", "uncollectible", "void"])("that is %s", async (status) => {
    expect(await invoice({ status })).toMatchObject({ state: status });
  });

  it("without a status is a draft", async () => {
    expect(await invoice({ status: null })).toMatchObject({ state: "draft" });
  });

  it("in a state that was added after this was written is left out and noted", async () => {
    const seen = await invoices({ id: "in_1", status: "contested" }, { id: "in_2" });
    expect(seen.invoices.map(({ id }) => id)).toEqual(["in_2"]);
    expect(seen.problems.get("in_1")).toBe("the state of invoice in_1 is unknown to this version: contested");
  });

  it("has its attempts and when the next one is due", async () => {
    expect(await invoice({ attempt_count: 3, next_payment_attempt: MAY })).toMatchObject({
      attempts: 3,
      nextAttemptAt: MAY * 1_000,
      paidAt: null,
    });
  });

  it.each([
    ["a PaymentIntent", { type: "payment_intent", payment_intent: PAYMENT }, PAYMENT],
    ["an expanded one", { type: "payment_intent", payment_intent: { id: PAYMENT } }, PAYMENT],
    ["an old charge", { type: "charge", charge: "ch_1" }, "ch_1"],
    ["a payment outside Stripe", { type: "payment_record", payment_record: "pr_1" }, "pr_1"],
    ["something new", { type: "barter" }, "inpay_1"],
  ])("paid by %s", async (_what, payment, id) => {
    const data = [{ id: "inpay_1", payment, status: "paid", amount_paid: 700, currency: "usd" }];
    expect((await invoice({ payments: { object: "list", data } }))?.payments).toEqual([
      { id, state: "paid", paid: { amount: 700, currency: "usd" } },
    ]);
  });

  it.each([
    ["open", "open"],
    ["canceled", "canceled"],
    ["pending_review", "open"],
  ])("with a payment that is %s", async (status, state) => {
    const data = [{ id: "inpay_1", payment: {}, status, amount_paid: null, currency: "usd" }];
    expect((await invoice({ payments: { object: "list", data } }))?.payments).toEqual([
      { id: "inpay_1", state, paid: { amount: 0, currency: "usd" } },
    ]);
  });

  it("without its payments has none", async () => {
    expect((await invoice({}))?.payments).toEqual([]);
  });
});

describe("a session", () => {
  it.each([
    ["open", "open"],
    ["complete", "complete"],
    ["expired", "expired"],
  ])("that is %s", async (status, state) => {
    const stripe = await startStripe();
    const body = object("checkout.session.expired", { status });
    stripe.script(`GET /v1/checkout/sessions/${SESSION}`, { body });
    const seen = await stripe.provider().look({ subscriptionId: null, sessionId: SESSION, named: [] });
    expect(seen.session).toMatchObject({ id: SESSION, state, subscriptionId: null });
  });

  it.each(["under_review", null])("in the unknown state %s is not taken for an open one", async (status) => {
    const stripe = await startStripe();
    const body = object("checkout.session.completed", { status });
    stripe.script(`GET /v1/checkout/sessions/${SESSION}`, { body });
    stripe.script(`GET /v1/subscriptions/${SUBSCRIPTION}`, { body: object("customer.subscription.updated") });
    stripe.script("GET /v1/invoices", list([]));
    const seen = await stripe.provider().look({ subscriptionId: null, sessionId: SESSION, named: [] });
    expect(seen.session).toBeNull();
    expect(seen.problems.get(SESSION)).toBe(
      `the state of session ${SESSION} is unknown to this version: ${status}`,
    );
    // What it has led to is the truth all the same.
    expect(seen.subscription?.id).toBe(SUBSCRIPTION);
  });
});
