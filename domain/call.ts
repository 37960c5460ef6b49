import type { CheckoutId } from "./ids.ts";
import type { Instant } from "./time.ts";

/** Something that we ask of a provider. Its key is stored with its exact parameters before it is asked (R6). */
export type Operation =
  | { readonly name: "open_checkout"; readonly checkoutId: CheckoutId }
  | OrderedOperation;

/** What a command asks of the provider for a subscription that is there. */
export type OrderedOperation =
  | {
      readonly name:
        | "cancel_subscription"
        | "arrange_end"
        | "withdraw_end"
        | "pause_collection"
        | "resume_collection";
      readonly providerSubscriptionId: string;
    }
  | { readonly name: "pay_invoice"; readonly invoiceId: string }
  | {
      readonly name: "change_price";
      readonly providerSubscriptionId: string;
      readonly priceId: string;
      readonly quantity: number;
    };

export interface Call {
  readonly key: string;
  /** The command that it serves. */
  readonly commandId: string;
  readonly operation: Operation;
}

/**
 * paid_meanwhile and checkout_closed: what it was for is over. payment_failed: the customer's bank said no.
 * provider_refused: refused for good.
 */
export type CallRefusal = "paid_meanwhile" | "checkout_closed" | "payment_failed" | "provider_refused";

/** A call that has come to its end since the last turn. */
export interface FinishedCall {
  readonly key: string;
  readonly commandId: string | null;
  readonly operation: Operation;
  readonly end:
    | { readonly state: "done"; readonly expiresAt: Instant | null }
    | {
        readonly state: "refused";
        readonly reason: CallRefusal;
        readonly what: string;
      };
}
