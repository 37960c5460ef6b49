import type { Interval } from "./catalog.ts";
import type { CheckoutId, SubscriptionId } from "./ids.ts";
import type { Money } from "./money.ts";
import type { Instant } from "./time.ts";

/** Something that we ask of a provider. Its key is stored with its exact parameters before it is asked (R6). */
export type Operation =
  | { readonly name: "open_checkout"; readonly checkoutId: CheckoutId }
  | OrderedOperation
  | OwnOperation;

/**
 * What a command asks of the provider for a subscription that is there. But for `resume_collection` and `pay_invoice`,
 * each withdraws the other terms that are arranged to begin later.
 */
export type OrderedOperation =
  | {
      readonly name:
        | "cancel_subscription"
        | "arrange_end"
        | "withdraw_end"
        | "pause_collection"
        | "resume_collection"
        /** The terms that run now go on. */
        | "withdraw_change";
      readonly providerSubscriptionId: string;
    }
  | { readonly name: "pay_invoice"; readonly invoiceId: string }
  | {
      readonly name: "change_price";
      readonly providerSubscriptionId: string;
      readonly priceId: string;
      readonly quantity: number;
    }
  /** Begins when the running period ends. */
  | {
      readonly name: "schedule_change";
      readonly providerSubscriptionId: string;
      readonly priceId: string;
      readonly interval: Interval;
      readonly quantity: number;
    };

/** What we do unasked, by the catalog's policy: each looks at the provider first whether there is still reason to. */
export type OwnOperation =
  /** The calendar has run out: the subscription is cancelled, and what is open of it voided. */
  | { readonly name: "end_unpaid"; readonly providerSubscriptionId: string }
  /** The customer has another one (R9). `credit`: what is left of its period is credited to the customer. */
  | {
      readonly name: "end_duplicate";
      readonly providerSubscriptionId: string;
      readonly live: SubscriptionId;
      readonly credit: boolean;
    }
  | {
      readonly name: "refund_payment";
      readonly paymentId: string;
      readonly refunded: Money;
      readonly because: "late" | "duplicate";
    };

const OWN: readonly Operation["name"][] = ["end_unpaid", "end_duplicate", "refund_payment"];

export const isOwn = (operation: Operation): operation is OwnOperation => OWN.includes(operation.name);

/** Whether a command asked for it. */
export const isOrdered = (operation: Operation): operation is OrderedOperation =>
  !isOwn(operation) && operation.name !== "open_checkout";

export interface Call {
  readonly key: string;
  /** The command that it serves, or null: decided by policy. */
  readonly commandId: string | null;
  readonly operation: Operation;
}

/**
 * paid_meanwhile, checkout_closed and not_needed: what it was for is over. payment_failed: the customer's bank said no.
 * provider_refused: refused for good.
 */
export type CallRefusal =
  | "paid_meanwhile"
  | "checkout_closed"
  | "not_needed"
  | "payment_failed"
  | "provider_refused";

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
