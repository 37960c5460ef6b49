import { tierOfPrice } from "./catalog.ts";
import type { Turn } from "./life.ts";
import type { ObservedInvoice, ObservedSubscription } from "./observation.ts";
import type { Collection } from "./payment.ts";
import type { Status } from "./status.ts";
import { asStatus, isTerminal } from "./status.ts";
import type { Subscription, Terms } from "./subscription.ts";
import type { Instant } from "./time.ts";
import { DAY } from "./time.ts";

/** What a look has shown; absent: the provider shows no such subscription. */
export type Outlook = Reading | { readonly kind: "absent" };

/** What the provider's words mean for us, or why they mean nothing yet. */
type Reading =
  | { readonly kind: "read"; readonly subscription: Subscription }
  | { readonly kind: "not_in_catalog"; readonly why: string }
  | { readonly kind: "unreadable"; readonly why: string };

/**
 * Reads the provider's current truth into one of our states. A terminal state stays (R8): an older snapshot of
 * something that has ended is answered with the end.
 */
export function readSubscription(
  observed: ObservedSubscription,
  collected: readonly Collection[],
  { life, observation: { invoices }, catalog, now }: Turn,
): Reading {
  const before = life.subscription;
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
    // What was bought at our own checkout is ours before its first look, too: paid for, so never just ignored.
    const ours = before !== null || life.checkout !== null;
    return { kind: ours ? "unreadable" : "not_in_catalog", why };
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
  return {
    kind: "read",
    subscription: inStatus(status, {
      terms,
      since: sinceWhen(status, { observed, invoices, collected, before, now }),
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
  const base = { terms, startedAt: observed.startedAt, since, period: observed.period };
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
      return { ...base, status, endedAt: endOf(observed, now), canceledAt: observed.canceledAt };
    default:
      return status satisfies never;
  }
}

/** When a terminal state began. Stripe always says; the moment of the look is for one that does not. */
const endOf = ({ endedAt, canceledAt }: ObservedSubscription, now: Instant): Instant =>
  endedAt ?? canceledAt ?? now;

/**
 * When the oldest invoice that is tried and not paid was made, of those after the last paid one: what was given up
 * before a later invoice was paid is not what it is past due for. The provider's time, so the same in any order (R4).
 */
function unpaidSince(observed: ObservedSubscription, invoices: readonly ObservedInvoice[]): Instant {
  const lastPaid = Math.max(
    ...invoices.filter((invoice) => invoice.state === "paid").map((invoice) => invoice.createdAt),
  );
  const unpaid = invoices.filter(
    (invoice) => invoice.state === "open" && invoice.attempts > 0 && invoice.createdAt >= lastPaid,
  );
  return unpaid.length === 0
    ? observed.period.start
    : Math.min(...unpaid.map((invoice) => invoice.createdAt));
}

/**
 * When it last became active, as far as the provider says: it began, its trial ended, or the first payment after a
 * failed one came through, be it of that invoice or of a later one (Stripe goes by the latest).
 */
function activeSince({ observed, collected, now }: Moments): Instant {
  const { startedAt, trialEnd } = observed;
  const recoveries = collected.flatMap(({ invoice, failedAttempts }) => {
    if (failedAttempts === 0 || (invoice.state !== "paid" && invoice.state !== "open")) return [];
    const paidAt = collected.flatMap(({ invoice: later }) =>
      later.createdAt >= invoice.createdAt && later.paidAt !== null ? [later.paidAt] : [],
    );
    return paidAt.length === 0 ? [] : [Math.min(...paidAt)];
  });
  const trialOver = trialEnd !== null && trialEnd <= now ? [trialEnd] : [];
  return Math.max(startedAt, ...trialOver, ...recoveries);
}

interface Moments {
  readonly observed: ObservedSubscription;
  readonly invoices: readonly ObservedInvoice[];
  readonly collected: readonly Collection[];
  readonly before: Subscription | null;
  readonly now: Instant;
}

/** When the status began: by the provider wherever it says so, because when we looked depends on what was delivered (R4). */
function sinceWhen(status: Status, moments: Moments): Instant {
  const { observed, invoices, before, now } = moments;
  switch (status) {
    case "incomplete":
    case "trialing":
      return observed.startedAt;
    case "past_due":
      return unpaidSince(observed, invoices);
    case "active": {
      const said = activeSince(moments);
      if (before?.status === status) return Math.max(before.since, said);
      // Older than the state that it follows: the provider does not say what ended that one.
      return before === null || said >= before.since ? said : now;
    }
    case "canceled":
    case "incomplete_expired":
      return endOf(observed, now);
    case "unpaid":
    case "paused":
      return before?.status === status ? before.since : now;
    default:
      return status satisfies never;
  }
}
