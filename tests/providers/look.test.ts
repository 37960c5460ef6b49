import { describe, expect, it } from "vitest";
import type { EventSubject, Look } from "../../providers/provider.ts";
import {
  CHARGE,
  CUSTOMER,
  FIRST_INVOICE,
  object,
  PAYMENT,
  PRICE,
  REFUND,
  RENEWAL,
  SESSION,
  SUBSCRIPTION,
} from "./stripe-fixtures.ts";
import type { ScriptedStripe } from "./stripe-server.ts";
import { failure, list, missing, startStripe } from "./stripe-server.ts";
import { NOTHING } from "./subjects.ts";

const names = (subject: Partial<EventSubject>): EventSubject => ({ ...NOTHING, ...subject });
const at = (look: Partial<Look>): Look => ({ subscriptionId: null, sessionId: null, named: [], ...look });

const START = Date.parse("2026-11-02T10:15:30Z");
const END = Date.parse("2026-12-02T10:15:30Z");

const paidInvoice = (fields: Readonly<Record<string, unknown>> = {}) =>
  object("invoice.paid", {
    payments: { object: "list", data: [object("invoice_payment.paid")], has_more: false },
    ...fields,
  });

/** Stripe with the subscription of the recordings, and what a look needs. */
async function stripeWithAll(): Promise<ScriptedStripe> {
  const stripe = await startStripe();
  stripe.script(`GET /v1/checkout/sessions/${SESSION}`, { body: object("checkout.session.completed") });
  stripe.script(`GET /v1/subscriptions/${SUBSCRIPTION}`, { body: object("customer.subscription.updated") });
  stripe.script("GET /v1/invoices", list([paidInvoice()]));
  return stripe;
}

/** Two requests that are on their way at the same time. */
const LOOK_BY_SUBSCRIPTION = ["GET /v1/invoices", `GET /v1/subscriptions/${SUBSCRIPTION}`];

