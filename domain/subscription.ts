import type { Interval } from "./catalog.ts";
import type { Money } from "./money.ts";
import type { Provider } from "./provider.ts";
import type { Status } from "./status.ts";
import type { Instant, Period } from "./time.ts";

/** What was agreed with the provider, whatever the status. */
export interface Terms {
  readonly provider: Provider;
  readonly providerSubscriptionId: string;
  readonly providerCustomerId: string;
  readonly tier: string;
  readonly priceId: string;
  readonly interval: Interval;
  readonly quantity: number;
  /** Price of one period: unit price times quantity, before tax and discounts. */
  readonly price: Money;
}

interface In<S extends Status> {
  readonly status: S;
  readonly terms: Terms;
  /** When the provider began it: never changes. */
  readonly startedAt: Instant;
  /** When this status began, by the provider's clock where it says so, else when we first saw it. */
  readonly since: Instant;
}

interface Running {
  readonly period: Period;
  /** The end that is already arranged, or null: runs on. */
  readonly cancelAt: Instant | null;
  /** Other terms that the provider takes up by itself, or null: these go on. */
  readonly scheduled: ScheduledChange | null;
}

/** Terms that are arranged to begin later. */
export interface ScheduledChange {
  readonly at: Instant;
  readonly tier: string;
  readonly priceId: string;
  readonly interval: Interval;
  readonly quantity: number;
}

/** What is asked of a customer who has not paid. */
interface Overdue {
  /** When the oldest unpaid invoice was made: day 0 of the dunning calendar. */
  readonly unpaidSince: Instant;
  /** Days by which an operator has put off the end of access, or null. Over with the invoice. */
  readonly graceExtendedDays: number | null;
  /** When the provider itself tries again, or null: it does not. */
  readonly nextAttemptAt: Instant | null;
  /** When access ends unless it is paid before. */
  readonly graceUntil: Instant;
}

/** A subscription as the provider last said it is: one variant a status, with only the fields it has. */
export type Subscription =
  | (In<"incomplete"> & { readonly period: Period })
  | (In<"trialing"> & Running & { readonly trialEnd: Instant })
  | (In<"active"> & Running)
  | (In<"past_due"> & Running & Overdue)
  /** The provider has given up; our own calendar may go on. */
  | (In<"unpaid"> & Running & Overdue)
  | (In<"paused"> & Running)
  | (In<"canceled"> & Ended)
  | (In<"incomplete_expired"> & Ended);

interface Ended {
  readonly period: Period;
  readonly endedAt: Instant;
  /** When the end was asked for, or null where nobody asked. */
  readonly canceledAt: Instant | null;
}
