import { newId } from "../ids.ts";
import type { InvoiceItem, InvoiceLine } from "../money-records.ts";
import type { Subscription } from "../records.ts";
import { invoiceItemView } from "../views/invoice.ts";
import { emit, type Work } from "../world.ts";

/** What waits for the subscription's next invoice. */
export function pendingItems(work: Work, sub: Subscription): InvoiceItem[] {
  return Object.values(work.state.invoice_items).filter(
    (item) => item.subscription === sub.id && item.invoice === null,
  );
}

/** Leaves lines for the subscription's next invoice. */
export function pend(work: Work, sub: Subscription, lines: readonly InvoiceLine[]): void {
  for (const line of lines) {
    const item = {
      id: newId("invoice_item"),
      created: work.now,
      customer: sub.customer,
      subscription: sub.id,
      invoice: null,
      line,
      currency: sub.currency,
    };
    work.state.invoice_items[item.id] = item;
    emit(work, "invoiceitem.created", invoiceItemView(work, item));
  }
}

/** Forgets what waits: nobody will ask for it. */
export function dropPending(work: Work, sub: Subscription): void {
  for (const item of pendingItems(work, sub)) {
    delete work.state.invoice_items[item.id];
    emit(work, "invoiceitem.deleted", invoiceItemView(work, item));
  }
}
