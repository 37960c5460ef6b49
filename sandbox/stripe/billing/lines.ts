import { find } from "../errors.ts";
import { newId } from "../ids.ts";
import type { InvoiceLine } from "../money-records.ts";
import type { Subscription, SubscriptionItem } from "../records.ts";
import { priceLabel } from "../views/price.ts";
import type { Work } from "../world.ts";

/** What one item costs for one period; nothing while it is a trial. */
export function periodLine(
  work: Work,
  item: SubscriptionItem,
  period: { start: number; end: number },
  trial: boolean,
): InvoiceLine {
  const { product, amount, price } = priceLabel(work, item.price);
  return {
    id: newId("line"),
    description: trial ? `Trial period for ${product}` : `${item.quantity} × ${product} (at ${amount})`,
    amount: trial ? 0 : price.unit_amount * item.quantity,
    price: item.price,
    quantity: item.quantity,
    subscription_item: item.id,
    invoice_item: null,
    proration: false,
    period,
  };
}

/** The credit (sign −1) or charge (sign 1) for the rest of the running period. */
export function prorationLine(
  work: Work,
  sub: Subscription,
  item: SubscriptionItem,
  sign: -1 | 1,
  at: number,
): InvoiceLine {
  const { product, price } = priceLabel(work, item.price);
  const whole = sub.current_period_end - sub.current_period_start;
  const left = Math.max(0, sub.current_period_end - at) / whole;
  const rounded = Math.round(price.unit_amount * item.quantity * left);
  return {
    id: newId("line"),
    description:
      sign === -1 ? `Unused time on ${product}` : `Remaining time on ${item.quantity} × ${product}`,
    amount: rounded === 0 ? 0 : sign * rounded,
    price: item.price,
    quantity: item.quantity,
    subscription_item: item.id,
    invoice_item: null,
    proration: true,
    period: { start: at, end: sub.current_period_end },
  };
}

/** The cycle that the subscription bills in: its first item's. */
export function cycleOf(
  work: Work,
  sub: { readonly items: readonly Pick<SubscriptionItem, "price">[] },
): { interval: "day" | "week" | "month" | "year"; interval_count: number } {
  const first = sub.items[0];
  if (first === undefined) throw new Error("a subscription has at least one item");
  return find(work.state.prices, first.price, "price");
}
