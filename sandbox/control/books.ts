import type { StripeState, Subscription } from "../stripe/records.ts";

/** The provider's books, short: what a test compares the database with. */
export function books(state: StripeState): unknown {
  return {
    subscriptions: Object.values(state.subscriptions).map((sub) => subscriptionBooks(state, sub)),
    customers: Object.keys(state.customers).length,
    sessions: Object.values(state.sessions).map(({ id, status, customer, client_reference_id }) => ({
      id,
      status,
      customer,
      client_reference_id,
    })),
  };
}

function subscriptionBooks(state: StripeState, sub: Subscription): unknown {
  const invoices = Object.values(state.invoices).filter((invoice) => invoice.subscription === sub.id);
  const ids = new Set(invoices.map((invoice) => invoice.id));
  const intents = new Set(
    Object.values(state.invoice_payments)
      .filter((payment) => ids.has(payment.invoice))
      .map((payment) => payment.payment_intent),
  );
  const charges = Object.values(state.charges).filter((charge) => intents.has(charge.payment_intent));
  const taken = charges.filter((charge) => charge.status === "succeeded");
  return {
    id: sub.id,
    customer: sub.customer,
    status: sub.status,
    metadata: sub.metadata,
    invoices: invoices.map(({ id, status, amount_due, amount_paid, attempt_count }) => ({
      id,
      status,
      amount_due,
      amount_paid,
      attempt_count,
    })),
    charges: charges.map(({ id, payment_intent, amount, status, amount_refunded, created }) => ({
      id,
      payment_intent,
      amount,
      status,
      refunded: amount_refunded,
      created,
    })),
    /** minor units, before refunds */
    paid: taken.reduce((sum, charge) => sum + charge.amount, 0),
    refunded: taken.reduce((sum, charge) => sum + charge.amount_refunded, 0),
  };
}
