import type { PaymentMethod } from "./records.ts";

/** Why a card was not charged. */
export interface Decline {
  code: string;
  decline_code: string;
  message: string;
}

/** What a test card does. */
interface TestCard {
  brand: "visa" | "mastercard";
  decline: Decline | null;
  /** refused already when it is put on file */
  refusesAttach: boolean;
  /** asks the customer to confirm (3D Secure): fine on a page, not when they are away */
  asksCustomer: boolean;
}

const declined: Decline = {
  code: "card_declined",
  decline_code: "generic_decline",
  message: "Your card was declined.",
};
const works = { decline: null, refusesAttach: false, asksCustomer: false };

const testCards: Record<string, TestCard> = {
  "4242424242424242": { brand: "visa", ...works },
  "5555555555554444": { brand: "mastercard", ...works },
  "4000000000000341": { brand: "visa", ...works, decline: declined },
  "4000000000000002": { brand: "visa", ...works, decline: declined, refusesAttach: true },
  "4000000000009995": {
    brand: "visa",
    refusesAttach: true,
    asksCustomer: false,
    decline: {
      ...declined,
      decline_code: "insufficient_funds",
      message: "Your card has insufficient funds.",
    },
  },
  "4000002500003155": { brand: "visa", ...works, asksCustomer: true },
};

/** Stripe's names for cards on file that need no number. */
const tokens: Record<string, string> = {
  pm_card_visa: "4242424242424242",
  pm_card_mastercard: "5555555555554444",
  pm_card_chargeCustomerFail: "4000000000000341",
  pm_card_chargeDeclined: "4000000000000002",
  pm_card_authenticationRequired: "4000002500003155",
};

/** The number behind one of Stripe's test payment methods. */
export function numberOfToken(name: string): string | undefined {
  return Object.hasOwn(tokens, name) ? tokens[name] : undefined;
}

/** The digits of a number as typed, or of a test payment method's name. */
export function cardNumber(typed: string): string {
  return numberOfToken(typed) ?? typed.replace(/[\s-]/g, "");
}

/** What the card does; null for a number that is no test card. */
export function testCard(number: string): TestCard | null {
  return Object.hasOwn(testCards, number) ? (testCards[number] ?? null) : null;
}

/** The card behind a payment method; an unknown one would be refused like a stolen one. */
export function cardOf(method: PaymentMethod): TestCard {
  return (
    testCard(method.number) ?? { brand: "visa", decline: declined, refusesAttach: true, asksCustomer: false }
  );
}
