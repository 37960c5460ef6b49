import type { Checkout } from "../domain/checkout.ts";
import type {
  ObservedDispute,
  ObservedInvoice,
  ObservedRefund,
  ObservedSession,
  ObservedSubscription,
} from "../domain/observation.ts";
import type { Provider } from "../domain/provider.ts";

/** The provider ids that an event names: all that the rest of the system reads of a payload. */
export interface EventSubject {
  readonly objectId: string | null;
  /** Our own subscription id, from the metadata that we set at checkout. Text of strangers: check it. */
  readonly reference: string | null;
  readonly subscriptionId: string | null;
  readonly sessionId: string | null;
  readonly customerId: string | null;
  readonly invoiceId: string | null;
  readonly paymentId: string | null;
  readonly chargeId: string | null;
  readonly refundId: string | null;
  readonly disputeId: string | null;
  /** Of a dispute that is decided: this event says that it was lost. */
  readonly disputeLost: boolean;
  /** Of a trial that ends soon: when, in milliseconds. */
  readonly trialEnd: number | null;
  /** Of a failed payment: the attempt that failed, counted from 1. */
  readonly failedAttempt: number | null;
}

export interface VerifiedEvent {
  readonly id: string;
  readonly type: string;
  readonly apiVersion: string | null;
  readonly livemode: boolean;
  readonly payload: unknown;
}

/** What to do with an event, from its type and payload alone. */
export type Interest =
  | { readonly kind: "subject"; readonly subject: EventSubject }
  /** About a customer as a whole, and so about each subscription of it. */
  | { readonly kind: "customer"; readonly customerId: string }
  | { readonly kind: "ignore"; readonly reason: string }
  /** Stored, but it cannot be read: to be parked. */
  | { readonly kind: "unreadable"; readonly why: string };

const REJECTIONS = [
  "missing_signature",
  "repeated_signature",
  "bad_signature",
  "too_old",
  "bad_json",
  "thin_event",
  "other_livemode",
] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** A delivery that is not what it says: answered 400, stored nowhere. */
export class WebhookRejected extends Error {
  override readonly name = "WebhookRejected";
  readonly reason: Rejection;
  constructor(reason: Rejection, options?: ErrorOptions) {
    super(`webhook rejected: ${reason}`, options);
    this.reason = reason;
  }
}

/**
 * unavailable: no answer, or an answer that says "later". refused: the request is wrong and stays wrong.
 * misconfigured: our key is revoked or a price is missing: an incident of the provider, not of one subscription.
 * not_found: there is no such object. declined: the customer's bank said no, and may say yes another time.
 */
export type ProviderErrorKind = "unavailable" | "refused" | "declined" | "misconfigured" | "not_found";

export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly provider: Provider;
  readonly kind: ProviderErrorKind;
  /** The same idempotency key would only give this answer again (a replayed 5xx). */
  readonly replayed: boolean;
  /** A machine name: the provider's, such as `resource_missing`, else the network's, else `http_502` and the like. */
  readonly code: string | null;
  constructor(
    provider: Provider,
    kind: ProviderErrorKind,
    message: string,
    options: ErrorOptions & { replayed?: boolean; code?: string | null } = {},
  ) {
    super(message, { cause: options.cause });
    this.provider = provider;
    this.kind = kind;
    this.replayed = options.replayed ?? false;
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
      readonly checkout: Pick<Checkout, "id" | "subscriptionId" | "priceId" | "quantity">;
      readonly providerCustomerId: string;
      readonly successUrl: string;
      readonly cancelUrl: string;
    }
  | { readonly name: "cancel_subscription"; readonly subscriptionId: string }
  | {
      readonly name: "arrange_end" | "withdraw_end" | "pause_collection" | "resume_collection";
      readonly subscriptionId: string;
    }
  | { readonly name: "pay_invoice"; readonly invoiceId: string }
  | {
      readonly name: "change_price";
      readonly subscriptionId: string;
      readonly priceId: string;
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
  | {
      readonly name:
        | "arrange_end"
        | "withdraw_end"
        | "pause_collection"
        | "resume_collection"
        | "pay_invoice"
        | "change_price";
      readonly state: "done";
    };

/**
 * The one interface to those who collect the money. All else speaks to this; only `providers/` knows a vendor.
 * `look`, `trace`, `call` and `find` each end within 10 s, however many requests they make.
 */
export interface PaymentProvider {
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
}

/** For results that were stored as JSON. */
export const isCallResult = (value: unknown): value is CallResult =>
  typeof value === "object" && value !== null && "name" in value;
