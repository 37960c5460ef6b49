import type { Interval } from "../domain/catalog.ts";
import type { Checkout } from "../domain/checkout.ts";
import type { Money } from "../domain/money.ts";
import type {
  ObservedDispute,
  ObservedInvoice,
  ObservedRefund,
  ObservedSession,
  ObservedSubscription,
} from "../domain/observation.ts";
import type { Provider } from "../domain/provider.ts";
import type { EventPage, EventSubject, Interest, VerifiedEvent } from "./event.ts";
import type { ProviderReads } from "./reads.ts";

export type { EventPage, EventSubject, Interest, ListedEvent, Rejection, VerifiedEvent } from "./event.ts";
export { WebhookRejected } from "./event.ts";

export interface SubscriptionPage {
  readonly subscriptions: readonly {
    readonly subscription: ObservedSubscription;
    /** Our own subscription id, from the metadata that we set at checkout. Text of strangers: check it. */
    readonly reference: string | null;
  }[];
  /** Where the next page begins; null: this was the last. */
  readonly next: string | null;
}

/**
 * unavailable: no answer, or an answer that says "later". refused: the request is wrong and stays wrong.
 * misconfigured: our key is revoked or a price is missing: an incident of the provider, not of one subscription.
 * not_found: there is no such object. declined: the customer's bank said no, and may say yes another time.
 */
export type ProviderErrorKind = "unavailable" | "refused" | "declined" | "misconfigured" | "not_found";

/** The code of `not_found` where the customer that was named is not, or no more, at the provider. */
export const CUSTOMER_GONE = "customer_gone";

/** The code of a change for the period's end that is refused, because the subscription is to end then. */
export const END_ARRANGED = "end_arranged";

export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly provider: Provider;
  readonly kind: ProviderErrorKind;
  /** The same idempotency key would only give this answer again (a replayed 5xx). */
  readonly replayed: boolean;
  /** Of `misconfigured`: a price that the provider does not take, and nothing else of ours. */
  readonly isAboutPrice: boolean;
  /** A machine name: the provider's, such as `resource_missing`, else the network's, else `http_502` and the like. */
  readonly code: string | null;
  constructor(
    provider: Provider,
    kind: ProviderErrorKind,
    message: string,
    options: ErrorOptions & { replayed?: boolean; code?: string | null; isAboutPrice?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.provider = provider;
    this.kind = kind;
    this.replayed = options.replayed ?? false;
    this.isAboutPrice = options.isAboutPrice ?? false;
    this.code = options.code ?? null;
  }
}

/** What to look at: the subscription by one of these, and the objects that unapplied events name. */
export interface Look {
  readonly subscriptionId: string | null;
  readonly sessionId: string | null;
  readonly named: readonly EventSubject[];
}

export interface Seen {
  readonly session: ObservedSession | null;
  readonly subscription: ObservedSubscription | null;
  readonly invoices: readonly ObservedInvoice[];
  readonly refunds: readonly ObservedRefund[];
  readonly disputes: readonly ObservedDispute[];
  /** By object id: what could not be found or read of the named objects. */
  readonly problems: ReadonlyMap<string, string>;
}

export type CallRequest =
  | { readonly name: "create_customer"; readonly customerId: string; readonly email: string | null }
  | { readonly name: "expire_session"; readonly sessionId: string }
  | {
      readonly name: "open_session";
      readonly checkout: Pick<Checkout, "id" | "subscriptionId" | "priceId" | "quantity" | "offered">;
      readonly providerCustomerId: string;
      readonly successUrl: string;
      readonly cancelUrl: string;
    }
  | {
      readonly name: "cancel_subscription";
      readonly subscriptionId: string;
      /** What is left of its period is credited to the customer, for the next invoice of any subscription. */
      readonly credit?: boolean;
    }
  | { readonly name: "void_invoice"; readonly invoiceId: string }
  | {
      readonly name: "refund_payment";
      readonly paymentId: string;
      readonly refunded: Money;
      readonly because: "late" | "duplicate";
    }
  | {
      readonly name:
        | "arrange_end"
        | "withdraw_end"
        | "pause_collection"
        | "resume_collection"
        | "withdraw_change";
      readonly subscriptionId: string;
    }
  | { readonly name: "pay_invoice"; readonly invoiceId: string }
  | {
      readonly name: "change_price";
      readonly subscriptionId: string;
      readonly priceId: string;
      readonly quantity: number;
    }
  /** The running period is left as it is; the next one is the other price's. */
  | {
      readonly name: "schedule_change";
      readonly subscriptionId: string;
      readonly priceId: string;
      readonly interval: Interval;
      readonly quantity: number;
    };

