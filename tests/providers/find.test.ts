import { describe, expect, it } from "vitest";
import { checkoutId, subscriptionId } from "../../domain/ids.ts";
import type { CallRequest } from "../../providers/provider.ts";
import { CHECKOUT, CUSTOMER, object, PRICE, REFERENCE, SESSION, SUBSCRIPTION } from "./stripe-fixtures.ts";
import type { Reply } from "./stripe-server.ts";
import { failure, list, missing, startStripe } from "./stripe-server.ts";

const SINCE = Date.parse("2026-11-02T12:00:00Z");
/** An hour earlier: the clocks may differ. */
const FROM = String(Date.parse("2026-11-02T11:00:00Z") / 1_000);

const OUR_ID = "5d0f3c0e-1111-4222-8333-944455556666";
const CUSTOMER_REQUEST: CallRequest = {
  name: "create_customer",
  customerId: OUR_ID,
  email: "maria@example.com",
};
const SESSION_REQUEST: CallRequest = {
  name: "open_session",
  checkout: {
    id: checkoutId(CHECKOUT),
    subscriptionId: subscriptionId(REFERENCE),
    priceId: PRICE,
    quantity: 1,
  },
  providerCustomerId: CUSTOMER,
  successUrl: "https://billing.example.com/success?session_id={CHECKOUT_SESSION_ID}",
  cancelUrl: "https://billing.example.com/cancel",
};

const customer = (id: string, ourId?: string) => ({
  id,
  object: "customer",
  metadata: ourId === undefined ? {} : { perennial_customer: ourId },
});
const strangers = (from: number, count = 100) =>
  Array.from({ length: count }, (_none, index) => customer(`cus_${from + index}`));

const session = (fields: Readonly<Record<string, unknown>>) =>
  object("checkout.session.completed", {
    status: "open",
    url: "https://checkout.stripe.com/c/pay/1",
    expires_at: 1_793_700_000,
    ...fields,
  });

async function find(request: CallRequest, scripts: Readonly<Record<string, readonly [Reply, ...Reply[]]>>) {
  const stripe = await startStripe();
  for (const [asked, replies] of Object.entries(scripts)) stripe.script(asked, ...replies);
  const found = await stripe
    .provider()
    .find(request, SINCE)
    .catch((error: unknown) => error);
  return { stripe, found };
}

describe("find, of a customer that may have been made", () => {
  it("finds it by its e-mail address and our id", async () => {
    const { stripe, found } = await find(CUSTOMER_REQUEST, {
      "GET /v1/customers": [list([customer("cus_other", "of another"), customer("cus_1", OUR_ID)])],
    });
    expect(found).toEqual({ name: "create_customer", providerCustomerId: "cus_1" });
    expect(stripe.queries("/v1/customers")).toEqual([
      { "created[gte]": FROM, email: "maria@example.com", limit: "100" },
    ]);
  });

  it("finds it under an older address, or without one, in the list of all", async () => {
    const older = await find(CUSTOMER_REQUEST, {
      "GET /v1/customers": [list([]), list([customer("cus_1", OUR_ID)])],
    });
    expect(older.found).toMatchObject({ providerCustomerId: "cus_1" });
    expect(older.stripe.queries("/v1/customers")[1]).toEqual({ "created[gte]": FROM, limit: "100" });
    const without = await find(
      { ...CUSTOMER_REQUEST, email: null },
      { "GET /v1/customers": [list([customer("cus_1", OUR_ID)])] },
    );
    expect(without.found).toMatchObject({ providerCustomerId: "cus_1" });
    expect(without.stripe.requests()).toHaveLength(1);
  });

  it("R6: proves an absence by a list that was read to its end", async () => {
    const { stripe, found } = await find(CUSTOMER_REQUEST, {
      "GET /v1/customers": [list([]), list(strangers(0), true), list(strangers(100), true), list([])],
    });
    expect(found).toBeNull();
    expect(stripe.queries("/v1/customers").map((query) => query["starting_after"])).toEqual([
      undefined,
      undefined,
      "cus_99",
      "cus_199",
    ]);
  });

  it("reads no further than to what it looks for", async () => {
    const { stripe, found } = await find(
      { ...CUSTOMER_REQUEST, email: null },
      { "GET /v1/customers": [list([...strangers(0, 99), customer("cus_1", OUR_ID)], true)] },
    );
    expect(found).toMatchObject({ providerCustomerId: "cus_1" });
    expect(stripe.requests()).toHaveLength(1);
  });

  it("R6: does not take a list too long to be read for an absence", async () => {
    const { stripe, found } = await find(
      { ...CUSTOMER_REQUEST, email: null },
      { "GET /v1/customers": [list(strangers(0), true)] },
    );
    expect(found).toMatchObject({ kind: "unavailable", code: "list_too_long" });
    expect(stripe.requests()).toHaveLength(10);
  });

  it("R6: does not take an empty page with more to come for an absence", async () => {
    const { found } = await find(CUSTOMER_REQUEST, { "GET /v1/customers": [list([], true)] });
    expect(found).toMatchObject({ kind: "unavailable", code: "list_too_long" });
  });

  it("does not take a failure for an absence", async () => {
    const { found } = await find(CUSTOMER_REQUEST, {
      "GET /v1/customers": [list(strangers(0), true), failure(429, {})],
    });
    expect(found).toMatchObject({ kind: "unavailable" });
  });
});