describe("look", () => {
  it("R4: goes from the session to its subscription and that one's invoices, and reads them all", async () => {
    const stripe = await stripeWithAll();
    const seen = await stripe.provider().look(at({ sessionId: SESSION }));
    expect(seen).toEqual({
      session: {
        id: SESSION,
        state: "complete",
        expiresAt: START - 95_000 + 86_400_000,
        subscriptionId: SUBSCRIPTION,
      },
      subscription: {
        provider: "stripe",
        id: SUBSCRIPTION,
        customerId: CUSTOMER,
        status: "active",
        priceId: PRICE,
        interval: "month",
        quantity: 1,
        price: { amount: 2_900, currency: "usd" },
        period: { start: START, end: END },
        startedAt: START,
        trialEnd: null,
        cancelAt: null,
        canceledAt: null,
        endedAt: null,
        isEndedUnpaid: false,
        scheduled: null,
      },
      invoices: [
        {
          id: FIRST_INVOICE,
          state: "paid",
          due: { amount: 2_900, currency: "usd" },
          createdAt: START,
          paidAt: START + 4_000,
          attempts: 1,
          nextAttemptAt: null,
          dueAt: null,
          payments: [{ id: PAYMENT, state: "paid", paid: { amount: 2_900, currency: "usd" } }],
        },
      ],
      refunds: [],
      disputes: [],
      problems: new Map(),
    });
    expect(stripe.requests().toSorted()).toEqual([
      `GET /v1/checkout/sessions/${SESSION}`,
      ...LOOK_BY_SUBSCRIPTION,
    ]);
    expect(stripe.queries("/v1/invoices")[0]).toEqual({
      subscription: SUBSCRIPTION,
      limit: "20",
      "expand[0]": "data.payments",
    });
  });

  it("takes the subscription that it is given before the session's, and that before an event's", async () => {
    const stripe = await stripeWithAll();
    const other = names({ subscriptionId: "sub_of_event" });
    const first = await stripe.provider().look(at({ sessionId: SESSION, named: [other] }));
    expect(first.subscription?.id).toBe(SUBSCRIPTION);
    expect(first.problems.get("sub_of_event")).toBe(
      `sub_of_event is not the subscription looked at, ${SUBSCRIPTION}`,
    );
    const given = await startStripe();
    given.script("GET /v1/checkout/sessions/cs_1", missing("checkout.session: 'cs_1'"));
    given.script(`GET /v1/subscriptions/${SUBSCRIPTION}`, { body: object("customer.subscription.updated") });
    given.script("GET /v1/invoices", list([]));
    const seen = await given.provider().look(at({ subscriptionId: SUBSCRIPTION, sessionId: "cs_1" }));
    expect(seen.session).toBeNull();
    expect(seen.subscription?.id).toBe(SUBSCRIPTION);
  });

  it("looks at the subscription that an event names while the session tells of none", async () => {
    const stripe = await stripeWithAll();
    stripe.script(`GET /v1/checkout/sessions/${SESSION}`, {
      body: object("checkout.session.completed", { status: "open", subscription: null }),
    });
    const named = [names({ sessionId: SESSION }), names({ subscriptionId: SUBSCRIPTION })];
    const seen = await stripe.provider().look(at({ sessionId: SESSION, named }));
    expect(seen.session?.state).toBe("open");
    expect(seen.subscription?.id).toBe(SUBSCRIPTION);
  });

  it("asks for nothing else while a session has no subscription", async () => {
    const stripe = await startStripe();
    stripe.script(`GET /v1/checkout/sessions/${SESSION}`, { body: object("checkout.session.expired") });
    const seen = await stripe
      .provider()
      .look(at({ sessionId: SESSION, named: [names({ sessionId: SESSION })] }));
    expect(seen).toMatchObject({
      session: { state: "expired" },
      subscription: null,
      invoices: [],
      refunds: [],
    });
    expect(stripe.requests()).toHaveLength(1);
  });

  it("R14: finds the subscription of one that was never ours by the refund that an event names", async () => {
    const stripe = await stripeWithAll();
    stripe.script(`GET /v1/refunds/${REFUND}`, { body: object("refund.created") });
    stripe.script(
      "GET /v1/invoice_payments",
      list([object("invoice_payment.paid", { invoice: paidInvoice() })]),
    );
    const named = [names({ objectId: REFUND, refundId: REFUND, paymentId: PAYMENT, chargeId: CHARGE })];
    const seen = await stripe.provider().look(at({ named }));
    expect(seen.subscription?.id).toBe(SUBSCRIPTION);
    expect(seen.refunds).toHaveLength(1);
  });

  it("says null for what Stripe has not, in the path or as a parameter", async () => {
    for (const noList of [missing(`subscription: '${SUBSCRIPTION}'`, "subscription"), list([])]) {
      const stripe = await startStripe();
      stripe.script(`GET /v1/subscriptions/${SUBSCRIPTION}`, missing(`subscription: '${SUBSCRIPTION}'`));
      stripe.script("GET /v1/invoices", noList);
      expect(await stripe.provider().look(at({ subscriptionId: SUBSCRIPTION }))).toEqual({
        session: null,
        subscription: null,
        invoices: [],
        refunds: [],
        disputes: [],
        problems: new Map(),
      });
    }
  });

  it.each([
    ["the key is revoked", failure(401, { message: "Invalid API Key" }), "misconfigured"],
    ["too much is asked", failure(429, { type: "rate_limit_error" }), "unavailable"],
    ["the list is refused", failure(400, { code: "parameter_unknown" }), "refused"],
  ])("throws when %s", async (_when, reply, kind) => {
    const stripe = await stripeWithAll();
    stripe.script("GET /v1/invoices", reply);
    await expect(stripe.provider().look(at({ subscriptionId: SUBSCRIPTION }))).rejects.toMatchObject({
      name: "ProviderError",
      kind,
    });
  });
});

