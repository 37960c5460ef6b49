import type { Alert, CustomerAlertKind } from "./alert.ts";
import { dayInWords } from "./day.ts";
import type { SubscriptionId } from "./ids.ts";
import type { Turn } from "./life.ts";
import { formatMoney } from "./money.ts";
import type { ObservedInvoice } from "./observation.ts";
import type { Collection } from "./payment.ts";
import type { DunningCalendar, DunningStep, Notice } from "./policy.ts";
import { isTerminal } from "./status.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";
import { DAY } from "./time.ts";

type OverdueSubscription = Extract<Subscription, { status: "past_due" | "unpaid" }>;

export const isOverdue = (subscription: Subscription | null): subscription is OverdueSubscription =>
  subscription?.status === "past_due" || subscription?.status === "unpaid";

/** When access ends, or ended, unless it is paid before; an operator may have put that off. */
export const endOfGrace = (
  { unpaidSince, graceExtendedDays }: Pick<OverdueSubscription, "unpaidSince" | "graceExtendedDays">,
  { end }: DunningCalendar,
): Instant => unpaidSince + (end.day + (graceExtendedDays ?? 0)) * DAY;

/** The keys hold the invoice and the day: a step that is gone through once is done, whatever calendar holds later. */
const stepKey = (invoiceId: string, day: number): string => `dunning:${invoiceId}:${day}`;

/** What is known of a subscription's unpaid invoices in a turn. */
export interface Dunned {
  readonly id: SubscriptionId;
  readonly subscription: Subscription;
  readonly collected: readonly Collection[];
  readonly calendar: DunningCalendar;
  /** Keys of what people were told. */
  readonly announced: readonly string[];
  /** The provider has just ended it by its own rules, because it was not paid. */
  readonly isEndedUnpaid: boolean;
  /** Since when an adopted subscription is known to us, or null: always. */
  readonly adoptedAt: Instant | null;
  readonly now: Instant;
}

export const dunnedIn = (
  { life, observation, catalog, now }: Turn,
  subscription: Subscription,
  collected: readonly Collection[],
): Dunned => ({
  id: life.id,
  subscription,
  collected,
  calendar: catalog.policy.dunning,
  announced: life.announced,
  isEndedUnpaid:
    (observation.subscription?.isEndedUnpaid ?? false) &&
    // What had ended before this look is nobody's news.
    (life.subscription === null || !isTerminal(life.subscription.status)),
  adoptedAt: life.adoptedAt ?? null,
  now,
});

/**
 * The messages to the customer that are due by the calendar, for each invoice that has failed. Only the latest step
 * of the invoice that is waited for is sent, and none that stands before one that was sent: a clock that comes late,
 * or a changed calendar, sends nothing twice and nothing in the wrong order (R11). What is over when it is seen is
 * recorded as superseded (R4).
 */
export function dunningMessages(dunned: Dunned): readonly Alert[] {
  const waitedFor = awaited(dunned.collected);
  return dunned.collected
    .filter(({ failedAttempts }) => failedAttempts > 0)
    .flatMap((collection) => messagesOf(collection, collection === waitedFor, dunned));
}

/** The oldest open invoice that has failed, of those after the last paid one: what was given up before is not waited for. */
function awaited(collected: readonly Collection[]): Collection | undefined {
  const lastPaid = Math.max(
    ...collected.filter(({ invoice }) => invoice.state === "paid").map(({ invoice }) => invoice.createdAt),
  );
  return collected
    .filter(
      ({ invoice, failedAttempts }) =>
        invoice.state === "open" && failedAttempts > 0 && invoice.createdAt >= lastPaid,
    )
    .toSorted((a, b) => a.invoice.createdAt - b.invoice.createdAt)[0];
}

function messagesOf({ invoice }: Collection, isAwaited: boolean, dunned: Dunned): readonly Alert[] {
  const { subscription, calendar, announced, adoptedAt, now } = dunned;
  if (invoice.state === "open" && !isAwaited && overSince(invoice, dunned) === Infinity) return [];
  // A first payment that the customer is about to make at the checkout's page.
  if (subscription.status === "incomplete" && invoice.state === "open") return [];
  const until = Math.min(now, overSince(invoice, dunned));
  const due = calendar.messages.filter(({ day }) => invoice.createdAt + day * DAY <= until);
  const latest = due.at(-1);
  const isSent =
    isAwaited &&
    !isTerminal(subscription.status) &&
    // What was unpaid before a subscription was adopted is dunned by those who did so before (R14).
    (adoptedAt === null || invoice.createdAt >= adoptedAt);
  return due.map((step) => ({
    ...message(step, invoice.id, dunned, invoice.due),
    superseded:
      !isSent ||
      step !== latest ||
      // A clock that is so late announces the end, and no access until a day that is over (R11).
      isAtEnd(dunned) ||
      // Of a paused one nothing is collected; that its payment has failed is still to be known.
      (subscription.status === "paused" && step !== calendar.messages[0]) ||
      announced.some((key) => isOfLater(key, invoice.id, step.day)),
  }));
}

