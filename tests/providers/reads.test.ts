import { describe, expect, it } from "vitest";
import { PRICE, SUBSCRIPTION } from "./stripe-fixtures.ts";
import type { Reply } from "./stripe-server.ts";
import { failure, list, missing, startStripe } from "./stripe-server.ts";

const READ = `GET /v1/subscriptions/${SUBSCRIPTION}`;
const PREVIEW = "POST /v1/invoices/create_preview";
const PORTAL = "POST /v1/billing_portal/sessions";
const INVOICES = "GET /v1/invoices";
const NOW = 1_850_000_000;
const END = 1_900_000_000;

const SUBSCRIBED = {
  body: {
    id: SUBSCRIPTION,
    object: "subscription",
    currency: "usd",
    items: { object: "list", data: [{ id: "si_1", price: { id: PRICE }, current_period_end: END }] },
  },
};

const line = (amount: number, start: number, proration: boolean) => ({
  id: "il_1",
  object: "line_item",
  amount,
  currency: "usd",
  description: "a line",
  period: { start, end: start + 100 },
  parent: { type: "subscription_item_details", subscription_item_details: { proration } },
});
const invoice = (total: number, ...lines: readonly object[]): Reply => ({
  body: {
    id: "upcoming_in_1",
    object: "invoice",
    currency: "usd",
    total,
    amount_due: Math.max(0, total),
    lines: { object: "list", data: lines },
  },
});
const CHANGED = invoice(3_500, line(-1_400, NOW, true), line(4_900, NOW, true));
const RENEWED = invoice(9_900, line(9_900, END, false));
const NONE = failure(404, { code: "invoice_upcoming_none", message: "No upcoming invoices" });

/** What is previewed of a change to three of another price, with and without what is due at once. */
async function previewOf(at: "now" | "period_end", prorated: Reply, plain: Reply) {
  const stripe = await startStripe();
  stripe.script(READ, SUBSCRIBED);
  if (at === "now") stripe.script(PREVIEW, prorated, plain);
  else stripe.script(PREVIEW, plain);
  const seen = stripe
    .provider()
    .preview({ subscriptionId: SUBSCRIPTION, priceId: "price_other", quantity: 3, at });
  return { stripe, seen };
}

describe("preview", () => {
  it("says what is due at once, and the next invoice, asking as the change asks", async () => {
    const { stripe, seen } = await previewOf("now", CHANGED, RENEWED);
    expect(await seen).toEqual({
      dueNow: { amount: 3_500, currency: "usd" },
      creditedNow: { amount: 0, currency: "usd" },
      linesNow: [
        expect.objectContaining({ amount: { amount: -1_400, currency: "usd" }, isProration: true }),
        {
          description: "a line",
          amount: { amount: 4_900, currency: "usd" },
          start: NOW * 1_000,
          end: (NOW + 100) * 1_000,
          isProration: true,
        },
      ],
      next: { at: END * 1_000, total: { amount: 9_900, currency: "usd" } },
    });
    expect(stripe.asked[1]?.form).toEqual({
      subscription: SUBSCRIPTION,
      "subscription_details[items][0][id]": "si_1",
      "subscription_details[items][0][price]": "price_other",
      "subscription_details[items][0][quantity]": "3",
      "subscription_details[proration_behavior]": "always_invoice",
    });
  });

  it("a downgrade is credited", async () => {
    const { seen } = await previewOf("now", invoice(-700, line(-700, NOW, true)), RENEWED);
    expect(await seen).toMatchObject({ dueNow: { amount: 0 }, creditedNow: { amount: 700 } });
  });

  it("a change that begins a new period now has its next invoice far away", async () => {
    const yearly = invoice(27_600, line(-1_400, NOW, true), line(29_000, NOW, false));
    const { seen } = await previewOf("now", yearly, invoice(29_000, line(29_000, NOW, false)));
    expect(await seen).toMatchObject({ dueNow: { amount: 27_600 }, next: null });
  });

  it("nothing is due at once in a trial, nor for a change at the period's end", async () => {
    const later = {
      dueNow: { amount: 0 },
      linesNow: [],
      next: { at: END * 1_000, total: { amount: 9_900 } },
    };
    expect(await (await previewOf("now", RENEWED, RENEWED)).seen).toMatchObject(later);
    const { stripe, seen } = await previewOf("period_end", CHANGED, RENEWED);
    expect(await seen).toMatchObject(later);
    expect(stripe.asked[1]?.form).toMatchObject({ "subscription_details[proration_behavior]": "none" });
  });

  it("nothing comes of what ends before", async () => {
    expect(await (await previewOf("period_end", NONE, NONE)).seen).toMatchObject({ next: null });
  });
});

