import { expect, it } from "vitest";
import { FIRST_INVOICE, object } from "./stripe-fixtures.ts";
import { failure, missing, startStripe } from "./stripe-server.ts";

const URL = "https://invoice.stripe.com/i/acct_1/test_1";

it.each([
  ["open", URL, URL],
  ["paid", URL, null],
  ["void", URL, null],
  ["draft", null, null],
])("the page where an invoice that is %s can be paid", async (status, hosted_invoice_url, expected) => {
  const stripe = await startStripe();
  const body = object("invoice.paid", { status, hosted_invoice_url });
  stripe.script(`GET /v1/invoices/${FIRST_INVOICE}`, { body });
  await expect(stripe.provider().payLink(FIRST_INVOICE)).resolves.toBe(expected);
});

it("there is none of an invoice that is not there, and none is known while Stripe is away", async () => {
  const stripe = await startStripe();
  stripe.script(`GET /v1/invoices/${FIRST_INVOICE}`, missing("invoice"), failure(500, {}));
  await expect(stripe.provider().payLink(FIRST_INVOICE)).resolves.toBeNull();
  await expect(stripe.provider().payLink(FIRST_INVOICE)).rejects.toMatchObject({ kind: "unavailable" });
});
