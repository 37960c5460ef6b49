import type { Stripe } from "stripe";
import type { CallRequest, CallResult } from "../provider.ts";
import type { Ask } from "./ask.ts";
import { orNull } from "./ask.ts";
import { readSubscription } from "./read.ts";
import {
  cannot,
  EXPANDED,
  onlyItemOf,
  parametersOfSchedule,
  release,
  scheduleChange,
  scheduleIn,
} from "./schedules.ts";

/** What changes a subscription, or collects for it, and leaves it running. */
type ChangeRequest = Exclude<
  CallRequest,
  {
    name:
      | "create_customer"
      | "expire_session"
      | "open_session"
      | "cancel_subscription"
      | "void_invoice"
      | "refund_payment";
  }
>;

/** What is sent for a change, exactly. */
export function parametersOfChange(request: ChangeRequest): Readonly<Record<string, unknown>> {
  switch (request.name) {
    case "arrange_end":
      return { cancel_at_period_end: true } satisfies Stripe.SubscriptionUpdateParams;
    case "withdraw_end":
      return { cancel_at_period_end: false } satisfies Stripe.SubscriptionUpdateParams;
    case "pause_collection":
      return { pause_collection: { behavior: "void" } } satisfies Stripe.SubscriptionUpdateParams;
    case "resume_collection":
      return { pause_collection: "" } satisfies Stripe.SubscriptionUpdateParams;
    case "pay_invoice":
      return { off_session: true } satisfies Stripe.InvoicePayParams;
    case "change_price":
      return {
        items: [{ price: request.priceId, quantity: request.quantity }],
        proration_behavior: "always_invoice",
        // A decline changes nothing: the old tier stays (a pending update takes fewer parameters and 23 hours).
        payment_behavior: "error_if_incomplete",
      } satisfies Stripe.SubscriptionUpdateParams;
    case "schedule_change":
      return parametersOfSchedule(request);
    case "withdraw_change":
      return {};
    default:
      return request satisfies never;
  }
}

export async function makeChange(
  ask: Ask,
  request: ChangeRequest,
  sent: Readonly<Record<string, unknown>>,
  options: Stripe.RequestOptions & { readonly idempotencyKey: string },
): Promise<CallResult> {
  switch (request.name) {
    case "pay_invoice":
      await ask((stripe) => stripe.invoices.pay(request.invoiceId, { ...sent }, options));
      break;
    case "change_price": {
      const items = [{ ...(await itemOf(ask, request.subscriptionId)), ...onlyItem(sent) }];
      await ask((stripe) => stripe.subscriptions.update(request.subscriptionId, { ...sent, items }, options));
      // Only then: a decline leaves also a change that is arranged as it was.
      await release(ask, request.subscriptionId, options);
      break;
    }
    case "schedule_change":
      await scheduleChange(ask, request, sent, options);
      break;
    case "withdraw_change":
      await release(ask, request.subscriptionId, options);
      break;
    case "resume_collection": {
      const { status } = await ask((stripe) =>
        stripe.subscriptions.update(request.subscriptionId, { ...sent }, options),
      );
      // A trial that ended without a card is paused by itself: it goes on when the customer gives one.
      if (status === "paused") throw cannot(request.subscriptionId, "paused_without_payment_method");
      break;
    }
    case "withdraw_end":
      await release(ask, request.subscriptionId, options);
      await withdrawEnd(ask, request.subscriptionId, sent, options);
      break;
    case "arrange_end":
    case "pause_collection":
      // While a schedule manages it, Stripe takes no end of it.
      await release(ask, request.subscriptionId, options);
      await ask((stripe) => stripe.subscriptions.update(request.subscriptionId, { ...sent }, options));
      break;
    default:
      return request satisfies never;
  }
  return { name: request.name, state: "done" };
}

/**
 * Undoes both spellings of an arranged end: the API and the dashboard set the boolean, the customer portal sets the
 * time. One after the other, because Stripe refuses an update that carries both.
 */
async function withdrawEnd(
  ask: Ask,
  subscriptionId: string,
  sent: Readonly<Record<string, unknown>>,
  options: Stripe.RequestOptions,
): Promise<void> {
  const { cancel_at } = await ask((stripe) =>
    stripe.subscriptions.update(subscriptionId, { ...sent }, options),
  );
  if (cancel_at === null) return;
  const next = { ...options, idempotencyKey: `${options.idempotencyKey}/time` };
  await ask((stripe) => stripe.subscriptions.update(subscriptionId, { cancel_at: "" }, next));
}

/** Whether Stripe shows what the change was to make so: then an earlier attempt, or somebody else, has made it. */
export async function isChanged(ask: Ask, request: ChangeRequest): Promise<boolean> {
  if (request.name === "pay_invoice") {
    const invoice = await orNull(ask((stripe) => stripe.invoices.retrieve(request.invoiceId)));
    return invoice?.status === "paid";
  }
  const found = await orNull(
    ask((stripe) => stripe.subscriptions.retrieve(request.subscriptionId, EXPANDED)),
  );
  if (found === null) return false;
  const { cancelAt, period, priceId, quantity, scheduled } = readSubscription(found);
  switch (request.name) {
    case "arrange_end":
      return cancelAt !== null && cancelAt <= period.end;
    case "withdraw_end":
      return cancelAt === null;
    case "pause_collection":
      return found.pause_collection !== null;
    case "resume_collection":
      return found.pause_collection === null && found.status !== "paused";
    case "change_price":
      return priceId === request.priceId && quantity === request.quantity && scheduleIn(found) === null;
    case "schedule_change":
      return (
        scheduled?.priceId === request.priceId &&
        scheduled.quantity === request.quantity &&
        scheduled.at <= period.end
      );
    case "withdraw_change":
      return scheduleIn(found) === null;
    default:
      return request satisfies never;
  }
}

/** The item to change. Without its id the price would be added to it; it stays the same over all attempts. */
async function itemOf(ask: Ask, subscriptionId: string): Promise<{ readonly id: string }> {
  const { id } = onlyItemOf(await ask((stripe) => stripe.subscriptions.retrieve(subscriptionId)));
  return { id };
}

/** The one item that was stored to be sent. */
function onlyItem({ items }: Readonly<Record<string, unknown>>): object {
  const [item] = Array.isArray(items) ? items : [];
  return typeof item === "object" && item !== null ? item : {};
}
