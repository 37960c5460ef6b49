import type { Alert } from "./alert.ts";
import {
  callRefused,
  checkoutStarted,
  commandRefused,
  duplicateSubscription,
  eventParked,
  latePayment,
  paymentAlerts,
  refundFailed,
  refundRecorded,
  renewalOverdue,
  subscriptionCanceled,
  subscriptionStarted,
  subscriptionUnseen,
} from "./alerts.ts";
import type { Answer } from "./answer.ts";
import { answerCommand } from "./answer.ts";
import type { Call } from "./call.ts";
import type { Checkout } from "./checkout.ts";
import { settleCheckout } from "./checkout.ts";
import type { Command, Outcome } from "./command.ts";
import { isRenewalOverdue, nextDeadline } from "./deadline.ts";
import { disputeAlerts } from "./dispute.ts";
import type { Dunned } from "./dunning.ts";
import { accessEnded, dunnedIn, dunningMessages } from "./dunning.ts";
import { explain, stateOf } from "./explain.ts";
import type { Life, Turn } from "./life.ts";
import type { Place } from "./live-subscription.ts";
import { placeOf } from "./live-subscription.ts";
import type { ObservedDispute, ObservedRefund, SeenEvent } from "./observation.ts";
import type { Outlook } from "./observe-subscription.ts";
import { readSubscription } from "./observe-subscription.ts";
import type { Collection, Payment } from "./payment.ts";
import { collections, paymentsOf } from "./payment.ts";
import { callsByPolicy, isAdopting, latePayments } from "./policy-calls.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";
import { trialsEnding } from "./trial.ts";

/** What becomes of one stored event in this turn (R2). */
interface EventEnd {
  readonly event: SeenEvent;
  readonly state: "applied" | "ignored" | "parked";
  readonly reason: string | null;
}

export interface Decision {
  readonly checkout: Checkout | null;
  readonly subscription: Subscription | null;
  /** Null: it has none among the customer's subscriptions yet. */
  readonly place: Place | null;
  readonly payments: readonly Payment[];
  readonly refunds: readonly ObservedRefund[];
  readonly disputes: readonly ObservedDispute[];
  readonly alerts: readonly Alert[];
  readonly calls: readonly Call[];
  readonly answers: readonly { readonly commandId: string; readonly outcome: Outcome }[];
  readonly events: readonly EventEnd[];
  /** An operator asked for the parked events to be tried again. */
  readonly unpark: boolean;
  readonly needsAttention: string | null;
  readonly nextDeadline: Instant | null;
  /** One sentence for people: why it is now in this state. */
  readonly why: string;
}

/**
 * The whole of what a turn means: from what we knew, what the provider says now, and what was asked, to what is
 * true, what is to be told, and what is to be done. Pure: the same turn always gives the same decision.
 */
export function decide(turn: Turn): Decision {
  const { life, observation, now } = turn;
  const collected = collections(observation, life.payments);
  const reading = read(turn, collected);
  const subscription = reading.kind === "read" ? reading.subscription : life.subscription;
  const opening = turn.calls.find((call) => call.operation.name === "open_checkout");
  const checkout =
    life.checkout &&
    settleCheckout(life.checkout, { bought: subscription !== null, session: observation.session, opening });
  // Money of a known subscription is a fact, also when the provider no longer shows the subscription itself.
  const isOurs = reading.kind === "read" || (reading.kind === "absent" && life.subscription !== null);
  const payments = isOurs ? collected.flatMap(paymentsOf) : [];
  const refunds = isOurs ? observation.refunds : [];
  const disputes = isOurs ? (observation.disputes ?? []) : [];
  const events = observation.events.map((event) => endOf(event, reading, life));
  const findings = { reading, checkout, subscription, payments, refunds, disputes };
  const unread = reading.kind === "read" ? null : stateOf(turn, findings);
  const answered = answersTo(turn, checkout, subscription, unread);
  const refusedByProvider = answered.flatMap(({ command, answer }) =>
    isProviderRefusal(answer) ? [{ commandId: command.id, what: answer.outcome.what }] : [],
  );

  const refusedByPolicy = turn.calls.flatMap(({ key, commandId, end }) =>
    commandId === null && end.state === "refused" && end.reason === "provider_refused"
      ? [{ key, what: end.what }]
      : [],
  );
  const place =
    subscription === null || life.siblings === undefined
      ? null
      : placeOf(
          { id: life.id, subscription, isEnding: life.isEnding ?? false },
          life.siblings,
          turn.catalog,
          now,
        );
  const dunned = subscription && dunnedIn(turn, subscription, collected);
  const facts = isOurs ? factsOf(turn, { dunned, collected, refunds, disputes }) : [];
  const calls = [
    ...answered.flatMap(({ answer }) => (answer.kind === "call" ? [answer.call] : [])),
    ...callsByPolicy(turn, { dunned, payments, place, isRead: isOurs }),
  ];

  const alerts: readonly Alert[] = [
    ...(life.checkout?.state === "opening" && checkout?.state === "open"
      ? [checkoutStarted(checkout, now)]
      : []),
    ...(reading.kind === "absent" && subscription === null && checkout !== null
      ? subscriptionUnseen(life.id, checkout, now)
      : []),
    // R14: what was there before we knew it is recorded and announced to nobody.
    ...(isAdopting(life) ? facts.map((alert) => ({ ...alert, superseded: true })) : facts),
    // Who pays twice is told of, whoever sold it.
    ...(subscription !== null && place !== null && place.duplicateOf !== null
      ? [duplicateSubscription(life.id, subscription, place.duplicateOf, now)]
      : []),
    ...events.flatMap(({ event, state, reason }) =>
      state === "parked" ? [eventParked(life.id, event, reason ?? "", now)] : [],
    ),
    ...refusedByProvider.map(({ commandId, what }) => commandRefused(life.id, commandId, what, now)),
    ...refusedByPolicy.map(({ key, what }) => callRefused(life.id, key, what, now)),
  ];

  return {
    checkout,
    subscription,
    place,
    payments,
    refunds,
    disputes,
    alerts,
    calls,
    answers: answered.flatMap(({ command, answer }) =>
      answer.kind === "outcome" ? [{ commandId: command.id, outcome: answer.outcome }] : [],
    ),
    events,
    unpark: turn.commands.some((command) => command.kind === "unpark"),
    needsAttention: attention(turn, refusedByProvider[0]?.what ?? refusedByPolicy[0]?.what),
    nextDeadline: nextDeadline(life.id, checkout, subscription, turn.catalog.policy, now),
    why: explain(turn, findings, { dunned, calls, alerts }),
  };
}

