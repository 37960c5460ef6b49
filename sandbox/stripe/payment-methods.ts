import { isOver, updateSubscription } from "./billing/update.ts";
import { cardNumber, numberOfToken, testCard } from "./cards.ts";
import { find, invalid, StripeError } from "./errors.ts";
import { newId } from "./ids.ts";
import type { Customer, PaymentMethod } from "./records.ts";
import { customerView, paymentMethodView } from "./views/customer.ts";
import { change, emit, type Work } from "./world.ts";

/** A card that belongs to nobody yet. */
export function buildCard(
  work: Work,
  card: { number: string; exp_month?: number; exp_year?: number },
): PaymentMethod {
  const method: PaymentMethod = {
    id: newId("payment_method"),
    created: work.now,
    customer: null,
    number: card.number,
    exp_month: card.exp_month ?? 12,
    exp_year: card.exp_year ?? new Date(work.now * 1000).getUTCFullYear() + 3,
  };
  work.state.payment_methods[method.id] = method;
  return method;
}

/** Puts a card on the customer's file. Some test cards are refused already here. */
export function attachCard(work: Work, method: PaymentMethod, customer: Customer): void {
  const card = testCard(method.number);
  if (card === null || card.refusesAttach) {
    throw new StripeError(402, "card_error", "Your card was declined.", {
      code: "card_declined",
      decline_code: "generic_decline",
      param: "",
    });
  }
  method.customer = customer.id;
  emit(work, "payment_method.attached", paymentMethodView(work, method));
}

/** The payment method that a parameter names: one on file, or one of Stripe's test names, which makes a new one. */
export function methodNamed(work: Work, id: string, customer: Customer, param: string): PaymentMethod {
  const number = numberOfToken(id);
  if (number !== undefined) {
    const method = buildCard(work, { number });
    attachCard(work, method, customer);
    return method;
  }
  const method = find(work.state.payment_methods, id, "PaymentMethod", param);
  if (method.customer === customer.id) return method;
  throw invalid(
    `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
    { code: "resource_missing", param },
  );
}

/** What the customer does in the portal: a new card, used from now on for everything that is live. */
export function replaceCard(work: Work, customer: Customer, typed: string): PaymentMethod {
  const method = buildCard(work, { number: cardNumber(typed) });
  attachCard(work, method, customer);
  change(work, "customer.updated", customer, customerView, (it) => {
    it.default_payment_method = method.id;
  });
  for (const sub of Object.values(work.state.subscriptions)) {
    if (sub.customer !== customer.id || isOver(sub) || sub.default_payment_method === null) continue;
    updateSubscription(work, sub, (it) => {
      it.default_payment_method = method.id;
    });
  }
  return method;
}