/** Since when nobody waits for the invoice, as far as the provider says; infinity: it is waited for. */
function overSince(invoice: ObservedInvoice, { subscription, collected }: Dunned): Instant {
  const ended = "endedAt" in subscription ? subscription.endedAt : Infinity;
  const laterPaid = collected.flatMap(({ invoice: later }) =>
    later.createdAt > invoice.createdAt && later.paidAt !== null ? [later.paidAt] : [],
  );
  const over = Math.min(ended, invoice.paidAt ?? Infinity, ...laterPaid);
  // It is not said when an invoice was given up.
  const isGivenUp = invoice.state === "void" || invoice.state === "uncollectible";
  return isGivenUp && over === Infinity ? invoice.createdAt : Math.max(over, invoice.createdAt);
}

const isOfLater = (key: string, invoiceId: string, day: number): boolean => {
  const prefix = stepKey(invoiceId, 0).slice(0, -1);
  return key.startsWith(prefix) && Number(key.slice(prefix.length)) > day;
};

const KINDS: Readonly<Record<Notice, CustomerAlertKind>> = {
  payment_failed: "customer_payment_failed",
  reminder: "customer_payment_reminder",
  final_notice: "customer_final_notice",
};

const WORDS: Readonly<Record<Notice, string>> = {
  payment_failed: "The customer is told that the payment failed",
  reminder: "The customer is reminded of the payment",
  final_notice: "The customer is told for the last time",
};

function message(
  { day, send }: DunningStep,
  invoiceId: string,
  { id, subscription, calendar, now }: Dunned,
  due: { readonly amount: number; readonly currency: string },
): Alert {
  return {
    key: stepKey(invoiceId, day),
    kind: KINDS[send],
    text: `${WORDS[send]}: ${formatMoney(due)}`,
    fields: {
      subscription: id,
      invoice: invoiceId,
      ...due,
      tier: subscription.terms.tier,
      ends_at: isOverdue(subscription) ? endOfGrace(subscription, calendar) : null,
    },
    superseded: false,
    at: now,
  };
}

type Overran = Dunned & { readonly subscription: OverdueSubscription };

/** Whether access is over by our calendar. */
const isGraceOver = (dunned: Dunned): dunned is Overran =>
  isOverdue(dunned.subscription) &&
  // What was unpaid before a subscription was adopted is ended by those who would have done so before (R14).
  (dunned.adoptedAt === null || dunned.subscription.unpaidSince >= dunned.adoptedAt) &&
  endOfGrace(dunned.subscription, dunned.calendar) <= dunned.now;

/**
 * Whether the calendar has come to its end, and the subscription may be ended. Of an invoice that is sent instead of
 * collected the provider reminds: we have not written to the customer, and do not end it.
 */
export const isAtEnd = (dunned: Dunned): dunned is Overran =>
  isGraceOver(dunned) && awaited(dunned.collected) !== undefined;

/** An end that was put off is another one. */
export const accessEndedKey = ({ terms, unpaidSince, graceExtendedDays }: OverdueSubscription): string =>
  `access_ended:${terms.providerSubscriptionId}:${unpaidSince}+${graceExtendedDays ?? 0}`;

/**
 * The end of access, told to the customer and to operators: once for what it is overdue for. Where the provider's own
 * retries are over before our calendar is, and it ends the subscription, the customer is told by us all the same.
 */
export function accessEnded(dunned: Dunned): readonly Alert[] {
  const { id, subscription, collected, calendar, adoptedAt, now } = dunned;
  const { terms } = subscription;
  const unpaid = awaited(collected)?.invoice;
  const due = unpaid?.due;
  const ended = (key: string, at: Instant, payable: object): Alert => ({
    key: `customer_${key}`,
    kind: "customer_access_ended",
    text: `The customer is told that access to ${terms.tier} has ended`,
    fields: { subscription: id, ...payable, ...due, tier: terms.tier, ends_at: at },
    superseded: false,
    at: now,
  });
  if (subscription.status === "canceled" && dunned.isEndedUnpaid && unpaid !== undefined) {
    const isOurs = adoptedAt === null || unpaid.createdAt >= adoptedAt;
    const key = `access_ended:${terms.providerSubscriptionId}:${unpaid.createdAt}`;
    // Our calendar may have told so before the provider gave up.
    const isTold = dunned.announced.some((told) => told.startsWith(`customer_${key}`));
    // No link: what is paid for it now goes back (R8).
    return isOurs && !isTold ? [ended(key, subscription.endedAt, {})] : [];
  }
  if (!isGraceOver(dunned)) return [];
  const overdue = dunned.subscription;
  const endsAt = endOfGrace(overdue, calendar);
  const isCanceled = isAtEnd(dunned) && calendar.end.action === "cancel";
  const then = isCanceled ? "it is cancelled" : "it is kept, unpaid";
  const told: Alert = {
    key: accessEndedKey(overdue),
    kind: "access_ended",
    text: `Unpaid since ${dayInWords(overdue.unpaidSince)}: access to ${terms.tier} has ended, ${then}`,
    fields: { subscription: id, ...due, tier: terms.tier, ends_at: endsAt },
    superseded: false,
    at: now,
  };
  // Of one that is kept the customer can still pay, and has access again.
  const payable = isCanceled || unpaid === undefined ? {} : { invoice: unpaid.id };
  return isAtEnd(dunned) ? [told, ended(accessEndedKey(overdue), endsAt, payable)] : [told];
}
