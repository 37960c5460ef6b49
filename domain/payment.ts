import type { Money } from "./money.ts";
import type { Observation, ObservedInvoice } from "./observation.ts";
import { asStatus } from "./status.ts";
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
export function collections(observation: Observation, recorded: readonly Payment[]): readonly Collection[] {
  return observation.invoices.filter(isMoney).map((invoice) => ({
    invoice,
    failedAttempts: Math.max(
      0,
      invoice.state === "paid" || isUnderWay(invoice, observation) ? invoice.attempts - 1 : invoice.attempts,
      ...observation.events.map(({ failedAttempt }) =>
        failedAttempt?.invoiceId === invoice.id ? failedAttempt.attempt : 0,
      ),
      ...recorded.map((payment) => (payment.invoiceId === invoice.id ? payment.failedAttempts : 0)),
    ),
  }));
}

/** A trial starts with a paid invoice of 0: no payment (facts: providers A3). */
const isMoney = (invoice: ObservedInvoice): boolean =>
  invoice.due.amount > 0 || invoice.payments.some((payment) => payment.paid.amount > 0);

/**
 * The last attempt may still succeed: a bank debit takes days, and until it fails the subscription stays in good
 * standing and no retry is planned. Only of the newest invoice: an older one that is open was given up.
 */
function isUnderWay(invoice: ObservedInvoice, { subscription, invoices }: Observation): boolean {
  const status = asStatus(subscription?.status ?? "");
  return (
    invoice.state === "open" &&
    invoice.nextAttemptAt === null &&
    (status === "active" || status === "trialing") &&
    invoices.every((other) => other.createdAt <= invoice.createdAt)
  );
}

/**
 * The payments that the provider's invoices prove; none for an invoice that nobody has tried to collect. When
 * another payment paid an invoice, the one that had failed is still told: seen earlier or not, the rows are the same.
 */
export function paymentsOf({ invoice, failedAttempts }: Collection): readonly Payment[] {
  const paid = invoice.payments.flatMap((payment): readonly Payment[] =>
    payment.state === "paid" && payment.paid.amount > 0
      ? [
          {
            id: payment.id,
            invoiceId: invoice.id,
            status: "succeeded",
            money: payment.paid,
            failedAttempts,
            paidAt: invoice.paidAt,
          },
        ]
      : [],
  );
  if (failedAttempts === 0) return paid;
  const tried = invoice.payments.filter((payment) => payment.state !== "paid").map((payment) => payment.id);
  const failed = (invoice.payments.length === 0 ? [invoice.id] : tried).map(
    (id): Payment => ({
      id,
      invoiceId: invoice.id,
      status: "failed",
      money: invoice.due,
      failedAttempts,
      paidAt: null,
    }),
  );
  return [...paid, ...failed];
}
