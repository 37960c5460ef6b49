import type { Catalog } from "./catalog.ts";
import { priceOf, tierOfPrice } from "./catalog.ts";
import { endOfGrace } from "./dunning.ts";
import type { Turn } from "./life.ts";
import type { ObservedInvoice, ObservedSubscription } from "./observation.ts";
import type { Collection } from "./payment.ts";
import type { Status } from "./status.ts";
import { asStatus, isTerminal } from "./status.ts";
import type { ScheduledChange, Subscription, Terms } from "./subscription.ts";
import type { Instant } from "./time.ts";

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
  turn: Turn,
): Reading {
  const { life, observation, catalog, now } = turn;
  const { invoices } = observation;
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
      scheduled: scheduledChange(observed, catalog),
      turn,
    }),
  };
}

interface Parts {
  readonly terms: Terms;
  readonly since: Instant;
  readonly observed: ObservedSubscription;
  readonly invoices: readonly ObservedInvoice[];
  readonly scheduled: ScheduledChange | null;
  readonly turn: Turn;
}

function inStatus(status: Status, parts: Parts): Subscription {
  const { terms, since, observed, scheduled } = parts;
  const base = { terms, startedAt: observed.startedAt, since, period: observed.period };
  const running = { ...base, cancelAt: observed.cancelAt, scheduled };
  switch (status) {
    case "incomplete":
      return { ...base, status };
    case "trialing":
      return { ...running, status, trialEnd: observed.trialEnd ?? observed.period.end };
    case "active":
    case "paused":
      return { ...running, status };
    case "past_due":
    case "unpaid":
      return { ...running, status, ...overdue(status, parts) };
    case "canceled":
    case "incomplete_expired":
      return { ...base, status, endedAt: endOf(observed, parts.turn.now), canceledAt: observed.canceledAt };
    default:
      return status satisfies never;
  }
}

/** What is asked of a customer who has not paid, by the catalog's calendar, whatever the provider calls the state. */
function overdue(status: "past_due" | "unpaid", { observed, invoices, turn }: Parts) {
  const before = turn.life.subscription;
  const isGivenUp = status === "unpaid" && before !== null && "unpaidSince" in before;
  const since =
    unpaidSince(invoices) ??
    // The provider has given up: no new period begins a new grace where the invoice is not shown any more.
    (isGivenUp ? before.unpaidSince : observed.period.start);
  const graceExtendedDays = extendedDays(turn, since);
  const overdueSince = { unpaidSince: since, graceExtendedDays };
  return {
    ...overdueSince,
    nextAttemptAt: nextAttempt(invoices),
    graceUntil: endOfGrace(overdueSince, turn.catalog.policy.dunning),
  };
}

/** Terms of a price that no tier has are nobody's plan of ours: they are read when they have begun. */
function scheduledChange(
  { provider, scheduled }: ObservedSubscription,
  catalog: Catalog,
): ScheduledChange | null {
  if (!scheduled) return null;
  const { at, priceId, quantity } = scheduled;
  const tier = tierOfPrice(catalog, provider, priceId);
  const price = tier && priceOf(tier, provider, priceId);
  return tier === undefined || price === undefined
    ? null
    : { at, tier: tier.name, priceId, interval: price.interval, quantity };
}

/** An extension holds for the unpaid invoice that it was given for, and adds up. */
function extendedDays({ life, commands }: Turn, since: Instant): number | null {
  const { subscription: before } = life;
  const isSame = before !== null && "unpaidSince" in before && before.unpaidSince === since;
  const days = commands.reduce(
    (sum, { kind, parameters }) => sum + (kind === "extend_grace" ? (parameters?.days ?? 0) : 0),
    isSame ? (before.graceExtendedDays ?? 0) : 0,
  );
  return days === 0 ? null : days;
}

/** When the provider tries the newest of the open invoices again. */
const nextAttempt = (invoices: readonly ObservedInvoice[]): Instant | null =>
  invoices.findLast(({ state, nextAttemptAt }) => state === "open" && nextAttemptAt !== null)
    ?.nextAttemptAt ?? null;

/** When a terminal state began. Stripe always says; the moment of the look is for one that does not. */
const endOf = ({ endedAt, canceledAt }: ObservedSubscription, now: Instant): Instant =>
  endedAt ?? canceledAt ?? now;

/**
 * When the oldest invoice that is tried and not paid was made, or one that is sent was to be paid, of those after the
 * last paid one: what was given up before a later invoice was paid is not what it is past due for. The provider's
 * time, so the same in any order (R4). Null: no such invoice is shown.
 */
function unpaidSince(invoices: readonly ObservedInvoice[]): Instant | null {
  const lastPaid = Math.max(
    ...invoices.filter((invoice) => invoice.state === "paid").map((invoice) => invoice.createdAt),
  );
  const since = invoices.flatMap(({ state, attempts, createdAt, dueAt }) =>
    state === "open" && createdAt >= lastPaid ? (attempts > 0 ? createdAt : (dueAt ?? [])) : [],
  );
  return since.length === 0 ? null : Math.min(...since);
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
      return unpaidSince(invoices) ?? observed.period.start;
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