interface Facts {
  /** Null: there is no subscription yet. */
  readonly dunned: Dunned | null;
  readonly collected: readonly Collection[];
  readonly refunds: readonly ObservedRefund[];
  readonly disputes: readonly ObservedDispute[];
}

/** What is to be told of what the provider says, and of what our own calendars ask for. */
function factsOf(turn: Turn, facts: Facts): readonly Alert[] {
  const { life, observation, now, catalog } = turn;
  const { dunned, collected } = facts;
  const money = [
    ...collected.flatMap((one) => paymentAlerts(life.id, one, life.announced, now)),
    ...facts.refunds.flatMap((refund) => [
      refundRecorded(life.id, refund, now),
      ...refundFailed(life.id, refund, now),
    ]),
    ...facts.disputes.flatMap((one) => disputeAlerts(life.id, one, observation, life.announced, now)),
  ];
  if (dunned === null) return money;
  const { subscription } = dunned;
  const { policy } = catalog;
  return [
    ...(observation.subscription === null
      ? []
      : subscriptionStarted(life.id, subscription, observation.subscription, observation.invoices, now)),
    ...money,
    ...dunningMessages(dunned),
    ...accessEnded(dunned),
    ...trialsEnding(life.id, subscription, observation.events, policy, now),
    ...(isRenewalOverdue(life.id, subscription, now) ? [renewalOverdue(life.id, subscription, now)] : []),
    ...latePayments(life, subscription, collected).map((one) => latePayment(life.id, one, policy, now)),
    ...subscriptionCanceled(life.id, subscription, now),
  ];
}

function read(turn: Turn, collected: readonly Collection[]): Outlook {
  const { subscription } = turn.observation;
  return subscription === null ? { kind: "absent" } : readSubscription(subscription, collected, turn);
}

/**
 * Answers what was asked, in the order of asking: one at a time asks the provider. Of several that ask to cancel, the
 * first asks and all hear its answer.
 */
function answersTo(
  { commands, calls, pending = [], observation: { invoices }, catalog }: Turn,
  checkout: Checkout | null,
  subscription: Subscription | null,
  unread: string | null,
): readonly { readonly command: Command; readonly answer: Answer }[] {
  const waiting = new Set<Command["kind"]>();
  return commands.map((command) => {
    const finished = calls.find(
      (call) =>
        call.commandId === command.id ||
        (command.kind === "cancel" && call.operation.name === "cancel_subscription"),
    );
    const isPending = pending.includes(command.id);
    // An end waits for nothing but another: what it overtakes is judged by it.
    const isBehind = command.kind === "cancel" ? waiting.has("cancel") : waiting.size > 0;
    const known = { checkout, subscription, invoices, catalog, finished, isPending, isBehind, unread };
    const answer = answerCommand(command, known);
    if (command.kind !== "checkout" && answer.kind !== "outcome") waiting.add(command.kind);
    return { command, answer };
  });
}

function endOf(event: SeenEvent, reading: Outlook, life: Life): EventEnd {
  // Before its problem: what is not ours is nobody's work (R14).
  if (reading.kind === "not_in_catalog")
    return { event, state: "ignored", reason: `not in catalog: ${reading.why}` };
  if (event.problem !== undefined) return { event, state: "parked", reason: event.problem };
  switch (reading.kind) {
    case "unreadable":
      return { event, state: "parked", reason: reading.why };
    case "absent":
      return life.checkout === null && life.subscription === null
        ? { event, state: "ignored", reason: "the provider has no such subscription" }
        : { event, state: "applied", reason: null };
    case "read":
      return { event, state: "applied", reason: null };
    default:
      return reading satisfies never;
  }
}

const isProviderRefusal = (
  answer: Answer,
): answer is { kind: "outcome"; outcome: Extract<Outcome, { state: "refused" }> } =>
  answer.kind === "outcome" &&
  answer.outcome.state === "refused" &&
  answer.outcome.reason === "provider_refused";

/** R7: only a permanent refusal of a command needs a person; `unpark` says that one has looked. */
function attention({ life, commands }: Turn, refusal: string | undefined): string | null {
  if (refusal !== undefined) return refusal;
  return commands.some((command) => command.kind === "unpark") ? null : life.needsAttention;
}
