import type { Alert } from "./alert.ts";
import type { Call } from "./call.ts";
import type { Checkout } from "./checkout.ts";
import type { Parameters } from "./command.ts";
import { inWords } from "./command.ts";
import { dayInWords } from "./day.ts";
import type { Dunned } from "./dunning.ts";
import { policyInWords } from "./explain-policy.ts";
import type { Turn } from "./life.ts";
import { formatMoney } from "./money.ts";
import type { ObservedDispute, ObservedRefund } from "./observation.ts";
import type { Outlook } from "./observe-subscription.ts";
import { inTerms, scheduledOf } from "./order.ts";
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
export function explain(
  turn: Turn,
  findings: Findings,
  {
    dunned,
    calls,
    alerts,
  }: { readonly dunned: Dunned | null; readonly calls: readonly Call[]; readonly alerts: readonly Alert[] },
): string {
  const asked = turn.commands.flatMap(({ kind, askedBy, why, parameters }) =>
    // Every checkout begins by being asked for.
    kind === "checkout"
      ? []
      : [
          `${askedBy} asked for ${[inWords(kind), ...wanted(parameters)].join(" ")}${why === null ? "" : `: ${why}`}`,
        ],
  );
  const unasked = policyInWords(turn, dunned, calls, alerts);
  const facts = [...happened(turn, findings), ...unasked, ...asked];
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
    ...rearranged(before, subscription),
  ];
}

/** Other terms that are arranged since, or are no longer. Those that have begun are no news of this kind. */
function rearranged(before: Subscription, subscription: Subscription): readonly string[] {
  const was = scheduledOf(before);
  const is = scheduledOf(subscription);
  if (is !== null) {
    const isSame = was?.at === is.at && was.priceId === is.priceId && was.quantity === is.quantity;
    return isSame ? [] : [`a change to ${inTerms(is)} on ${dayInWords(is.at)} is arranged`];
  }
  const { priceId, quantity } = subscription.terms;
  const hasBegun = was?.priceId === priceId && was.quantity === quantity;
  return was === null || hasBegun || !("scheduled" in subscription)
    ? []
    : ["the arranged change is withdrawn"];
}

/** What comes with a command: `scale year period end`, `10 days`. */
const wanted = ({ days, ...change }: Parameters = {}): readonly string[] => [
  ...Object.values(change).map((word) => `${word}`.replaceAll("_", " ")),
  ...(days === undefined ? [] : [`${days} days`]),
];

const endOf = (subscription: Subscription): number | null =>
  "cancelAt" in subscription ? subscription.cancelAt : null;