/** What came of a call, the same whether it was made now or found made earlier. */
export type CallResult =
  | { readonly name: "create_customer"; readonly providerCustomerId: string }
  /** `complete`: too late, somebody has paid. */
  | { readonly name: "expire_session"; readonly state: "expired" | "complete" }
  | {
      readonly name: "open_session";
      readonly sessionId: string;
      readonly url: string;
      /** Milliseconds. */
      readonly expiresAt: number;
    }
  | { readonly name: "cancel_subscription"; readonly state: "canceled" }
  /** `paid`: too late, the customer has paid it. */
  | { readonly name: "void_invoice"; readonly state: "void" | "paid" }
  | { readonly name: "refund_payment"; readonly state: "refunded" }
  | {
      readonly name:
        | "arrange_end"
        | "withdraw_end"
        | "pause_collection"
        | "resume_collection"
        | "withdraw_change"
        | "pay_invoice"
        | "change_price"
        | "schedule_change";
      readonly state: "done";
    };

/**
 * The one interface to those who collect the money. All else speaks to this; only `providers/` knows a vendor.
 * Each of its promises ends within 10 s, however many requests it takes.
 */
export interface PaymentProvider extends ProviderReads {
  readonly name: Provider;

  /**
   * Checks a delivery on its raw bytes.
   * @throws WebhookRejected for every way of being wrong.
   */
  verify(rawBody: Buffer, headers: Readonly<Record<string, string | string[] | undefined>>): VerifiedEvent;

  /** Reads which objects an event is about. Pure; never throws. */
  interest(type: string, payload: unknown): Interest;

  /**
   * The provider's current truth (R4).
   * @throws ProviderError unavailable or misconfigured; what is missing is null, what is odd is in `problems`.
   */
  look(at: Look): Promise<Seen>;

  /**
   * Finds the subscription of an event whose text does not name it, through the provider's own joins.
   * @throws ProviderError
   */
  trace(subject: EventSubject): Promise<{ subscriptionId: string; reference: string | null } | null>;

  /** The exact parameters that `call` would send: stored before it is called (R6). */
  parameters(request: CallRequest): Readonly<Record<string, unknown>>;

  /**
   * Asks the provider to do something, under an idempotency key where it knows one.
   * @throws ProviderError; `unavailable` means that it may or may not have been done.
   */
  call(
    request: CallRequest,
    parameters: Readonly<Record<string, unknown>>,
    idempotencyKey: string,
  ): Promise<CallResult>;

  /**
   * Reads whether an earlier call was carried out after all (R6). Null is a proof that it was not; a session that
   * was opened and has expired counts as not opened.
   * @param since milliseconds: no attempt was made before
   * @throws ProviderError
   */
  find(request: CallRequest, since: number): Promise<CallResult | null>;

  /**
   * Where a customer can pay an invoice, or null: nowhere, or no longer. Good for days.
   * @throws ProviderError
   */
  payLink(invoiceId: string): Promise<string | null>;

  /**
   * One page of the events since a moment, of the types that the webhook endpoint is subscribed to. Whoever reads on to
   * the last page has seen all that were there at the first; the provider keeps them for 30 days.
   * @param since milliseconds
   * @param place where to begin, as the page before says; null: at the first
   * @throws ProviderError
   */
  listEvents(since: number, place: string | null): Promise<EventPage>;

  /**
   * One page of all subscriptions of the account, whatever their status and whosever product they are of.
   * @param place where to begin, as the page before says; null: at the first
   * @throws ProviderError
   */
  listSubscriptions(place: string | null): Promise<SubscriptionPage>;
}

/** For results that were stored as JSON. */
export const isCallResult = (value: unknown): value is CallResult =>
  typeof value === "object" && value !== null && "name" in value;
