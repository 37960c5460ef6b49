import type { Invoice } from "../money-records.ts";
import type { Subscription } from "../records.ts";
import type { Work } from "../world.ts";
import { draftInvoice } from "./invoicing.ts";
import { prorationLine } from "./lines.ts";
import { dropPending, pend, pendingItems } from "./pending.ts";

/** What is settled when a subscription ends now. */
export interface Settlement {
  /** credit the unused rest of the period */
  prorate: boolean;
  /** ask for, or credit, all that waits */
  invoiceNow: boolean;
}

/**
 * Settles what an end now leaves. Answers the draft of the final invoice, if there is one: a negative total becomes
 * the customer's credit. What nobody invoices is forgotten, unless it was prorated by request.
 */
export function settleEnd(work: Work, sub: Subscription, how: Settlement, at: number): Invoice | null {
  const paysNothingYet = sub.status === "trialing" || sub.status === "incomplete" || sub.status === "paused";
  if (how.prorate && !paysNothingYet) {
    pend(
      work,
      sub,
      sub.items.map((item) => prorationLine(work, sub, item, -1, at)),
    );
  }
  if (!how.invoiceNow) {
    if (!how.prorate) dropPending(work, sub);
    return null;
  }
  if (pendingItems(work, sub).length === 0) return null;
  const invoice = draftInvoice(work, sub, {
    reason: "subscription_update",
    lines: [],
    window: { start: work.now, end: work.now },
    finalizesAt: null,
    autoAdvance: true,
    ...(how.prorate ? { prorationDate: at } : {}),
  });
  sub.latest_invoice = invoice.id;
  return invoice;
}
