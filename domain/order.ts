import type { OrderedOperation } from "./call.ts";
import type { Catalog } from "./catalog.ts";
import { currentPrice, findTier, soldTiers } from "./catalog.ts";
import type { Change, Order, Refusal } from "./command.ts";
import type { ObservedInvoice } from "./observation.ts";
import { isTerminal } from "./status.ts";
import type { Subscription } from "./subscription.ts";

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

/** Another tier is taken at its current price; another quantity alone leaves the price as it is, also a legacy one. */
function changed(
  { terms }: Subscription,
  { tier, quantity }: Change,
  catalog: Catalog,
): OrderedOperation | No {
  const operation = {
    name: "change_price",
    providerSubscriptionId: terms.providerSubscriptionId,
    priceId: terms.priceId,
    quantity: quantity ?? terms.quantity,
  } as const;
  if (tier === undefined || tier === terms.tier) return operation;
  const found = findTier(catalog, tier);
  const price = found && currentPrice(found, terms.provider, terms.interval);
  if (price !== undefined) return { ...operation, priceId: price.id };
  const sold = soldTiers(catalog).map(({ name }) => name);
  return {
    refused: "unknown_tier",
    what: `${tier} is not sold by ${terms.provider} a ${terms.interval}; sold are ${sold.join(", ")}`,
  };
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
        subscription.terms.priceId === operation.priceId && subscription.terms.quantity === operation.quantity
      );
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
      return `It is ${terms.quantity} × ${terms.tier}`;
    default:
      return operation satisfies never;
  }
}
