import { describe, expect, it } from "vitest";
import type { Offered } from "../../domain/checkout.ts";
import { NOTHING_OFFERED } from "../../domain/checkout.ts";
import { checkoutId, subscriptionId } from "../../domain/ids.ts";
import type { CallRequest, CallResult } from "../../providers/provider.ts";
import { CUSTOMER_GONE } from "../../providers/provider.ts";
import { CHECKOUT, CUSTOMER, object, PRICE, REFERENCE, SESSION, SUBSCRIPTION } from "./stripe-fixtures.ts";
import type { Reply, ScriptedStripe } from "./stripe-server.ts";
import { failure, missing, startStripe } from "./stripe-server.ts";

const KEY = `stripe/session/${CHECKOUT}/1`;

const CREATE_CUSTOMER: CallRequest = {
  name: "create_customer",
  customerId: "5d0f3c0e-1111-4222-8333-944455556666",
  email: "maria@example.com",
};
const OPEN_SESSION: Extract<CallRequest, { name: "open_session" }> = {
  name: "open_session",
  checkout: {
    id: checkoutId(CHECKOUT),
    subscriptionId: subscriptionId(REFERENCE),
    priceId: PRICE,
    quantity: 3,
  },
  providerCustomerId: CUSTOMER,
  successUrl: "https://billing.example.com/success?session_id={CHECKOUT_SESSION_ID}",
  cancelUrl: "https://billing.example.com/cancel",
};
const EXPIRE_SESSION: CallRequest = { name: "expire_session", sessionId: SESSION };
const CANCEL: CallRequest = { name: "cancel_subscription", subscriptionId: SUBSCRIPTION };

const CREATE = "POST /v1/checkout/sessions";
const READ_CUSTOMER = `GET /v1/customers/${CUSTOMER}`;
const READ_SESSION = `GET /v1/checkout/sessions/${SESSION}`;
const EXPIRE = `POST /v1/checkout/sessions/${SESSION}/expire`;
const DELETE = `DELETE /v1/subscriptions/${SUBSCRIPTION}`;
const READ_SUBSCRIPTION = `GET /v1/subscriptions/${SUBSCRIPTION}`;

const openSession = object("checkout.session.completed", {
  status: "open",
  url: "https://checkout.stripe.com/c/pay/1",
  expires_at: 1_793_700_000,
});
const OPENED: CallResult = {
  name: "open_session",
  sessionId: SESSION,
  url: "https://checkout.stripe.com/c/pay/1",
  expiresAt: 1_793_700_000_000,
};

/** Makes the call with the parameters that are stored for it, as they come back from the database. */
async function call(stripe: ScriptedStripe, request: CallRequest): Promise<CallResult> {
  const provider = stripe.provider();
  const stored: Record<string, unknown> = JSON.parse(JSON.stringify(provider.parameters(request)));
  return provider.call(request, stored, KEY);
}

async function stripeThat(scripts: Readonly<Record<string, Reply>>): Promise<ScriptedStripe> {
  const stripe = await startStripe();
  for (const [request, reply] of Object.entries(scripts)) stripe.script(request, reply);
  return stripe;
}

const ended = (status: string): Reply => ({ body: object("customer.subscription.deleted", { status }) });

