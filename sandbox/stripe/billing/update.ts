import type { Invoice } from "../money-records.ts";
import type { Subscription } from "../records.ts";
import { invoiceView } from "../views/invoice.ts";
import { subscriptionView } from "../views/subscription.ts";
import { change, type Work } from "../world.ts";

/** Changes a subscription and says so (`customer.subscription.updated`) when something changed. */
export function updateSubscription(work: Work, sub: Subscription, mutate: (sub: Subscription) => void): void {
  change(work, "customer.subscription.updated", sub, subscriptionView, mutate);
}

/** Changes an invoice and says so (`invoice.updated`) when something changed. */
export function updateInvoice(work: Work, invoice: Invoice, mutate: (invoice: Invoice) => void): void {
  change(work, "invoice.updated", invoice, invoiceView, mutate);
}

const over = new Set(["canceled", "incomplete_expired"]);

/** A subscription that nothing can bring back. */
export function isOver(sub: Subscription): boolean {
  return over.has(sub.status);
}
