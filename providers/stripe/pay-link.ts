import type { Ask } from "./ask.ts";
import { orNull } from "./ask.ts";

/**
 * Stripe's own page for an invoice that can still be paid. One that is read through the API works for ten days at least
 * (docs.stripe.com/invoicing/hosted-invoice-page).
 */
export async function payLink(ask: Ask, invoiceId: string): Promise<string | null> {
  const invoice = await orNull(ask((stripe) => stripe.invoices.retrieve(invoiceId)));
  return invoice?.status === "open" ? (invoice.hosted_invoice_url ?? null) : null;
}
