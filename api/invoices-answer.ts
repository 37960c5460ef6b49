import type { InvoicePage } from "../providers/reads.ts";
import { iso } from "./iso.ts";
import { wrong } from "./timeline-page.ts";

export const invoicesAnswer = ({ invoices, next }: InvoicePage): object => ({
  invoices: invoices.map((invoice) => ({
    id: invoice.id,
    number: invoice.number,
    invoice_status: invoice.status,
    currency: invoice.currency,
    total: invoice.total,
    amount_due: invoice.amountDue,
    amount_paid: invoice.amountPaid,
    amount_remaining: invoice.amountRemaining,
    created_at: iso(invoice.createdAt),
    due_at: iso(invoice.dueAt),
    paid_at: iso(invoice.paidAt),
    hosted_invoice_url: invoice.pageUrl,
    invoice_pdf: invoice.pdfUrl,
  })),
  next_after: next,
});

/** Where the page before has ended, as `next_after` said it. @throws ApiError 400 */
export function placeOfInvoice(after: string | null): string | null {
  if (after !== null && !/^[\w-]{1,255}$/.test(after))
    throw wrong("after: expected the next_after of the page before");
  return after;
}
