import type {
  ObservedDispute,
  ObservedInvoice,
  ObservedSubscription,
  SeenEvent,
} from "../../../domain/observation.ts";
import type { Instant } from "../../../domain/time.ts";
import { DAY, HOUR } from "../../../domain/time.ts";
import { MONTH, observed, START } from "../builders.ts";
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
  schedule,
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
  let world = begin(first, "sub_1", START);
  const moments = [world.moment];
  const events: Emitted[] = world.emitted.map((each) => ({ ...each, from: 0 }));
  for (const choice of choices) {
    const steps = stepsFrom(world.moment, ways);
    const step = steps[choice % steps.length];
    if (step === undefined) break;
    const hours = 1 + (choice % 200);
    world = step({ moment: { ...world.moment, at: world.moment.at + hours * HOUR }, emitted: [] });
    for (const each of world.emitted) events.push({ ...each, from: moments.length });
    moments.push(world.moment);
  }
  return { moments, events };
}

/** How a subscription begins: paid at once, with a first payment that fails, or with a trial and its invoice of 0. */
export function begin(choice: number, subscriptionId: string, at: Instant): World {
  const first = invoiced(`${subscriptionId.replace("sub_", "in_")}_1`, at);
  const begun = (change: Partial<ObservedSubscription>, invoice: ObservedInvoice): Moment => ({
    at,
    subscription: observed({
      id: subscriptionId,
      startedAt: at,
      period: { start: at, end: at + MONTH },
      ...change,
    }),
    invoices: [invoice],
    refunds: [],
    disputes: [],
  });
  const created = ["customer.subscription.created", "invoice.paid"];
  switch (choice % 3) {
    case 0:
      return telling(begun({ status: "active" }, settled(first, at)), ...created);
    case 1:
      return fail(first, 1, "incomplete")(telling(begun({ status: "incomplete" }, first)));
    default:
      return telling(
        begun(
          { status: "trialing", trialEnd: at + 7 * DAY },
          { ...first, state: "paid", due: { amount: 0, currency: "usd" }, paidAt: at, payments: [] },
        ),
        ...created,
      );
  }
}

/** The steps that the provider's truth can take now. */
export function stepsFrom(moment: Moment, ways: Ways): readonly Step[] {
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
        schedule,
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
        end("canceled", "void"),
        ...(ways.untold ? [become("unpaid"), giveUp(latest)] : []),
        ...late,
      ];
    case "paused":
      return [become("active"), end("canceled"), ...late];
    case "unpaid":
      return [pay(latest), end("canceled"), end("canceled", "void"), ...late];
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
