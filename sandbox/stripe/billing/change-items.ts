import { nextBoundary, sameCycle } from "../calendar.ts";
import { find, invalid } from "../errors.ts";
import { newId } from "../ids.ts";
import type { Invoice, InvoiceLine } from "../money-records.ts";
import type { Metadata, Subscription, SubscriptionItem } from "../records.ts";
import type { Work } from "../world.ts";
import { draftInvoice } from "./invoicing.ts";
import { cycleOf, periodLine, prorationLine } from "./lines.ts";
import { pend } from "./pending.ts";

/** One entry of `items` in an update. */
export interface ItemChange {
  id?: string | undefined;
  price?: string | undefined;
  quantity?: number | undefined;
  deleted?: boolean | undefined;
  metadata?: Metadata | undefined;
}

/** What the items become. Naming no `id` adds an item; naming a price without a quantity makes it 1 again. */
export function changedItems(
  work: Work,
  sub: Subscription,
  changes: readonly ItemChange[],
): SubscriptionItem[] {
  let items = sub.items.map((item) => ({ ...item }));
  changes.forEach((change, position) => {
    if (change.price !== undefined)
      find(work.state.prices, change.price, "price", `items[${position}][price]`);
    const item = items.find((candidate) => candidate.id === change.id);
    if (change.id === undefined) {
      if (change.price === undefined)
        throw invalid("Missing required param: items[price].", {
          code: "parameter_missing",
          param: `items[${position}][price]`,
        });
      items.push({
        id: newId("subscription_item"),
        created: work.now,
        price: change.price,
        quantity: change.quantity ?? 1,
        metadata: change.metadata ?? {},
      });
    } else if (item === undefined) {
      throw invalid(`No such subscription_item: '${change.id}'`, {
        code: "resource_missing",
        param: `items[${position}][id]`,
      });
    } else if (change.deleted === true) {
      items = items.filter((other) => other !== item);
    } else {
      item.quantity = change.quantity ?? (change.price === undefined ? item.quantity : 1);
      item.price = change.price ?? item.price;
      item.metadata = { ...item.metadata, ...change.metadata };
    }
  });
  if (items.length === 0)
    throw invalid("A subscription must have at least one active item.", { param: "items" });
  return items;
}

/** How the difference of a change is billed. */
export type Proration = "always_invoice" | "create_prorations" | "none";

/**
 * Bills a change of items that was just made; `before` is the subscription as it was. Answers the invoice to
 * charge now, if there is one. Another interval starts a new period at once and is always invoiced.
 */
export function billChange(
  work: Work,
  sub: Subscription,
  before: Subscription,
  how: Proration,
  at: number,
): Invoice | null {
  const same = JSON.stringify(before.items) === JSON.stringify(sub.items);
  if (same || sub.status === "trialing") return null;
  const is = cycleOf(work, sub);
  const newCycle = !sameCycle(cycleOf(work, before), is);
  const removed = before.items.filter((item) => !sub.items.some((other) => sameTerms(item, other)));
  const added = sub.items.filter((item) => !before.items.some((other) => sameTerms(item, other)));
  const credits = how === "none" ? [] : removed.map((item) => prorationLine(work, before, item, -1, at));
  if (newCycle) {
    sub.billing_cycle_anchor = work.now;
    sub.current_period_start = work.now;
    sub.current_period_end = nextBoundary(work.now, is, work.now);
    sub.announced.upcoming_for = null;
    pend(work, sub, credits);
    const period = { start: sub.current_period_start, end: sub.current_period_end };
    return invoiceNow(
      work,
      sub,
      sub.items.map((item) => periodLine(work, item, period, false)),
      at,
    );
  }
  if (how === "none") return null;
  pend(work, sub, [...credits, ...added.map((item) => prorationLine(work, sub, item, 1, at))]);
  return how === "always_invoice" ? invoiceNow(work, sub, [], at) : null;
}

function invoiceNow(work: Work, sub: Subscription, lines: InvoiceLine[], at: number): Invoice {
  const invoice = draftInvoice(work, sub, {
    reason: "subscription_update",
    lines,
    window: { start: work.now, end: work.now },
    finalizesAt: null,
    autoAdvance: true,
    prorationDate: at,
  });
  sub.latest_invoice = invoice.id;
  return invoice;
}

function sameTerms(a: SubscriptionItem, b: SubscriptionItem): boolean {
  return a.id === b.id && a.price === b.price && a.quantity === b.quantity;
}
