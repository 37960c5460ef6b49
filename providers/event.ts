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

/** An event as the provider's list shows it. */
export interface ListedEvent extends VerifiedEvent {
  /** By the provider's clock, in milliseconds. */
  readonly createdAt: number;
}

export interface EventPage {
  readonly events: readonly ListedEvent[];
  /** Where the next page begins; null: this was the last. */
  readonly next: string | null;
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
