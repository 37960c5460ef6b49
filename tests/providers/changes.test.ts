import { describe, expect, it } from "vitest";
import type { CallRequest } from "../../providers/provider.ts";
import { object, PRICE, RENEWAL, SUBSCRIPTION } from "./stripe-fixtures.ts";
import type { Reply } from "./stripe-server.ts";
import { failure, missing, startStripe } from "./stripe-server.ts";

const READ = `GET /v1/subscriptions/${SUBSCRIPTION}`;
const UPDATE = `POST /v1/subscriptions/${SUBSCRIPTION}`;
const READ_INVOICE = `GET /v1/invoices/${RENEWAL}`;
const PAY = `POST /v1/invoices/${RENEWAL}/pay`;
const KEY = "stripe/change/1";

const on = (
  name: "arrange_end" | "withdraw_end" | "pause_collection" | "resume_collection",
): CallRequest => ({ name, subscriptionId: SUBSCRIPTION });
const PAY_INVOICE: CallRequest = { name: "pay_invoice", invoiceId: RENEWAL };
const CHANGE: CallRequest = {
  name: "change_price",
  subscriptionId: SUBSCRIPTION,
  priceId: "price_other",
  quantity: 3,
};

const subscription = (fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
  object("customer.subscription.updated", {
    status: "active",
    cancel_at: null,
    cancel_at_period_end: false,
    pause_collection: null,
    ...fields,
  });

const itemOf = (price: string, quantity: number, end = 1_900_000_000) => ({
  id: "si_1",
  quantity,
  price: { id: price, currency: "usd", unit_amount: 2_900, recurring: { interval: "month" } },
  current_period_start: 1_800_000_000,
  current_period_end: end,
});
const itemsOf = (...items: readonly object[]) => ({ items: { object: "list", data: items } });

async function stripeThat(scripts: Readonly<Record<string, Reply>>) {
  const stripe = await startStripe();
  for (const [request, reply] of Object.entries(scripts)) stripe.script(request, reply);
  const provider = stripe.provider();
  const call = (request: CallRequest) => {
    const stored: Record<string, unknown> = JSON.parse(JSON.stringify(provider.parameters(request)));
    return provider.call(request, stored, KEY);
  };
  return { stripe, call, find: (request: CallRequest) => provider.find(request, 0) };
}

describe("call", () => {
  it.each([
    [on("arrange_end"), { cancel_at_period_end: "true" }],
    [on("withdraw_end"), { cancel_at_period_end: "false" }],
    [on("pause_collection"), { "pause_collection[behavior]": "void" }],
    [on("resume_collection"), { pause_collection: "" }],
  ])("R6: sends exactly what is stored, under the key: %j", async (request, form) => {
    const { stripe, call } = await stripeThat({
      [READ]: { body: subscription() },
      [UPDATE]: { body: subscription() },
    });
    expect(await call(request)).toEqual({ name: request.name, state: "done" });
    const update = stripe.asked.find(({ method }) => method === "POST");
    expect(stripe.requests().filter((each) => each !== READ)).toEqual([UPDATE]);
    expect(update).toMatchObject({ headers: { "idempotency-key": KEY } });
    expect(update?.form).toEqual(form);
  });

  it("takes back also an end that the customer portal has arranged, and never names both spellings at once", async () => {
    const { stripe, call } = await stripeThat({
      [READ]: { body: subscription() },
      [UPDATE]: { body: subscription({ cancel_at: 1_900_000_000 }) },
    });
    expect(await call(on("withdraw_end"))).toEqual({ name: "withdraw_end", state: "done" });
    expect(stripe.asked.slice(1).map(({ form, headers }) => [form, headers["idempotency-key"]])).toEqual([
      [{ cancel_at_period_end: "false" }, KEY],
      [{ cancel_at: "" }, `${KEY}/time`],
    ]);
  });

  it("R6: changes the item that is there, invoices the difference, and changes nothing if it is not paid", async () => {
    const { stripe, call } = await stripeThat({
      [READ]: { body: subscription(itemsOf(itemOf(PRICE, 1))) },
      [UPDATE]: { body: subscription() },
    });
    expect(await call(CHANGE)).toEqual({ name: "change_price", state: "done" });
    expect(stripe.requests()).toEqual([READ, UPDATE, READ]);
    expect(stripe.asked[1]?.headers["idempotency-key"]).toBe(KEY);
    expect(stripe.asked[1]?.form).toEqual({
      "items[0][id]": "si_1",
      "items[0][price]": "price_other",
      "items[0][quantity]": "3",
      proration_behavior: "always_invoice",
      payment_behavior: "error_if_incomplete",
    });
  });

  it.each([
    ["several items", itemsOf(itemOf(PRICE, 1), itemOf("price_addon", 1))],
    ["none", itemsOf()],
  ])("does not guess which item to change: %s", async (_what, items) => {
    const { stripe, call } = await stripeThat({ [READ]: { body: subscription(items) } });
    await expect(call(CHANGE)).rejects.toMatchObject({ kind: "refused", code: "several_items" });
    expect(stripe.requests()).toEqual([READ]);
  });

  it("collects an invoice", async () => {
    const { stripe, call } = await stripeThat({ [PAY]: { body: object("invoice.paid") } });
    expect(await call(PAY_INVOICE)).toEqual({ name: "pay_invoice", state: "done" });
    expect(stripe.asked[0]).toMatchObject({
      form: { off_session: "true" },
      headers: { "idempotency-key": KEY },
    });
  });

  it("a bank that says no is no refusal of Stripe's", async () => {
    const { call } = await stripeThat({
      [PAY]: failure(402, { type: "card_error", code: "card_declined" }),
    });
    await expect(call(PAY_INVOICE)).rejects.toMatchObject({ kind: "declined", code: "card_declined" });
  });

  it("does not take a pause of Stripe's own, which waits for a card, for resumed", async () => {
    const { call } = await stripeThat({ [UPDATE]: { body: subscription({ status: "paused" }) } });
    await expect(call(on("resume_collection"))).rejects.toMatchObject({
      kind: "refused",
      code: "paused_without_payment_method",
    });
  });
});

describe("find", () => {
  const monthly = itemsOf(itemOf(PRICE, 1));
  it.each<[CallRequest, Record<string, unknown>, boolean]>([
    [on("arrange_end"), { cancel_at_period_end: true }, true],
    [on("arrange_end"), { cancel_at: 1_900_000_000 }, true],
    [on("arrange_end"), { cancel_at: 1_900_000_001 }, false],
    [on("arrange_end"), {}, false],
    [on("withdraw_end"), {}, true],
    [on("withdraw_end"), { cancel_at_period_end: true }, false],
    [on("withdraw_end"), { cancel_at: 1_900_000_000 }, false],
    [on("pause_collection"), { pause_collection: { behavior: "void" } }, true],
    [on("pause_collection"), {}, false],
    [on("resume_collection"), {}, true],
    [on("resume_collection"), { pause_collection: { behavior: "void" } }, false],
    [on("resume_collection"), { status: "paused" }, false],
    [CHANGE, itemsOf(itemOf("price_other", 3)), true],
    [CHANGE, itemsOf(itemOf("price_other", 1)), false],
    [CHANGE, itemsOf(itemOf(PRICE, 3)), false],
  ])("R6: reads whether it was done: %j in %j is %j", async (request, fields, done) => {
    const { stripe, find } = await stripeThat({ [READ]: { body: subscription({ ...monthly, ...fields }) } });
    expect(await find(request)).toEqual(done ? { name: request.name, state: "done" } : null);
    expect(stripe.requests()).toEqual([READ]);
  });

  it.each([
    ["paid", true],
    ["open", false],
    ["void", false],
  ])("R6: reads whether an invoice is paid: %s", async (status, done) => {
    const { find } = await stripeThat({ [READ_INVOICE]: { body: object("invoice.paid", { status }) } });
    expect(await find(PAY_INVOICE)).toEqual(done ? { name: "pay_invoice", state: "done" } : null);
  });

  it("R6: what is gone was not changed, and a failure proves nothing", async () => {
    const gone = await stripeThat({ [READ]: missing("subscription"), [READ_INVOICE]: missing("invoice") });
    expect(await gone.find(on("pause_collection"))).toBeNull();
    expect(await gone.find(PAY_INVOICE)).toBeNull();
    const away = await stripeThat({ [READ]: failure(429, {}) });
    await expect(away.find(on("pause_collection"))).rejects.toMatchObject({ kind: "unavailable" });
  });
});
