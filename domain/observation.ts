import type { Interval } from "./catalog.ts";
import type { DisputeStatus } from "./dispute.ts";
import type { Money } from "./money.ts";
import type { Provider } from "./provider.ts";
import type { Instant, Period } from "./time.ts";

/** What the provider said when we looked (R4): ids, states, times and amounts only (R10). */
export interface Observation {
  /** The unapplied events that were read before the look; settle marks exactly these (R3). */
  readonly events: readonly SeenEvent[];
  readonly session: ObservedSession | null;
  /** Null: the provider has no such subscription, or none yet. */
  readonly subscription: ObservedSubscription | null;
  readonly invoices: readonly ObservedInvoice[];
  readonly refunds: readonly ObservedRefund[];
  /** Absent in a look that was stored before disputes were looked at. */
  readonly disputes?: readonly ObservedDispute[];
}

export interface SeenEvent {
  readonly provider: Provider;
  readonly id: string;
  readonly type: string;
  /** How often it had an end before, and was put back by an operator. Absent: never. */
  readonly endedBefore?: number;
  /** Why this event alone could not be looked into; it is parked, the others go on (R7). */
  readonly problem?: string;
  /** A failed attempt that only this event tells of: it is true whatever the invoice says later. */
  readonly failedAttempt?: { readonly invoiceId: string; readonly attempt: number };
  /** The dispute that was lost by this event: true also when it was won on appeal since. */
  readonly lostDispute?: string;
  /** The end of the trial that this event announces; another may be arranged by now. */
  readonly announcedTrialEnd?: Instant;
}

export interface ObservedSession {
  readonly id: string;
  readonly state: "open" | "complete" | "expired";
  readonly expiresAt: Instant;
  readonly subscriptionId: string | null;
}

export interface ObservedSubscription {
  readonly provider: Provider;
  readonly id: string;
  readonly customerId: string;
  /** The provider's own word; one we do not know parks the events and changes nothing. */
  readonly status: string;
  readonly priceId: string;
  readonly interval: Interval;
  readonly quantity: number;
  readonly price: Money;
  readonly period: Period;
  readonly startedAt: Instant;
  readonly trialEnd: Instant | null;
  /** The arranged end, from either of Stripe's two spellings of it. */
  readonly cancelAt: Instant | null;
  readonly canceledAt: Instant | null;
  readonly endedAt: Instant | null;
  /** The provider has ended it by its own rules, because it was not paid. Absent in a look that was stored before it was read. */
  readonly isEndedUnpaid?: boolean;
  /** Other terms that the provider takes up by itself later. Absent in a look that was stored before they were read. */
  readonly scheduled?: ObservedChange | null;
}

export interface ObservedChange {
  readonly at: Instant;
  readonly priceId: string;
  readonly quantity: number;
}

export interface ObservedInvoice {
  readonly id: string;
  readonly state: "draft" | "open" | "paid" | "uncollectible" | "void";
  readonly due: Money;
  readonly createdAt: Instant;
  readonly paidAt: Instant | null;
  /** Automatic attempts at collecting it so far. */
  readonly attempts: number;
  /** When the provider tries next, or null: it does not. */
  readonly nextAttemptAt: Instant | null;
  /** Of one that is sent instead of collected: until when it is to be paid. Absent in a look that was stored before. */
  readonly dueAt?: Instant | null;
  /** The payments behind it, by the provider's payment id. */
  readonly payments: readonly ObservedPayment[];
}

export interface ObservedPayment {
  readonly id: string;
  readonly state: "open" | "paid" | "canceled";
  readonly paid: Money;
}

export interface ObservedRefund {
  readonly id: string;
  readonly paymentId: string;
  readonly status: string;
  readonly refunded: Money;
  readonly createdAt: Instant;
}

export interface ObservedDispute {
  readonly id: string;
  readonly paymentId: string;
  readonly status: DisputeStatus;
  readonly disputed: Money;
  readonly createdAt: Instant;
  /** Until when the bank takes an answer, or null: it takes none. */
  readonly answerBy: Instant | null;
}
