import type { OrderedOperation } from "./call.ts";
import type { Catalog, Interval } from "./catalog.ts";
import { currentPrice, findTier, soldTiers } from "./catalog.ts";
import type { Change, Order, Refusal } from "./command.ts";
import { forbidden } from "./command.ts";
import { dayInWords } from "./day.ts";
import type { ObservedInvoice } from "./observation.ts";
import { isTerminal } from "./status.ts";
import type { ScheduledChange, Subscription, Terms } from "./subscription.ts";

type No = { readonly refused: Refusal; readonly what: string };

/** What an order asks of the provider, or why it cannot be asked. */
export function operationOf(
  order: Order,
  subscription: Subscription,
  invoices: readonly ObservedInvoice[],
  wanted: Change,
  catalog: Catalog,
): OrderedOperation | No {
  const { providerSubscriptionId } = subscription.terms;
  switch (order) {
    case "cancel":
      return { name: "cancel_subscription", providerSubscriptionId };
    case "cancel_at_period_end":
      return { name: "arrange_end", providerSubscriptionId };
    case "uncancel":
      return { name: "withdraw_end", providerSubscriptionId };
    case "pause":
      return { name: "pause_collection", providerSubscriptionId };
    case "resume":
      return { name: "resume_collection", providerSubscriptionId };
    case "retry_payment": {
      const open = invoices.findLast(({ state, due }) => state === "open" && due.amount > 0);
      return open === undefined
        ? { refused: "nothing_due", what: "No invoice of it is open" }
        : { name: "pay_invoice", invoiceId: open.id };
    }
    case "change":
      return changed(subscription, wanted, catalog);
    default:
      return order satisfies never;
  }
}

function changed(subscription: Subscription, wanted: Change, catalog: Catalog): OrderedOperation | No {
  const { terms } = subscription;
  const { providerSubscriptionId } = terms;
  const target = wantedTerms(terms, wanted, catalog);
  if ("refused" in target) return target;
  const { priceId, interval, quantity } = target;
  if (wanted.at !== "period_end") {
    return { name: "change_price", providerSubscriptionId, priceId, quantity };
  }
  if (priceId === terms.priceId && quantity === terms.quantity) {
    return { name: "withdraw_change", providerSubscriptionId };
  }
  return "cancelAt" in subscription && subscription.cancelAt !== null
    ? {
        refused: "not_allowed",
        what: "Its end is arranged, so nothing follows its period: uncancel it first",
      }
    : { name: "schedule_change", providerSubscriptionId, priceId, interval, quantity };
}

/** What a change asks for, together with what it leaves as it is. */
export interface WantedTerms {
  readonly priceId: string;
  readonly interval: Interval;
  readonly quantity: number;
}

/** Another tier or interval is taken at its current price; another quantity alone leaves the price, also a legacy one. */
export function wantedTerms(terms: Terms, wanted: Change, catalog: Catalog): WantedTerms | No {
  const { tier = terms.tier, interval = terms.interval, quantity = terms.quantity } = wanted;
  if (tier === terms.tier && interval === terms.interval) {
    return { priceId: terms.priceId, interval, quantity };
  }
  const found = findTier(catalog, tier);
  const price = found && currentPrice(found, terms.provider, interval);
  if (price !== undefined) return { priceId: price.id, interval, quantity };
  const sold = soldTiers(catalog)
    .filter((each) => currentPrice(each, terms.provider, interval) !== undefined)
    .map(({ name }) => name);
  return {
    refused: "unknown_tier",
    what: `${tier} is not sold by ${terms.provider} a ${interval}; sold are ${sold.join(", ") || "none"}`,
  };
}

/** The order that asks for an operation. */
const ORDER_OF: Readonly<Record<OrderedOperation["name"], Order>> = {
  cancel_subscription: "cancel",
  arrange_end: "cancel_at_period_end",
  withdraw_end: "uncancel",
  pause_collection: "pause",
  resume_collection: "resume",
  pay_invoice: "retry_payment",
  change_price: "change",
  schedule_change: "change",
  withdraw_change: "change",
};

/**
 * Why an operation that was decided, and not carried out while the provider was away, is not to be carried out any
 * more: what has happened since forbids it. Null: it is.
 */
export function revoked(operation: OrderedOperation, subscription: Subscription): string | null {
  const no = forbidden(ORDER_OF[operation.name], subscription);
  if (no !== null) return no.what;
  const isLast = "cancelAt" in subscription && subscription.cancelAt !== null;
  return operation.name === "schedule_change" && isLast ? "Its end is arranged by now" : null;
}

/** Whether the provider's truth is what the operation was to make it. */
export function isSo(
  operation: OrderedOperation,
  subscription: Subscription,
  invoices: readonly ObservedInvoice[],
): boolean {
  switch (operation.name) {
    case "cancel_subscription":
      return isTerminal(subscription.status);
    case "arrange_end":
      return (
        "cancelAt" in subscription &&
        subscription.cancelAt !== null &&
        subscription.cancelAt <= subscription.period.end
      );
    case "withdraw_end":
      return "cancelAt" in subscription && subscription.cancelAt === null;
    case "pause_collection":
      return subscription.status === "paused";
    case "resume_collection":
      return subscription.status !== "paused";
    case "pay_invoice":
      return invoices.some(({ id, state }) => id === operation.invoiceId && state === "paid");
    case "change_price":
      return (
        subscription.terms.priceId === operation.priceId &&
        subscription.terms.quantity === operation.quantity &&
        scheduledOf(subscription) === null
      );
    case "schedule_change": {
      const scheduled = scheduledOf(subscription);
      return (
        scheduled !== null &&
        scheduled.priceId === operation.priceId &&
        scheduled.quantity === operation.quantity &&
        scheduled.at <= subscription.period.end
      );
    }
    case "withdraw_change":
      return scheduledOf(subscription) === null;
    default:
      return operation satisfies never;
  }
}

/** What is so then, in a sentence. */
export function soInWords(operation: OrderedOperation, subscription: Subscription): string {
  const { status, terms } = subscription;
  switch (operation.name) {
    case "cancel_subscription":
    case "resume_collection":
      return `The subscription is ${status}`;
    case "arrange_end":
      return "It ends with its period";
    case "withdraw_end":
      return "It runs on: no end is arranged";
    case "pause_collection":
      return "It is paused: nothing is collected, and it gives no access";
    case "pay_invoice":
      return `The invoice is paid; the subscription is ${status}`;
    case "change_price":
      return `It is ${inTerms(terms)}`;
    case "schedule_change": {
      const scheduled = scheduledOf(subscription);
      return scheduled === null
        ? `It is ${inTerms(terms)}`
        : `From ${dayInWords(scheduled.at)} on it is ${inTerms(scheduled)}; until then ${inTerms(terms)}`;
    }
    case "withdraw_change":
      return `It stays ${inTerms(terms)}: no change is arranged`;
    default:
      return operation satisfies never;
  }
}

/** What is sold, for people: `2 × pro by the month`. */
export const inTerms = ({
  quantity,
  tier,
  interval,
}: Pick<Terms, "quantity" | "tier" | "interval">): string => `${quantity} × ${tier} by the ${interval}`;

/** The other terms that are arranged to begin later, or null. */
export const scheduledOf = (subscription: Subscription): ScheduledChange | null =>
  "scheduled" in subscription ? subscription.scheduled : null;
