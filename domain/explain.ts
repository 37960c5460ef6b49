import type { Checkout } from "./checkout.ts";
import { inWords } from "./command.ts";
import type { Turn } from "./life.ts";
import { formatMoney } from "./money.ts";
import type { ObservedDispute, ObservedRefund } from "./observation.ts";
import type { Outlook } from "./observe-subscription.ts";
import type { Payment } from "./payment.ts";
import type { Subscription } from "./subscription.ts";

/** What a turn has found out. */
interface Findings {
  readonly reading: Outlook;
  readonly checkout: Checkout | null;
  readonly subscription: Subscription | null;
  readonly payments: readonly Payment[];
  readonly refunds: readonly ObservedRefund[];
  readonly disputes: readonly ObservedDispute[];
}

/** One sentence for people: what it is now, and what has brought that about. */
export function explain(turn: Turn, findings: Findings): string {
  const asked = turn.commands.flatMap(({ kind, askedBy, why, parameters }) =>
    // Every checkout begins by being asked for.
    kind === "checkout"
      ? []
      : [
          `${askedBy} asked for ${[inWords(kind), ...Object.values(parameters ?? {})].join(" ")}${why === null ? "" : `: ${why}`}`,
        ],
  );
  const facts = [...happened(turn, findings), ...asked];
  const state = stateOf(turn, findings);
  return facts.length === 0 ? state : `${state} (${facts.join("; ")})`;
}

/** What it is now, in a few words. */
export function stateOf({ life }: Turn, { reading, checkout, subscription }: Findings): string {
  if (reading.kind === "not_in_catalog" || reading.kind === "unreadable") {
    return `Nothing changed: ${reading.why}`;
  }
  if (subscription === null) {
    return checkout === null ? "The provider has no such subscription" : `The checkout is ${checkout.state}`;
  }
  const before = life.subscription?.status;
  const now = subscription.status;
  if (reading.kind === "absent") return `The provider no longer shows it; it stays ${now}`;
  if (before === undefined) return `The provider has a subscription, ${now}`;
  if (before === now) return `Still ${now} at the provider`;
  const hasRecovered = before === "past_due" && now === "active";
  return hasRecovered
    ? "The overdue payment came through: past_due → active"
    : `The provider changed it: ${before} → ${now}`;
}

function happened(
  { life }: Turn,
  { subscription, payments, refunds: given, disputes }: Findings,
): readonly string[] {
  const before = life.subscription;
  const hadPaid = new Set(life.payments.flatMap(({ id, status }) => (status === "succeeded" ? [id] : [])));
  const failures = (invoiceId: string): number =>
    Math.max(0, ...life.payments.map((known) => (known.invoiceId === invoiceId ? known.failedAttempts : 0)));
  const money = payments.flatMap((payment) => {
    const amount = formatMoney(payment.money);
    if (payment.status === "succeeded") return hadPaid.has(payment.id) ? [] : [`${amount} paid`];
    return payment.failedAttempts > failures(payment.invoiceId)
      ? [`payment of ${amount} failed, attempt ${payment.failedAttempts}`]
      : [];
  });
  const refunds = given.map(({ refunded, status }) => `refund of ${formatMoney(refunded)} ${status}`);
  const disputed = disputes.map((one) => `dispute of ${formatMoney(one.disputed)}: ${one.status}`);
  const moved = [...money, ...refunds, ...disputed];
  if (before === null || subscription === null) return moved;
  return [
    ...moved,
    ...(subscription.period.start > before.period.start ? ["a new period began"] : []),
    ...(subscription.terms.tier === before.terms.tier
      ? []
      : [`from ${before.terms.tier} to ${subscription.terms.tier}`]),
    ...(endOf(before) === null && endOf(subscription) !== null ? ["its end is arranged"] : []),
    ...(endOf(before) !== null && "cancelAt" in subscription && endOf(subscription) === null
      ? ["its arranged end is withdrawn"]
      : []),
  ];
}

const endOf = (subscription: Subscription): number | null =>
  "cancelAt" in subscription ? subscription.cancelAt : null;
