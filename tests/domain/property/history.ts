import type {
  ObservedDispute,
  ObservedInvoice,
  ObservedSubscription,
  SeenEvent,
} from "../../../domain/observation.ts";
import { DAY, HOUR } from "../../../domain/time.ts";
import { observed, START } from "../builders.ts";
import type { Moment, Step, World } from "./steps.ts";
import {
  announceTrialEnd,
  arrange,
  become,
  changeTier,
  disputing,
  end,
  endTrial,
  extendTrial,
  fail,
  failRefund,
  giveUp,
  invoiced,
  makeRefund,
  pay,
  payOtherwise,
  payUncounted,
  renew,
  settled,
  telling,
} from "./steps.ts";

/** An event, the moment from which it can be delivered, and what it makes us fetch. */
export interface Emitted {
  readonly from: number;
  readonly event: SeenEvent;
  readonly named: string | null;
}

/** How a provider's truth went on from its first moment to its last. */
export interface History {
  readonly moments: readonly Moment[];
  readonly events: readonly Emitted[];
}

/** Which of the provider's ways a history may take. */
export interface Ways {
  /** A customer pays by hand or with another card: the invoice alone no longer tells how often it failed. */
  readonly byHand: boolean;
  /** A refund that is made can still fail, and a dispute goes on: who misses that event hears it at the catch-up. */
  readonly reversed: boolean;
  /** Times that the provider does not say: pauses, and what is given up as uncollectible. */
  readonly untold: boolean;
}

/** Plays a history: each choice takes one of the steps that are open then. */
export function play([first = 0, ...choices]: readonly number[], ways: Ways): History {
  let world = BEGINNINGS[first % BEGINNINGS.length] ?? BEGINNINGS[0];
  const moments = [world.moment];
  const events: Emitted[] = world.emitted.map((each) => ({ ...each, from: 0 }));
  for (const choice of choices) {
    const steps = open(world.moment, ways);
    const step = steps[choice % steps.length];
    if (step === undefined) break;
    const hours = 1 + (choice % 200);
    world = step({ moment: { ...world.moment, at: world.moment.at + hours * HOUR }, emitted: [] });
    for (const each of world.emitted) events.push({ ...each, from: moments.length });
    moments.push(world.moment);
  }
  return { moments, events };
}

const FIRST = invoiced("in_1", START);

const beginning = (change: Partial<ObservedSubscription>, invoice: ObservedInvoice): Moment => ({
  at: START,
  subscription: observed(change),
  invoices: [invoice],
  refunds: [],
  disputes: [],
});

/** Paid at once, a first payment that fails, and a trial with its invoice of 0. */
const BEGINNINGS: readonly [World, ...World[]] = [
  telling(
    beginning({ status: "active" }, settled(FIRST, START)),
    "customer.subscription.created",
    "invoice.paid",
  ),
  fail(FIRST, 1, "incomplete")(telling(beginning({ status: "incomplete" }, FIRST))),
  telling(
    beginning(
      { status: "trialing", trialEnd: START + 7 * DAY },
      { ...FIRST, state: "paid", due: { amount: 0, currency: "usd" }, paidAt: START, payments: [] },
    ),
    "customer.subscription.created",
    "invoice.paid",
  ),
];

/** The steps that the provider's truth can take now. */
function open(moment: Moment, ways: Ways): readonly Step[] {
  const { subscription, invoices } = moment;
  const latest = invoices.at(-1);
  if (latest === undefined) return [];
  const late = [...refunding(moment, ways), ...disputed(moment, ways), ...payingOld(moment)];
  // A debit that is under way ends before anything else happens.
  if (latest.state === "open" && latest.attempts > 0 && subscription.status === "active") {
    return [payUncounted(latest), fail(latest, 0)];
  }
  switch (subscription.status) {
    case "incomplete":
      return [
        pay(latest),
        ...(ways.byHand ? [payUncounted(latest), payOtherwise(latest)] : []),
        end("incomplete_expired", "void"),
        ...late,
      ];
    case "trialing":
      return [
        endTrial(true),
        endTrial(false),
        announceTrialEnd(subscription.trialEnd ?? moment.at),
        extendTrial,
        end("canceled"),
        arrange,
        ...late,
      ];
    case "active":
      return [
        renew("paid"),
        renew("failed"),
        renew("debited"),
        changeTier,
        arrange,
        end("canceled"),
        ...(ways.untold ? [become("paused")] : []),
        ...late,
      ];
    case "past_due":
      return [
        fail(latest, 1),
        pay(latest),
        ...(ways.byHand ? [payUncounted(latest), payOtherwise(latest)] : []),
        renew("paid"),
        renew("failed"),
        end("canceled"),
        ...(ways.untold ? [become("unpaid"), giveUp(latest)] : []),
        ...late,
      ];
    case "paused":
      return [become("active"), end("canceled"), ...late];
    case "unpaid":
      return [pay(latest), end("canceled"), ...late];
    default:
      return [...(ways.byHand && latest.state === "open" ? [payUncounted(latest)] : []), ...late];
  }
}

/** An older invoice that was left open is paid at last. */
function payingOld({ invoices }: Moment): readonly Step[] {
  const old = invoices.slice(0, -1).find((each) => each.state === "open");
  return old === undefined ? [] : [pay(old)];
}

function refunding({ invoices, refunds }: Moment, { reversed }: Ways): readonly Step[] {
  const payment = invoices
    .flatMap((each) => each.payments)
    .find((each) => each.state === "paid" && refunds.every((made) => made.paymentId !== each.id));
  const made = refunds.find((each) => each.status === "succeeded");
  return [
    ...(payment === undefined ? [] : [makeRefund(payment.id)]),
    ...(reversed && made !== undefined ? [failRefund(made)] : []),
  ];
}

/** A payment is disputed, and what became of the last dispute may go on. */
function disputed({ invoices, disputes }: Moment, { reversed }: Ways): readonly Step[] {
  const payment = invoices
    .flatMap((each) => each.payments)
    .find((each) => each.state === "paid" && disputes.every((one) => one.paymentId !== each.id));
  const opened =
    payment === undefined ? [] : [disputing(payment.id, "inquiry"), disputing(payment.id, "open")];
  const last = disputes.at(-1);
  return reversed && last !== undefined ? [...opened, ...goingOn(last)] : opened;
}

function goingOn({ paymentId, status }: ObservedDispute): readonly Step[] {
  switch (status) {
    case "inquiry":
      return [disputing(paymentId, "open"), disputing(paymentId, "closed")];
    case "open":
      return [disputing(paymentId, "won"), disputing(paymentId, "lost")];
    case "lost":
      return [disputing(paymentId, "won")];
    case "won":
    case "closed":
      return [];
  }
}