describe("call", () => {
  it("R6: makes a customer under our id, with the stored parameters and key", async () => {
    const stripe = await stripeThat({ "POST /v1/customers": { body: { id: "cus_1", object: "customer" } } });
    expect(await call(stripe, CREATE_CUSTOMER)).toEqual({
      name: "create_customer",
      providerCustomerId: "cus_1",
    });
    expect(stripe.asked).toMatchObject([
      {
        form: { email: "maria@example.com", "metadata[perennial_customer]": CREATE_CUSTOMER.customerId },
        headers: {
          "idempotency-key": KEY,
          "stripe-version": "2026-10-28.endive",
          authorization: "Bearer sk_test_ofTheTests",
          "content-type": "application/x-www-form-urlencoded",
        },
      },
    ]);
    expect(Object.keys(stripe.asked[0]?.form ?? {})).toHaveLength(2);
  });

  it("makes a customer without an address when there is none", async () => {
    const stripe = await stripeThat({ "POST /v1/customers": { body: { id: "cus_1", object: "customer" } } });
    await call(stripe, { ...CREATE_CUSTOMER, email: null });
    expect(Object.keys(stripe.asked[0]?.form ?? {})).toEqual(["metadata[perennial_customer]"]);
  });

  it("R6: opens a session whose subscription will carry our id, and sends nothing else", async () => {
    const stripe = await stripeThat({ [CREATE]: { body: openSession } });
    expect(await call(stripe, OPEN_SESSION)).toEqual(OPENED);
    expect(stripe.requests()).toEqual([CREATE]);
    expect(stripe.asked[0]?.form).toEqual({
      mode: "subscription",
      customer: CUSTOMER,
      client_reference_id: CHECKOUT,
      "line_items[0][price]": PRICE,
      "line_items[0][quantity]": "3",
      success_url: "https://billing.example.com/success?session_id={CHECKOUT_SESSION_ID}",
      cancel_url: "https://billing.example.com/cancel",
      "metadata[perennial_subscription]": REFERENCE,
      "metadata[perennial_checkout]": CHECKOUT,
      "subscription_data[metadata][perennial_subscription]": REFERENCE,
      "subscription_data[metadata][perennial_checkout]": CHECKOUT,
    });
    expect(stripe.asked[0]?.headers["idempotency-key"]).toBe(KEY);
  });

  it.each<[string, Partial<Offered>, Readonly<Record<string, string>>]>([
    ["nothing: nothing more is sent", {}, {}],
    [
      "a trial: a card is asked for at once, and nothing is owed once it is taken back",
      { trialDays: 14 },
      {
        "subscription_data[trial_period_days]": "14",
        "subscription_data[trial_settings][end_behavior][missing_payment_method]": "cancel",
        payment_method_collection: "always",
      },
    ],
    ["promotion codes", { promotionCodes: true }, { allow_promotion_codes: "true" }],
    [
      "taxes: the page may keep the address of a customer who has none",
      { automaticTax: true },
      { "automatic_tax[enabled]": "true", "customer_update[address]": "auto" },
    ],
  ])("R6: opens a session that offers %s", async (_what, offered, expected) => {
    const plain = await stripeThat({ [CREATE]: { body: openSession } });
    await call(plain, OPEN_SESSION);
    const stripe = await stripeThat({ [CREATE]: { body: openSession } });
    const checkout = { ...OPEN_SESSION.checkout, offered: { ...NOTHING_OFFERED, ...offered } };
    expect(await call(stripe, { ...OPEN_SESSION, checkout })).toEqual(OPENED);
    expect(stripe.asked[0]?.form).toEqual({ ...plain.asked[0]?.form, ...expected });
  });

  it.each([
    ["was deleted", { body: { id: CUSTOMER, object: "customer", deleted: true } }],
    ["never was", missing("customer")],
  ])("opens no session for a customer who %s, and says so", async (_what, now) => {
    const stripe = await stripeThat({ [CREATE]: missing("customer", "customer"), [READ_CUSTOMER]: now });
    await expect(call(stripe, OPEN_SESSION)).rejects.toMatchObject({
      kind: "not_found",
      code: CUSTOMER_GONE,
    });
    expect(stripe.requests()).toEqual([CREATE, READ_CUSTOMER]);
  });

  it("does not take a customer for gone because something else is, or because nobody can say", async () => {
    const here: Reply = { body: { id: CUSTOMER, object: "customer" } };
    const other = await stripeThat({ [CREATE]: missing("coupon"), [READ_CUSTOMER]: here });
    await expect(call(other, OPEN_SESSION)).rejects.toMatchObject({
      kind: "not_found",
      code: "resource_missing",
    });
    const away = await stripeThat({
      [CREATE]: missing("customer", "customer"),
      [READ_CUSTOMER]: failure(429, {}),
    });
    await expect(call(away, OPEN_SESSION)).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("R6: has the same parameters for the same request, whoever asks", async () => {
    const one = (await startStripe()).provider({ secretKey: "sk_live_other" });
    const another = (await startStripe()).provider();
    expect(one.parameters(OPEN_SESSION)).toEqual(another.parameters(OPEN_SESSION));
    expect(one.parameters(EXPIRE_SESSION)).toEqual({});
    expect(one.parameters(CANCEL)).toEqual({});
  });

  it("reads a session again whose opening Stripe has only repeated", async () => {
    const replayed = { "Idempotent-Replayed": "true" };
    const stripe = await stripeThat({
      [CREATE]: { body: openSession, headers: replayed },
      [READ_SESSION]: { body: { ...openSession, url: "https://checkout.stripe.com/c/pay/now" } },
    });
    expect(await call(stripe, OPEN_SESSION)).toMatchObject({ url: "https://checkout.stripe.com/c/pay/now" });
  });

  it("R6: asks for the next attempt when the repeated session has expired", async () => {
    const stripe = await stripeThat({
      [CREATE]: { body: openSession, headers: { "Idempotent-Replayed": "true" } },
      [READ_SESSION]: { body: { ...openSession, status: "expired", url: null } },
    });
    await expect(call(stripe, OPEN_SESSION)).rejects.toMatchObject({
      kind: "unavailable",
      code: "session_expired",
      replayed: true,
    });
  });

  it("sends whoever has paid already on to where Stripe would", async () => {
    const stripe = await stripeThat({
      [CREATE]: { body: openSession, headers: { "Idempotent-Replayed": "true" } },
      [READ_SESSION]: { body: { ...openSession, status: "complete", url: null } },
    });
    expect(await call(stripe, OPEN_SESSION)).toMatchObject({
      sessionId: SESSION,
      url: `https://billing.example.com/success?session_id=${SESSION}`,
    });
  });

  it.each([null, ""])("refuses a session with %s for a page: nobody could pay there", async (url) => {
    const stripe = await stripeThat({ [CREATE]: { body: { ...openSession, url } } });
    await expect(call(stripe, OPEN_SESSION)).rejects.toMatchObject({
      kind: "refused",
      code: "session_without_url",
    });
  });

  it("expires a session", async () => {
    const stripe = await stripeThat({ [EXPIRE]: { body: { ...openSession, status: "expired" } } });
    expect(await call(stripe, EXPIRE_SESSION)).toEqual({ name: "expire_session", state: "expired" });
    expect(stripe.asked).toMatchObject([{ form: {}, headers: { "idempotency-key": KEY } }]);
  });

  it.each(["expired", "complete"])("answers with the truth when the session is %s already", async (state) => {
    const stripe = await stripeThat({
      [EXPIRE]: failure(400, { message: `Only Checkout Sessions with a status in ["open"] can be expired.` }),
      [READ_SESSION]: { body: { ...openSession, status: state } },
    });
    expect(await call(stripe, EXPIRE_SESSION)).toEqual({ name: "expire_session", state });
    expect(stripe.requests()).toEqual([EXPIRE, READ_SESSION]);
  });

  it.each(["open", "under_review", null])("passes the refusal on when the session is %s", async (status) => {
    const stripe = await stripeThat({
      [EXPIRE]: failure(400, { code: "not_now" }),
      [READ_SESSION]: { body: { ...openSession, status } },
    });
    await expect(call(stripe, EXPIRE_SESSION)).rejects.toMatchObject({ kind: "refused", code: "not_now" });
  });

  it("does not take a session that Stripe has not for an expired one", async () => {
    const stripe = await stripeThat({ [EXPIRE]: missing("checkout.session") });
    await expect(call(stripe, EXPIRE_SESSION)).rejects.toMatchObject({ kind: "not_found" });
    expect(stripe.requests()).toEqual([EXPIRE]);
  });

  it("cancels a subscription", async () => {
    const stripe = await stripeThat({ [DELETE]: { body: object("customer.subscription.deleted") } });
    expect(await call(stripe, CANCEL)).toEqual({ name: "cancel_subscription", state: "canceled" });
    expect(stripe.asked).toMatchObject([{ form: {}, query: {}, headers: { "idempotency-key": KEY } }]);
  });

  it.each([
    ["has ended, which Stripe calls missing", missing("subscription"), ended("canceled")],
    ["was never paid", failure(400, { message: "cannot be canceled" }), ended("incomplete_expired")],
    ["is gone", missing("subscription"), missing("subscription")],
  ])("R8: is done when the subscription %s", async (_what, reply, now) => {
    const stripe = await stripeThat({ [DELETE]: reply, [READ_SUBSCRIPTION]: now });
    expect(await call(stripe, CANCEL)).toEqual({ name: "cancel_subscription", state: "canceled" });
    expect(stripe.requests()).toEqual([DELETE, READ_SUBSCRIPTION]);
  });

  it.each([
    ["runs on", failure(400, { code: "locked" }), ended("active"), "refused"],
    ["is in an unknown state", failure(400, { code: "locked" }), ended("hibernating"), "refused"],
    ["cannot be read", missing("subscription"), failure(429, {}), "unavailable"],
    ["is out of reach", failure(429, {}), ended("canceled"), "unavailable"],
  ])("is not done when the subscription %s", async (_what, reply, now, kind) => {
    const stripe = await stripeThat({ [DELETE]: reply, [READ_SUBSCRIPTION]: now });
    await expect(call(stripe, CANCEL)).rejects.toMatchObject({ kind });
  });
});
