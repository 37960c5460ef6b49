import { describe, expect, it } from "vitest";
import type { CallRequest } from "../../providers/provider.ts";
import type { Reply } from "./stripe-server.ts";
import { failure, missing, startStripe } from "./stripe-server.ts";

const KEY = "stripe/refund/pi_1/request";
const VOID: CallRequest = { name: "void_invoice", invoiceId: "in_1" };
const refundOf = (paymentId: string, because: "late" | "duplicate" = "late"): CallRequest => ({
  name: "refund_payment",
  paymentId,
  refunded: { amount: 2_900, currency: "usd" },
  because,
});
const VOIDING = "POST /v1/invoices/in_1/void";
const INVOICE = "GET /v1/invoices/in_1";
const REFUNDING = "POST /v1/refunds";
const REFUNDS = "GET /v1/refunds";

const invoice = (status: string): Reply => ({ body: { id: "in_1", object: "invoice", status } });
const refunds = (...all: readonly { readonly amount: number; readonly status: string }[]): Reply => ({
  body: {
    object: "list",
    has_more: false,
    data: all.map((each, index) => ({ id: `re_${index}`, object: "refund", ...each })),
  },
});
const made: Reply = { body: { id: "re_1", object: "refund" } };
const refused = failure(400, { code: "charge_already_refunded" });

async function stripeThat(scripts: Readonly<Record<string, Reply>>) {
  const stripe = await startStripe();
  for (const [request, reply] of Object.entries(scripts)) stripe.script(request, reply);
  const provider = stripe.provider();
  return {
    stripe,
    call: (request: CallRequest) => provider.call(request, provider.parameters(request), KEY),
    find: (request: CallRequest) => provider.find(request, 0),
  };
}

describe("an open invoice", () => {
  it("is voided, under the key", async () => {
    const { stripe, call } = await stripeThat({ [VOIDING]: invoice("void") });
    expect(await call(VOID)).toEqual({ name: "void_invoice", state: "void" });
    expect(stripe.asked[0]?.headers["idempotency-key"]).toBe(KEY);
  });

  it.each([
    ["paid", "paid"],
    ["void", "void"],
  ])("that is %s meanwhile is no failure", async (status, state) => {
    const { call } = await stripeThat({
      [VOIDING]: failure(400, { code: "invoice_not_editable" }),
      [INVOICE]: invoice(status),
    });
    expect(await call(VOID)).toEqual({ name: "void_invoice", state });
  });

  it("that is open and is refused all the same is a refusal", async () => {
    const { call } = await stripeThat({
      [VOIDING]: failure(400, { code: "invoice_not_editable" }),
      [INVOICE]: invoice("open"),
    });
    await expect(call(VOID)).rejects.toMatchObject({ kind: "refused" });
  });

  it.each([
    [invoice("void"), { name: "void_invoice", state: "void" }],
    [invoice("paid"), { name: "void_invoice", state: "paid" }],
    [invoice("open"), null],
    [missing("in_1"), { name: "void_invoice", state: "void" }],
  ])("R6: what an earlier attempt made of it is read", async (reply, found) => {
    expect(await (await stripeThat({ [INVOICE]: reply })).find(VOID)).toEqual(found);
  });
});

describe("a payment", () => {
  it.each([
    [refundOf("pi_1"), { payment_intent: "pi_1", "metadata[perennial_reason]": "late" }],
    [
      refundOf("ch_1", "duplicate"),
      { charge: "ch_1", "metadata[perennial_reason]": "duplicate", reason: "duplicate" },
    ],
  ])("goes back whole, or what is left of it: no amount is named", async (request, form) => {
    const { stripe, call } = await stripeThat({ [REFUNDING]: made });
    expect(await call(request)).toEqual({ name: "refund_payment", state: "refunded" });
    expect(stripe.asked[0]?.form).toEqual(form);
  });

  it("that has gone back already is no failure, and no second refund", async () => {
    const { call } = await stripeThat({
      [REFUNDING]: refused,
      [REFUNDS]: refunds({ amount: 1_000, status: "succeeded" }, { amount: 1_900, status: "pending" }),
    });
    expect(await call(refundOf("pi_1"))).toEqual({ name: "refund_payment", state: "refunded" });
  });

  it.each([
    ["a part", [{ amount: 1_000, status: "succeeded" }]],
    ["all, in vain", [{ amount: 2_900, status: "failed" }]],
    ["nothing", []],
  ])("R6: of which %s has gone back is asked again", async (_what, all) => {
    const { stripe, find } = await stripeThat({ [REFUNDS]: refunds(...all) });
    expect(await find(refundOf("pi_1"))).toBeNull();
    expect(stripe.queries("/v1/refunds")).toMatchObject([{ payment_intent: "pi_1" }]);
  });
});
