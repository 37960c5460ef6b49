import { invalid } from "../errors.ts";
import { sessionLineView, sessionView } from "../views/checkout-session.ts";
import { customerView, paymentMethodView } from "../views/customer.ts";
import { invoicePaymentView, invoiceView } from "../views/invoice.ts";
import { listOf } from "../views/list.ts";
import { chargeView, paymentIntentView } from "../views/payment.ts";
import { priceView, productView } from "../views/price.ts";
import { disputeView, refundView } from "../views/reversal.ts";
import { scheduleView } from "../views/schedule.ts";
import { subscriptionView } from "../views/subscription.ts";
import type { StripeObject, Work } from "../world.ts";

/** Puts whole objects where the reply has their ids, along each path (`data.latest_invoice.payments`). */
export function expandObject(work: Work, object: StripeObject, paths: readonly string[]): StripeObject {
  const copy = structuredClone(object);
  for (const path of paths) {
    const keys = path.split(".");
    if (keys.length > 4)
      throw invalid("You cannot expand more than 4 levels of a property.", { param: "expand" });
    walk(work, copy, keys, path);
  }
  return copy;
}

function walk(work: Work, object: StripeObject, [key, ...rest]: string[], path: string): void {
  if (key === undefined) return;
  const value = Object.hasOwn(object, key) ? object[key] : included(work, object, key);
  if (value === undefined) {
    throw invalid(`This property cannot be expanded (${path}).`, { param: "expand[0]" });
  }
  const whole = typeof value === "string" ? lookUp(work, value, path) : value;
  object[key] = whole;
  if (rest.length === 0 || whole === null) return;
  for (const inner of Array.isArray(whole) ? whole : [whole]) {
    if (isObject(inner)) walk(work, inner, rest, path);
  }
}

function isObject(value: unknown): value is StripeObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What an object leaves out unless it is asked for. */
function included(work: Work, object: StripeObject, key: string): StripeObject | null | undefined {
  const id = String(object["id"]);
  const { state } = work;
  switch (`${String(object["object"])}.${key}`) {
    case "invoice.payments": {
      const payments = Object.values(state.invoice_payments).filter((payment) => payment.invoice === id);
      return listOf(
        `/v1/invoice_payments?invoice=${id}`,
        payments.map((payment) => invoicePaymentView(work, payment)),
      );
    }
    case "invoice.confirmation_secret": {
      const payment = Object.values(state.invoice_payments).find(
        (it) => it.invoice === id && it.status === "open",
      );
      const intent = payment === undefined ? undefined : state.payment_intents[payment.payment_intent];
      return intent === undefined ? null : { client_secret: intent.client_secret, type: "payment_intent" };
    }
    case "checkout.session.line_items": {
      const lines = state.sessions[id]?.line_items ?? [];
      return listOf(
        `/v1/checkout/sessions/${id}/line_items`,
        lines.map((line) => sessionLineView(work, line)),
      );
    }
    case "charge.refunds": {
      const refunds = Object.values(state.refunds).filter((refund) => refund.charge === id);
      return listOf(
        `/v1/charges/${id}/refunds`,
        refunds.map((refund) => refundView(work, refund)),
      );
    }
    case "customer.subscriptions": {
      const subs = Object.values(state.subscriptions).filter(
        (sub) => sub.customer === id && sub.status !== "canceled",
      );
      return listOf(
        `/v1/customers/${id}/subscriptions`,
        subs.map((sub) => subscriptionView(work, sub)),
      );
    }
    default:
      return undefined;
  }
}

function lookUp(work: Work, id: string, path: string): StripeObject {
  const { state } = work;
  const found =
    view(work, state.customers, id, customerView) ??
    view(work, state.products, id, productView) ??
    view(work, state.prices, id, priceView) ??
    view(work, state.payment_methods, id, paymentMethodView) ??
    view(work, state.sessions, id, sessionView) ??
    view(work, state.subscriptions, id, subscriptionView) ??
    view(work, state.schedules, id, scheduleView) ??
    view(work, state.invoices, id, invoiceView) ??
    view(work, state.payment_intents, id, paymentIntentView) ??
    view(work, state.charges, id, chargeView) ??
    view(work, state.refunds, id, refundView) ??
    view(work, state.disputes, id, disputeView);
  if (found === undefined)
    throw invalid(`This property cannot be expanded (${path}).`, { param: "expand[0]" });
  return structuredClone(found);
}

function view<R>(
  work: Work,
  records: Record<string, R>,
  id: string,
  make: (work: Work, record: R) => StripeObject,
): StripeObject | undefined {
  const record = Object.hasOwn(records, id) ? records[id] : undefined;
  return record === undefined ? undefined : make(work, record);
}