describe("portal", () => {
  it.each([
    [null, {}],
    [{ type: "payment_method_update" }, { "flow_data[type]": "payment_method_update" }],
    [
      { type: "subscription_cancel", subscriptionId: "sub_9" },
      { "flow_data[type]": "subscription_cancel", "flow_data[subscription_cancel][subscription]": "sub_9" },
    ],
    [
      { type: "subscription_update", subscriptionId: "sub_9" },
      { "flow_data[type]": "subscription_update", "flow_data[subscription_update][subscription]": "sub_9" },
    ],
  ] as const)("opens at %j", async (flow, form) => {
    const stripe = await startStripe();
    stripe.script(PORTAL, {
      body: { id: "bps_1", object: "billing_portal.session", url: "https://x.example/p" },
    });
    const wanted = { customerId: "cus_1", returnUrl: "https://shop.example/", flow };
    expect(await stripe.provider().portal(wanted)).toEqual({ url: "https://x.example/p" });
    const back = {
      "flow_data[after_completion][type]": "redirect",
      "flow_data[after_completion][redirect][return_url]": "https://shop.example/",
    };
    expect(stripe.asked[0]?.form).toEqual({
      customer: "cus_1",
      return_url: "https://shop.example/",
      ...form,
      ...(flow === null ? {} : back),
    });
  });
});

describe("invoices", () => {
  const LISTED = {
    id: "in_1",
    object: "invoice",
    number: "A-1",
    status: "open",
    currency: "usd",
    total: 2_900,
    amount_due: 2_900,
    amount_paid: 0,
    amount_remaining: 2_900,
    created: NOW,
    due_date: null,
    status_transitions: { paid_at: null },
    hosted_invoice_url: "https://x.example/i",
    invoice_pdf: "https://x.example/pdf",
  };

  it("are read page by page", async () => {
    const stripe = await startStripe();
    stripe.script(INVOICES, list([LISTED], true), list([]));
    const provider = stripe.provider();
    const first = await provider.invoices(SUBSCRIPTION, null, 1);
    expect(first).toEqual({
      invoices: [
        {
          id: "in_1",
          number: "A-1",
          status: "open",
          currency: "usd",
          total: 2_900,
          amountDue: 2_900,
          amountPaid: 0,
          amountRemaining: 2_900,
          createdAt: NOW * 1_000,
          dueAt: null,
          paidAt: null,
          pageUrl: "https://x.example/i",
          pdfUrl: "https://x.example/pdf",
        },
      ],
      next: "in_1",
    });
    expect(await provider.invoices(SUBSCRIPTION, first.next, 1)).toEqual({ invoices: [], next: null });
    expect(stripe.queries("/v1/invoices")).toEqual([
      { subscription: SUBSCRIPTION, limit: "1" },
      { subscription: SUBSCRIPTION, limit: "1", starting_after: "in_1" },
    ]);
  });

  it("a place that is none is not found", async () => {
    const stripe = await startStripe();
    stripe.script(INVOICES, missing("invoice", "starting_after"));
    await expect(stripe.provider().invoices(SUBSCRIPTION, "in_9", 1)).rejects.toMatchObject({
      kind: "not_found",
    });
  });
});
