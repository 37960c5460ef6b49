import { token } from "../../random.ts";
import { cardOf, type Decline } from "../cards.ts";
import { newId } from "../ids.ts";
import type { Charge, Invoice, InvoicePayment, PaymentIntent } from "../money-records.ts";
import type { PaymentMethod, Subscription } from "../records.ts";
import { invoicePaymentView, invoiceView } from "../views/invoice.ts";
import { chargeView, paymentIntentView } from "../views/payment.ts";
import { emit, type Work } from "../world.ts";
import { updateInvoice } from "./update.ts";

/** How a charge is tried. */
export interface Attempt {
  method: PaymentMethod | null;
  /** the customer is at the keyboard and can confirm */
  present: boolean;
  /** Stripe's own attempt, not one that somebody asked for */
  automatic: boolean;
  /** when to try again after this many failed attempts; null = never */
  next: (attempts: number) => number | null;
}

/** How it went. */
export type Outcome = { paid: true } | { paid: false; decline: Decline; asksCustomer: boolean };

const noMethod: Decline = {
  code: "payment_intent_payment_attempt_failed",
  decline_code: "generic_decline",
  message: "This customer has no attached payment source or default payment method.",
};
const needsCustomer: Decline = {
  code: "authentication_required",
  decline_code: "authentication_required",
  message: "Your card was declined. This transaction requires authentication.",
};

/** The card that pays for a subscription: its own, else the customer's default. */
export function payingMethod(work: Work, sub: Subscription): PaymentMethod | null {
  const customer = work.state.customers[sub.customer];
  const id = sub.default_payment_method ?? customer?.default_payment_method ?? null;
  return id === null ? null : (work.state.payment_methods[id] ?? null);
}

/** The intent that pays this invoice, made when it is first needed. */
export function intentOf(work: Work, invoice: Invoice): { intent: PaymentIntent; payment: InvoicePayment } {
  for (const payment of Object.values(work.state.invoice_payments)) {
    const intent = work.state.payment_intents[payment.payment_intent];
    if (payment.invoice === invoice.id && payment.status !== "canceled" && intent !== undefined)
      return { intent, payment };
  }
  const id = newId("payment_intent");
  const intent: PaymentIntent = {
    id,
    created: work.now,
    client_secret: `${id}_secret_${token(24)}`,
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    description:
      invoice.billing_reason === "subscription_create" ? "Subscription creation" : "Subscription update",
    payment_method: null,
    latest_charge: null,
    status: "requires_payment_method",
    last_decline: null,
    canceled_at: null,
  };
  const payment: InvoicePayment = {
    id: newId("invoice_payment"),
    created: work.now,
    invoice: invoice.id,
    payment_intent: id,
    amount_requested: invoice.amount_due,
    amount_paid: null,
    currency: invoice.currency,
    status: "open",
    paid_at: null,
    canceled_at: null,
  };
  work.state.payment_intents[id] = intent;
  work.state.invoice_payments[payment.id] = payment;
  emit(work, "payment_intent.created", paymentIntentView(work, intent));
  return { intent, payment };
}

/** Tries to charge an open invoice. The subscription's own status is the caller's business. */
export function collect(work: Work, invoice: Invoice, attempt: Attempt): Outcome {
  if (invoice.amount_due === 0) {
    markPaid(work, invoice, null);
    return { paid: true };
  }
  const { intent, payment } = intentOf(work, invoice);
  const { method } = attempt;
  const card = method === null ? null : cardOf(method);
  const asksCustomer = card !== null && card.asksCustomer && !attempt.present;
  const decline = card === null ? noMethod : asksCustomer ? needsCustomer : card.decline;
  const count = invoice.attempt_count + (attempt.automatic || invoice.attempt_count === 0 ? 1 : 0);
  if (decline === null && method !== null) {
    const charge = makeCharge(work, invoice, intent, method, null);
    intent.status = "succeeded";
    intent.payment_method = method.id;
    intent.last_decline = null;
    intent.latest_charge = charge.id;
    emit(work, "charge.succeeded", chargeView(work, charge));
    emit(work, "payment_intent.succeeded", paymentIntentView(work, intent));
    markPaid(work, invoice, payment, count);
    return { paid: true };
  }
  const reason = decline ?? noMethod;
  const charge = method === null ? null : makeCharge(work, invoice, intent, method, reason);
  intent.status = asksCustomer ? "requires_action" : "requires_payment_method";
  intent.payment_method = method?.id ?? null;
  intent.latest_charge = charge?.id ?? intent.latest_charge;
  intent.last_decline = { ...reason, charge: charge?.id ?? null };
  if (charge !== null) {
    emit(work, "payment_intent.payment_failed", paymentIntentView(work, intent));
    emit(work, "charge.failed", chargeView(work, charge));
  }
  updateInvoice(work, invoice, (it) => {
    it.attempted = true;
    it.attempt_count = count;
    it.next_payment_attempt = it.auto_advance ? attempt.next(count) : null;
  });
  if (asksCustomer) emit(work, "invoice.payment_action_required", invoiceView(work, invoice));
  emit(work, "invoice.payment_failed", invoiceView(work, invoice));
  return { paid: false, decline: reason, asksCustomer };
}

/** Closes the invoice as paid, by a payment or because nothing was due. */
export function markPaid(
  work: Work,
  invoice: Invoice,
  payment: InvoicePayment | null,
  attempts?: number,
): void {
  updateInvoice(work, invoice, (it) => {
    it.status = "paid";
    it.paid_at = work.now;
    it.attempted = true;
    it.amount_paid = it.amount_due;
    it.attempt_count = attempts ?? it.attempt_count;
    it.next_payment_attempt = null;
  });
  emit(work, "invoice.paid", invoiceView(work, invoice));
  emit(work, "invoice.payment_succeeded", invoiceView(work, invoice));
  if (payment === null) return;
  payment.status = "paid";
  payment.amount_paid = invoice.amount_due;
  payment.paid_at = work.now;
  emit(work, "invoice_payment.paid", invoicePaymentView(work, payment));
}

function makeCharge(
  work: Work,
  invoice: Invoice,
  intent: PaymentIntent,
  method: PaymentMethod,
  decline: Decline | null,
): Charge {
  const charge: Charge = {
    id: newId("charge"),
    created: work.now,
    amount: invoice.amount_due,
    amount_refunded: 0,
    currency: invoice.currency,
    customer: invoice.customer,
    description: intent.description,
    payment_intent: intent.id,
    payment_method: method.id,
    billing: { email: invoice.customer_email, name: invoice.customer_name },
    status: decline === null ? "succeeded" : "failed",
    decline,
    disputed: false,
    balance_transaction: decline === null ? newId("balance_transaction") : null,
  };
  work.state.charges[charge.id] = charge;
  return charge;
}