describe("find, of a session that may have been opened", () => {
  const stranger = session({ id: "cs_other", client_reference_id: "of another checkout" });
  const withoutReference = session({ id: "cs_by_hand", client_reference_id: null });

  it("finds the open one of this checkout among the customer's", async () => {
    const { stripe, found } = await find(SESSION_REQUEST, {
      "GET /v1/checkout/sessions": [list([stranger, withoutReference, session({})])],
    });
    expect(found).toEqual({
      name: "open_session",
      sessionId: SESSION,
      url: "https://checkout.stripe.com/c/pay/1",
      expiresAt: 1_793_700_000_000,
    });
    expect(stripe.queries("/v1/checkout/sessions")).toEqual([
      { customer: CUSTOMER, "created[gte]": FROM, limit: "100" },
    ]);
  });

  it("R6: finds none when only others' are there", async () => {
    const { found } = await find(SESSION_REQUEST, {
      "GET /v1/checkout/sessions": [list([stranger, withoutReference])],
    });
    expect(found).toBeNull();
  });

  it("counts an expired one as none: another may be opened", async () => {
    const { found } = await find(SESSION_REQUEST, {
      "GET /v1/checkout/sessions": [list([session({ status: "expired", url: null })])],
    });
    expect(found).toBeNull();
  });

  it("R9: prefers the one that was paid to one that is open, and that to an expired one", async () => {
    const expired = session({ id: "cs_3", status: "expired", url: null });
    const open = session({ id: "cs_2" });
    const complete = session({ id: "cs_1", status: "complete", url: null });
    const paid = await find(SESSION_REQUEST, {
      "GET /v1/checkout/sessions": [list([expired, open, complete])],
    });
    expect(paid.found).toMatchObject({
      sessionId: "cs_1",
      url: "https://billing.example.com/success?session_id=cs_1",
    });
    const unpaid = await find(SESSION_REQUEST, { "GET /v1/checkout/sessions": [list([expired, open])] });
    expect(unpaid.found).toMatchObject({ sessionId: "cs_2" });
  });

  it("R6: finds none of a customer who is gone", async () => {
    const { found } = await find(SESSION_REQUEST, {
      "GET /v1/checkout/sessions": [missing("customer", "customer")],
    });
    expect(found).toBeNull();
  });

  it("says nothing of one in an unknown state", async () => {
    const { found } = await find(SESSION_REQUEST, {
      "GET /v1/checkout/sessions": [list([session({ status: "under_review" })])],
    });
    expect(found).toMatchObject({ kind: "unavailable", code: "unknown_session_state" });
  });
});

describe("find, of an ending", () => {
  const EXPIRE: CallRequest = { name: "expire_session", sessionId: SESSION };
  const READ_SESSION = `GET /v1/checkout/sessions/${SESSION}`;

  it.each([
    ["expired", { name: "expire_session", state: "expired" }],
    ["complete", { name: "expire_session", state: "complete" }],
    ["open", null],
  ])("of a session that is %s", async (status, expected) => {
    const { found } = await find(EXPIRE, { [READ_SESSION]: [{ body: session({ status }) }] });
    expect(found).toEqual(expected);
  });

  it("of a session that Stripe has not: it was not expired", async () => {
    expect((await find(EXPIRE, { [READ_SESSION]: [missing("checkout.session")] })).found).toBeNull();
  });

  it.each(["under_review", null])("of a session in the unknown state %s: cannot be said", async (status) => {
    const { found } = await find(EXPIRE, { [READ_SESSION]: [{ body: session({ status }) }] });
    expect(found).toMatchObject({ kind: "unavailable", code: "unknown_session_state" });
  });

  const CANCEL: CallRequest = { name: "cancel_subscription", subscriptionId: SUBSCRIPTION };
  const READ_SUBSCRIPTION = `GET /v1/subscriptions/${SUBSCRIPTION}`;
  const CANCELED = { name: "cancel_subscription", state: "canceled" };

  it.each([
    ["canceled", CANCELED],
    ["incomplete_expired", CANCELED],
    ["active", null],
    ["past_due", null],
    ["hibernating", null],
  ])("of a subscription that is %s", async (status, expected) => {
    const body = object("customer.subscription.deleted", { status });
    expect((await find(CANCEL, { [READ_SUBSCRIPTION]: [{ body }] })).found).toEqual(expected);
  });

  it("of a subscription that Stripe has not: there is nothing to cancel", async () => {
    expect((await find(CANCEL, { [READ_SUBSCRIPTION]: [missing("subscription")] })).found).toEqual(CANCELED);
  });

  it("of a subscription that only a key of the other mode sees: cannot be said", async () => {
    const message = `No such subscription: '${SUBSCRIPTION}'; a similar object exists in live mode, but a test mode key was used to make this request.`;
    const { found } = await find(CANCEL, {
      [READ_SUBSCRIPTION]: [failure(404, { code: "resource_missing", param: "id", message })],
    });
    expect(found).toMatchObject({ kind: "misconfigured" });
  });
});
