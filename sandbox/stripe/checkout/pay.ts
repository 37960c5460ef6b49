import { subscribe, trialEnd } from "../billing/subscribe.ts";
import { cardNumber, testCard } from "../cards.ts";
import { createCustomer } from "../customers.ts";
import { find } from "../errors.ts";
import { attachCard, buildCard } from "../payment-methods.ts";
import type { CheckoutSession, Customer } from "../records.ts";
import { sessionView } from "../views/checkout-session.ts";
import { customerView } from "../views/customer.ts";
import { change, emit, inOrder, type Work } from "../world.ts";

/** What the customer typed. */
export interface Payment {
  /** test number, or the name of a test payment method; empty only when nothing is due and no card is asked for */
  card: string;
  email?: string;
  exp_month?: number;
  exp_year?: number;
}

/** What the page says afterwards. */
export type CheckoutOutcome = { paid: true; session: CheckoutSession } | { paid: false; message: string };

/** The order in which Stripe is known to report a checkout (logs of pay-rails/pay#282). */
const order = [
  "customer.created",
  "customer.updated",
  "checkout.session.completed",
  "customer.subscription.created",
  "customer.subscription.trial_will_end",
  "invoice.created",
  "invoice.finalized",
  "charge.succeeded",
  "payment_method.attached",
  "customer.subscription.updated",
  "invoice.updated",
  "invoice.paid",
  "invoice.payment_succeeded",
  "payment_intent.created",
  "payment_intent.succeeded",
  "invoice_payment.paid",
];

/** Pays an open checkout. A declined card changes nothing: the session stays open for another try. */
export function payCheckout(work: Work, session: CheckoutSession, payment: Payment): CheckoutOutcome {
  if (session.status === "expired") return { paid: false, message: "This checkout has expired." };
  if (session.status === "complete") return { paid: false, message: "This checkout is already complete." };
  const { subscription_data: data } = session;
  const ends = trialEnd(work, data.trial_period_days);
  const optional = ends !== null && session.payment_method_collection === "if_required";
  const number = cardNumber(payment.card);
  const card = testCard(number);
  if (number === "" && !optional) return { paid: false, message: "Your card number is incomplete." };
  if (number !== "" && card === null)
    return { paid: false, message: "Your card number is invalid. Use one of the test cards." };
  if (card?.refusesAttach === true || (card?.decline != null && ends === null)) {
    return { paid: false, message: card.decline?.message ?? "Your card was declined." };
  }
  const customer = customerOf(work, session, payment);
  if (customer === null) return { paid: false, message: "Please give your e-mail address." };
  session.customer = customer.id;
  const method = number === "" ? null : buildCard(work, { number, ...payment });
  if (method !== null) attachCard(work, method, customer);
  const { sub } = subscribe(work, {
    customer,
    items: session.line_items.map(({ price, quantity }) => ({ price, quantity })),
    currency: session.currency,
    metadata: { ...data.metadata },
    description: data.description,
    method,
    trialEnd: ends,
    missingPaymentMethod: data.missing_payment_method,
    billingMode: data.billing_mode,
    saveCard: true,
    present: true,
    payNow: true,
  });
  session.status = "complete";
  session.subscription = sub.id;
  session.invoice = sub.latest_invoice;
  session.payment_status = ends === null ? "paid" : "no_payment_required";
  emit(work, "checkout.session.completed", sessionView(work, session));
  work.events = inOrder(work.events, order);
  return { paid: true, session };
}

function customerOf(work: Work, session: CheckoutSession, payment: Payment): Customer | null {
  if (session.customer !== null) {
    const known = find(work.state.customers, session.customer, "customer", "customer");
    const given = payment.email ?? "";
    if (known.email === null && given !== "") {
      change(work, "customer.updated", known, customerView, (it) => {
        it.email = given;
      });
    }
    return known;
  }
  const email = session.customer_email ?? payment.email ?? null;
  return email === null || email === "" ? null : createCustomer(work, { email });
}