describe("look, at what events name", () => {
  it("R4: reads an older invoice by its id, once, and gives all in the order of their making", async () => {
    const stripe = await stripeWithAll();
    stripe.script("GET /v1/invoices", list([object("invoice.payment_failed")]));
    stripe.script(`GET /v1/invoices/${FIRST_INVOICE}`, { body: paidInvoice() });
    const named = [FIRST_INVOICE, RENEWAL, FIRST_INVOICE].map((invoiceId) => names({ invoiceId }));
    const seen = await stripe.provider().look(at({ subscriptionId: SUBSCRIPTION, named }));
    expect(seen.invoices.map(({ id, state }) => [id, state])).toEqual([
      [FIRST_INVOICE, "paid"],
      [RENEWAL, "open"],
    ]);
    expect(stripe.requests()).toHaveLength(3);
    expect(stripe.queries(`/v1/invoices/${FIRST_INVOICE}`)).toEqual([{ "expand[0]": "payments" }]);
    expect(seen.problems.size).toBe(0);
  });

  it("R7: notes what it cannot find, and goes on", async () => {
    const stripe = await stripeWithAll();
    stripe.script("GET /v1/invoices/in_gone", missing("invoice: 'in_gone'"));
    stripe.script("GET /v1/refunds/re_gone", missing("refund: 're_gone'"));
    const named = [names({ invoiceId: "in_gone" }), names({ refundId: "re_gone" })];
    const seen = await stripe.provider().look(at({ subscriptionId: SUBSCRIPTION, named }));
    expect(seen.problems).toEqual(
      new Map([
        ["in_gone", "Stripe has no invoice in_gone"],
        ["re_gone", "Stripe has no refund re_gone"],
      ]),
    );
    expect(seen.invoices).toHaveLength(1);
  });

  it.each([
    ["another subscription", { subscription_details: { subscription: "sub_other" } }, "sub_other"],
    ["no subscription", null, "no subscription"],
  ])("notes an invoice of %s, and does not read it as this one's", async (_what, parent, owner) => {
    const stripe = await stripeWithAll();
    stripe.script("GET /v1/invoices/in_other", {
      body: paidInvoice({ id: "in_other", parent, lines: { object: "list", data: [] } }),
    });
    const named = [names({ invoiceId: "in_other" })];
    const seen = await stripe.provider().look(at({ subscriptionId: SUBSCRIPTION, named }));
    expect(seen.invoices.map(({ id }) => id)).toEqual([FIRST_INVOICE]);
    expect(seen.problems.get("in_other")).toBe(`invoice in_other is of ${owner}, not of ${SUBSCRIPTION}`);
  });

  it("reads each refund by its id, once, whatever events tell of it", async () => {
    const stripe = await stripeWithAll();
    stripe.script(`GET /v1/refunds/${REFUND}`, { body: object("refund.failed") });
    const named = [names({ refundId: REFUND }), names({ refundId: REFUND, chargeId: CHARGE })];
    const seen = await stripe.provider().look(at({ subscriptionId: SUBSCRIPTION, named }));
    expect(seen.refunds).toEqual([
      {
        id: REFUND,
        paymentId: PAYMENT,
        status: "failed",
        refunded: { amount: 900, currency: "usd" },
        createdAt: Date.parse("2026-11-09T14:20:05Z"),
      },
    ]);
    expect(stripe.queries(`/v1/refunds/${REFUND}`)).toHaveLength(1);
  });

  it("lists all the refunds of a charge that an event is about, page by page", async () => {
    const stripe = await stripeWithAll();
    const [newer, older] = [
      object("refund.created", { id: "re_2" }),
      object("refund.created", { id: "re_1" }),
    ];
    stripe.script("GET /v1/refunds", list([newer], true), list([older]));
    const named = [names({ objectId: CHARGE, chargeId: CHARGE })];
    const seen = await stripe.provider().look(at({ subscriptionId: SUBSCRIPTION, named }));
    expect(seen.refunds.map(({ id }) => id)).toEqual(["re_1", "re_2"]);
    expect(stripe.queries("/v1/refunds")).toEqual([
      { charge: CHARGE, limit: "100" },
      { charge: CHARGE, limit: "100", starting_after: "re_2" },
    ]);
  });

  it("notes a refund that gives back no payment, and takes one without a PaymentIntent by its charge", async () => {
    const stripe = await stripeWithAll();
    const odd = { payment_intent: null, status: null };
    stripe.script("GET /v1/refunds/re_1", {
      body: object("refund.created", { ...odd, id: "re_1", charge: null }),
    });
    stripe.script("GET /v1/refunds/re_2", { body: object("refund.created", { ...odd, id: "re_2" }) });
    const named = [names({ refundId: "re_1" }), names({ refundId: "re_2" })];
    const seen = await stripe.provider().look(at({ subscriptionId: SUBSCRIPTION, named }));
    expect(seen.problems.get("re_1")).toBe("refund re_1 names no payment");
    expect(seen.refunds).toMatchObject([{ id: "re_2", paymentId: CHARGE, status: "pending" }]);
  });

  it("fetches a hundred named objects within one errand", async () => {
    const stripe = await stripeWithAll();
    const named = Array.from({ length: 100 }, (_none, index) => names({ refundId: `re_${index}` }));
    for (const { refundId } of named) {
      stripe.script(`GET /v1/refunds/${refundId}`, { body: object("refund.created", { id: refundId }) });
    }
    const seen = await stripe.provider().look(at({ subscriptionId: SUBSCRIPTION, named }));
    expect(seen.refunds).toHaveLength(100);
  });
});
