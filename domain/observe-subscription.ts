import type { Catalog } from "./catalog.ts";
import { tierOfPrice } from "./catalog.ts";
import type { ObservedInvoice, ObservedSubscription } from "./observation.ts";
import type { Status } from "./status.ts";
import { asStatus, isTerminal } from "./status.ts";
import type { Subscription, Terms } from "./subscription.ts";
import type { Instant } from "./time.ts";
import { DAY } from "./time.ts";

/** What the provider's words mean for us, or why they mean nothing yet. */
export type Reading =
  | { readonly kind: "read"; readonly subscription: Subscription }
  | { readonly kind: "not_in_catalog"; readonly why: string }
  | { readonly kind: "unreadable"; readonly why: string };

/**
 * Reads the provider's current truth into one of our states. A terminal state stays (R8): an older snapshot of
 * something that has ended is answered with the end.
 */
export function readSubscription(
  observed: ObservedSubscription,
  invoices: readonly ObservedInvoice[],
  before: Subscription | null,
  catalog: Catalog,
  now: Instant,
): Reading {
  if (before !== null && isTerminal(before.status)) return { kind: "read", subscription: before };
  const status = asStatus(observed.status);
  if (status === undefined) {
    return {
      kind: "unreadable",
      why: `the provider's status "${observed.status}" is unknown to this version`,
    };
  }
  const tier = tierOfPrice(catalog, observed.provider, observed.priceId);
  if (tier === undefined) {
    const why = `price ${observed.priceId} is in no tier of catalog version ${catalog.version}`;
    return before === null ? { kind: "not_in_catalog", why } : { kind: "unreadable", why };
  }
  const terms: Terms = {
    provider: observed.provider,
    providerSubscriptionId: observed.id,
    providerCustomerId: observed.customerId,
    tier: tier.name,
    priceId: observed.priceId,
    interval: observed.interval,
    quantity: observed.quantity,
    price: observed.price,
  };
  const since = before?.status === status ? before.since : began(status, observed, invoices, now);
  return {
    kind: "read",
    subscription: inStatus(status, {
      terms,
      since,
      observed,
      invoices,
      graceDays: catalog.policy.graceDays,
      now,
    }),
  };
}

interface Parts {
  readonly terms: Terms;
  readonly since: Instant;
  readonly observed: ObservedSubscription;
  readonly invoices: readonly ObservedInvoice[];
  readonly graceDays: number;
  readonly now: Instant;
}

function inStatus(status: Status, { terms, since, observed, invoices, graceDays, now }: Parts): Subscription {
  const base = { terms, since, startedAt: observed.startedAt, period: observed.period };
  const running = { ...base, cancelAt: observed.cancelAt };
  switch (status) {
    case "incomplete":
      return { ...base, status };
    case "trialing":
      return { ...running, status, trialEnd: observed.trialEnd ?? observed.period.end };
    case "active":
    case "unpaid":
    case "paused":
      return { ...running, status };
    case "past_due":
      return { ...running, status, graceUntil: unpaidSince(observed, invoices) + graceDays * DAY };
    case "canceled":
    case "incomplete_expired":
      return { ...base, status, endedAt: observed.endedAt ?? now, canceledAt: observed.canceledAt };
    default:
      return status satisfies never;
  }
}

/** When the oldest invoice that is tried and not paid was made: the provider's time, so the same in any order (R4). */
function unpaidSince(observed: ObservedSubscription, invoices: readonly ObservedInvoice[]): Instant {
  const unpaid = invoices.filter((invoice) => invoice.state === "open" && invoice.attempts > 0);
  return unpaid.length === 0
    ? observed.period.start
    : Math.min(...unpaid.map((invoice) => invoice.createdAt));
}

function began(
  status: Status,
  observed: ObservedSubscription,
  invoices: readonly ObservedInvoice[],
  now: Instant,
): Instant {
  switch (status) {
    case "incomplete":
    case "trialing":
      return observed.startedAt;
    case "past_due":
      return unpaidSince(observed, invoices);
    case "active": {
      const paid = invoices.flatMap((invoice) => (invoice.paidAt === null ? [] : [invoice.paidAt]));
      return paid.length === 0 ? observed.startedAt : Math.max(...paid);
    }
    case "canceled":
    case "incomplete_expired":
      return observed.endedAt ?? now;
    case "unpaid":
    case "paused":
      return now;
    default:
      return status satisfies never;
  }
}
