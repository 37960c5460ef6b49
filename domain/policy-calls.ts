import type { Call } from "./call.ts";
import type { Dunned } from "./dunning.ts";
import { endOfGrace, isAtEnd } from "./dunning.ts";
import type { Life, Turn } from "./life.ts";
import type { Place } from "./live-subscription.ts";
import type { Collection, Payment } from "./payment.ts";
import { paymentsOf } from "./payment.ts";
import { isTerminal } from "./status.ts";
import type { Subscription } from "./subscription.ts";
import { MINUTE } from "./time.ts";

/** What a turn has found out, as far as it decides what we do unasked. */
interface Found {
  /** Null: there is no subscription yet. */
  readonly dunned: Dunned | null;
  /** Its payments as they are after the turn. */
  readonly payments: readonly Payment[];
  readonly place: Place | null;
  /** Whether the provider's truth was read; else the subscription is as we last knew it. */
  readonly isRead: boolean;
}

/** What we do at the provider unasked, by the catalog's policy. Never in the turn that adopts a subscription (R14). */
export function callsByPolicy(turn: Turn, found: Found): readonly Call[] {
  const { dunned } = found;
  if (dunned === null || isAdopting(turn.life)) return [];
  const { subscription, collected } = dunned;
  // That it was ended is heard once, so it is acted upon whatever the look has shown.
  const refunds = refundDuplicate(turn, subscription, found);
  if (!found.isRead) return refunds;
  return [
    ...endUnpaid(dunned),
    ...endDuplicate(turn, dunned, found.place),
    ...refunds,
    ...latePayments(turn.life, subscription, collected).flatMap((payment) =>
      turn.catalog.policy.latePayments === "refund" ? [refundOf(subscription, payment, "late")] : [],
    ),
  ];
}

export const isAdopting = ({ checkout, subscription }: Life): boolean =>
  checkout === null && subscription === null;

/** The end of the dunning calendar. An end that was put off is another one. */
function endUnpaid(dunned: Dunned): readonly Call[] {
  const { calendar } = dunned;
  if (calendar.end.action !== "cancel" || !isAtEnd(dunned)) return [];
  const { provider, providerSubscriptionId } = dunned.subscription.terms;
  return [
    {
      key: `${provider}/end_unpaid/${providerSubscriptionId}/${endOfGrace(dunned.subscription, calendar)}`,
      commandId: null,
      operation: { name: "end_unpaid", providerSubscriptionId },
    },
  ];
}

/** R9: only what our own checkout opened, and only by its own workflow; what others have sold is theirs to end. */
function endDuplicate(
  { life, catalog }: Turn,
  { subscription, collected }: Dunned,
  place: Place | null,
): readonly Call[] {
  const isOurs = life.checkout !== null && catalog.policy.duplicates !== "keep";
  // What is under way is not begun again, be it for another reason.
  if (!isOurs || life.isEnding === true || place === null || place.duplicateOf === null) return [];
  const { provider, providerSubscriptionId } = subscription.terms;
  const other = life.siblings?.find(({ id }) => id === place.duplicateOf);
  return [
    {
      // Called off because the other one was not paid for just then, it is due anew when that one has recovered.
      key: `${provider}/end_duplicate/${providerSubscriptionId}/${place.duplicateOf}/${other?.subscription.since ?? 0}`,
      commandId: null,
      operation: {
        name: "end_duplicate",
        providerSubscriptionId,
        live: place.duplicateOf,
        credit:
          catalog.policy.duplicates === "cancel_and_refund" &&
          // What is left of a period that nobody has paid is nothing.
          subscription.status === "active" &&
          isPaid(collected) &&
          cameBefore(subscription, place),
      },
    },
  ];
}

/** Whether nothing of it is owed: a bank debit that is under way may fail, or come in after the end and go back. */
const isPaid = (collected: readonly Collection[]): boolean =>
  collected.at(-1)?.invoice.state === "paid" &&
  collected.every(({ invoice }) => invoice.state === "paid" || invoice.state === "void");

/** Two that began within this time were bought at once: neither was used before there was the other. */
const AT_ONCE = 5 * MINUTE;

/** It was used alone for a while: what is left of its period is credited, instead of a payment refunded. */
const cameBefore = ({ startedAt }: Subscription, { liveSince }: Place): boolean =>
  liveSince !== null && startedAt < liveSince - AT_ONCE;

/** When a duplicate has been ended and nothing of it credited: what was paid for it since there were two goes back. */
function refundDuplicate(
  { life, catalog, calls }: Turn,
  subscription: Subscription,
  { payments }: Found,
): readonly Call[] {
  if (catalog.policy.duplicates !== "cancel_and_refund") return [];
  const others = calls.flatMap(({ operation, end }) => {
    const isEnded = operation.name === "end_duplicate" && end.state === "done" && !operation.credit;
    return isEnded ? (life.siblings?.filter(({ id }) => id === operation.live) ?? []) : [];
  });
  if (others.length === 0) return [];
  const began = Math.min(...others.map((other) => other.subscription.startedAt));
  const since = Math.max(subscription.startedAt, began) - AT_ONCE;
  // What came in after its end is late money, and goes back as such.
  const until = "endedAt" in subscription ? subscription.endedAt : Infinity;
  const seen = new Set(payments.map(({ id }) => id));
  return [...life.payments.filter(({ id }) => !seen.has(id)), ...payments]
    .filter(
      ({ status, paidAt }) => status === "succeeded" && paidAt !== null && paidAt >= since && paidAt <= until,
    )
    .map((payment) => refundOf(subscription, payment, "duplicate"));
}

/**
 * R8: money that came in after the end, and is new to us. Not what the provider has charged with the end itself or
 * after it, such as the last invoice of somebody who cancels in the dashboard. What was there when we first saw the
 * subscription is not ours to give back (R14).
 */
export function latePayments(
  life: Life,
  subscription: Subscription,
  collected: readonly Collection[],
): readonly Payment[] {
  if (!isTerminal(subscription.status) || !("endedAt" in subscription) || isAdopting(life)) return [];
  const { endedAt } = subscription;
  return collected
    .filter(({ invoice }) => invoice.createdAt < endedAt)
    .flatMap(paymentsOf)
    .filter(
      ({ id, status, paidAt }) =>
        status === "succeeded" &&
        paidAt !== null &&
        paidAt > Math.max(endedAt, life.adoptedAt ?? 0) &&
        !life.payments.some((known) => known.id === id && known.status === "succeeded"),
    );
}

const refundOf = ({ terms }: Subscription, { id, money }: Payment, because: "late" | "duplicate"): Call => ({
  // One refund of one payment, whatever the reason.
  key: `${terms.provider}/refund/${id}`,
  commandId: null,
  operation: { name: "refund_payment", paymentId: id, refunded: money, because },
});
