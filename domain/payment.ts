import type { Money } from "./money.ts";
import type { ObservedInvoice, SeenEvent } from "./observation.ts";
import type { Instant } from "./time.ts";

/** What happened to the money of one invoice, by the provider's payment id. */
export interface Payment {
  readonly id: string;
  readonly invoiceId: string;
  readonly status: "succeeded" | "failed";
  readonly money: Money;
  readonly failedAttempts: number;
  readonly paidAt: Instant | null;
}

/** An invoice with all that is known of its failures: from the invoice, from events, from what we recorded before. */
export interface Collection {
  readonly invoice: ObservedInvoice;
  readonly failedAttempts: number;
}

/**
 * Counts the failed attempts of each invoice. `attempt_count` counts automatic attempts only, so a failure that a
 * customer resolved by hand shows in its event alone; and what we have recorded stays recorded. Taking the
 * highest of the three gives the same number in any order of delivery (R4).
 */
export function collections(
  invoices: readonly ObservedInvoice[],
  events: readonly SeenEvent[],
  recorded: readonly Payment[],
): readonly Collection[] {
  return invoices.filter(isMoney).map((invoice) => ({
    invoice,
    failedAttempts: Math.max(
      0,
      invoice.state === "paid" ? invoice.attempts - 1 : invoice.attempts,
      ...events.map(({ failedAttempt }) =>
        failedAttempt?.invoiceId === invoice.id ? failedAttempt.attempt : 0,
      ),
      ...recorded.map((payment) => (payment.invoiceId === invoice.id ? payment.failedAttempts : 0)),
    ),
  }));
}

/** A trial starts with a paid invoice of 0: no payment (facts: providers A3). */
const isMoney = (invoice: ObservedInvoice): boolean =>
  invoice.due.amount > 0 || invoice.payments.some((payment) => payment.paid.amount > 0);

/** The payments that the provider's invoices prove; none for an invoice that nobody has tried to collect. */
export function paymentsOf({ invoice, failedAttempts }: Collection): readonly Payment[] {
  const paid = invoice.payments.filter((payment) => payment.state === "paid" && payment.paid.amount > 0);
  if (invoice.state === "paid" && paid.length > 0) {
    return paid.map((payment) => ({
      id: payment.id,
      invoiceId: invoice.id,
      status: "succeeded",
      money: payment.paid,
      failedAttempts,
      paidAt: invoice.paidAt,
    }));
  }
  if (failedAttempts === 0) return [];
  const attempted = invoice.payments.find((payment) => payment.state === "open") ?? invoice.payments[0];
  return [
    {
      id: attempted?.id ?? invoice.id,
      invoiceId: invoice.id,
      status: "failed",
      money: invoice.due,
      failedAttempts,
      paidAt: null,
    },
  ];
}
