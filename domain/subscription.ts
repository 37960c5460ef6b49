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
}

/** A subscription as the provider last said it is: one variant a status, with only the fields it has. */
export type Subscription =
  | (In<"incomplete"> & { readonly period: Period })
  | (In<"trialing"> & Running & { readonly trialEnd: Instant })
  | (In<"active"> & Running)
  | (In<"past_due"> & Running & { readonly graceUntil: Instant })
  | (In<"unpaid"> & Running)
  | (In<"paused"> & Running)
  | (In<"canceled"> & Ended)
  | (In<"incomplete_expired"> & Ended);

interface Ended {
  readonly period: Period;
  readonly endedAt: Instant;
  /** When the end was asked for, or null where nobody asked. */
  readonly canceledAt: Instant | null;
}
