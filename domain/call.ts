import type { CheckoutId } from "./ids.ts";
import type { Instant } from "./time.ts";

/** Something that we ask of a provider. Its key is stored with its exact parameters before it is asked (R6). */
export type Operation =
  | { readonly name: "open_checkout"; readonly checkoutId: CheckoutId }
  | { readonly name: "cancel_subscription"; readonly providerSubscriptionId: string };

export interface Call {
  readonly key: string;
  /** The command that it serves. */
  readonly commandId: string;
  readonly operation: Operation;
}

/** paid_meanwhile and checkout_closed: what it was for is over. provider_refused: refused for good. */
export type CallRefusal = "paid_meanwhile" | "checkout_closed" | "provider_refused";

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
