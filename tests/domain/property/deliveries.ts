import * as fc from "fast-check";
import type { Alert } from "../../../domain/alert.ts";
import type { Checkout } from "../../../domain/checkout.ts";
import type { Decision } from "../../../domain/decide.ts";
import { decide } from "../../../domain/decide.ts";
import type { Turn } from "../../../domain/life.ts";
import type { ObservedDispute, ObservedRefund } from "../../../domain/observation.ts";
import type { Payment } from "../../../domain/payment.ts";
import type { Subscription } from "../../../domain/subscription.ts";
import type { Instant } from "../../../domain/time.ts";
import { MINUTE } from "../../../domain/time.ts";
import { CATALOG, checkout, life, observation, session } from "../builders.ts";
import type { Emitted, History } from "./history.ts";

/** The choices of a history. */
export const choices = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 14, size: "max" });

/** Bought at our own checkout, or not. */
export const owner = fc.constantFrom(checkout({ state: "open" }), null);

/** How one event, or a look without any, is delivered. */
export interface Delivery {
  /** Which event, as a share of all from 0 to 1; null: a look that no event asked for. */
  readonly share: number;
  readonly isLook: boolean;
  /** Moments by which it is late. */
  readonly delay: number;
  readonly order: number;
}

/** Late, doubled and shuffled deliveries beside the one that every event of a set has. */
export const schedule: fc.Arbitrary<{
  readonly first: readonly { readonly delay: number; readonly order: number }[];
  readonly extra: readonly Delivery[];
  /** Whether turns are taken at their deadlines, too. */
  readonly clock: boolean;
}> = fc.record({
  first: fc.array(fc.record({ delay: fc.nat(6), order: fc.nat(1_000) }), { maxLength: 60, size: "max" }),
  extra: fc.array(
    fc.record({
      share: fc.double({ min: 0, max: 0.999, noNaN: true }),
      isLook: fc.boolean(),
      delay: fc.nat(6),
      order: fc.nat(1_000),
    }),
    { maxLength: 8 },
  ),
  clock: fc.boolean(),
});

export type Schedule = typeof schedule extends fc.Arbitrary<infer S> ? S : never;

interface Arrival {
  readonly moment: number;
  readonly order: number;
  readonly emitted: Emitted | null;
}

/** When each event arrives: never before the moment that it tells of. */
function arrivals({ moments }: History, events: readonly Emitted[], plan: Schedule): readonly Arrival[] {
  const last = moments.length - 1;
  const once = events.map((emitted, index): Arrival => {
    const { delay, order } = plan.first[index] ?? { delay: 0, order: 0 };
    return { moment: Math.min(last, emitted.from + delay), order, emitted };
  });
  const more = plan.extra.map(({ share, isLook, delay, order }): Arrival => {
    const emitted = isLook ? null : (events[Math.floor(share * events.length)] ?? null);
    const from = emitted?.from ?? Math.floor(share * moments.length);
    return { moment: Math.min(last, from + delay), order, emitted };
  });
  return [...once, ...more].toSorted((a, b) => a.moment - b.moment || a.order - b.order);
}

/** What Postgres holds of one life. */
export interface Books {
  readonly checkout: Checkout | null;
  readonly subscription: Subscription | null;
  readonly payments: ReadonlyMap<string, Payment>;
  readonly refunds: ReadonlyMap<string, ObservedRefund>;
  readonly disputes: ReadonlyMap<string, ObservedDispute>;
  readonly alerts: ReadonlyMap<string, Alert>;
  /** Keys of what was asked of the provider. */
  readonly calls: ReadonlySet<string>;
  /** When it became known, or null: bought at our own checkout, or not known yet. */
  readonly adoptedAt: Instant | null;
  readonly nextDeadline: number | null;
}

/** Before anything is known. */
export const NO_BOOKS: Books = {
  checkout: null,
  subscription: null,
  payments: new Map(),
  refunds: new Map(),
  disputes: new Map(),
  alerts: new Map(),
  calls: new Set(),
  adoptedAt: null,
  nextDeadline: null,
};

/** One turn with what it decided and the books before and after it. */
export interface Taken {
  readonly turn: Turn;
  readonly decision: Decision;
  readonly before: Books;
  readonly after: Books;
}

/** Delivers the events turn by turn and ends with a look at the last moment. What came together is taken together. */
export function deliver(
  history: History,
  events: readonly Emitted[],
  plan: Schedule,
  bought: Checkout | null,
): readonly Taken[] {
  const batches = new Map<string, Arrival[]>();
  for (const arrival of arrivals(history, events, plan)) {
    const key = `${arrival.moment}/${Math.floor(arrival.order / 100)}`;
    batches.set(key, [...(batches.get(key) ?? []), arrival]);
  }
  const last = history.moments.length - 1;
  const turns = [...batches.values(), [{ moment: last, order: 0, emitted: null }]];
  let before: Books = { ...NO_BOOKS, checkout: bought };
  const take = (now: Instant, batch: readonly Arrival[]): Taken => {
    const turn = look(history, now, batch, before);
    const decision = decide(turn);
    const taken = { turn, decision, before, after: record(before, decision, now) };
    before = taken.after;
    return taken;
  };
  return turns.flatMap((batch) => {
    const now = timeOf(history, batch[0]?.moment ?? 0) + MINUTE;
    const woken: Taken[] = [];
    // What the books wait for comes before, if the clock runs: then nobody has to tell of it.
    for (
      let { nextDeadline: due } = before;
      plan.clock && due !== null && due < now;
      due = before.nextDeadline
    ) {
      woken.push(take(due, []));
    }
    return [...woken, take(now, batch)];
  });
}

function timeOf({ moments }: History, index: number): Instant {
  const moment = moments[index];
  if (moment === undefined) throw new Error("a history has each of its moments");
  return moment.at;
}

function look({ moments }: History, now: Instant, batch: readonly Arrival[], books: Books): Turn {
  const moment = moments.findLast(({ at }) => at <= now);
  if (moment === undefined) throw new Error("nothing is looked at before it began");
  const emitted = batch.flatMap((arrival) => arrival.emitted ?? []);
  return {
    life: life({
      checkout: books.checkout,
      subscription: books.subscription,
      payments: [...books.payments.values()],
      announced: [...books.alerts.values()].filter((alert) => !alert.superseded).map((alert) => alert.key),
      siblings: [],
      adoptedAt: books.adoptedAt,
    }),
    observation: observation({
      events: emitted.map(({ event }) => event),
      session: books.checkout && session("complete"),
      subscription: moment.subscription,
      invoices: moment.invoices,
      // Only refunds and disputes that an event names are fetched.
      refunds: moment.refunds.filter(({ id }) => emitted.some(({ named }) => named === id)),
      disputes: moment.disputes.filter(({ id }) => emitted.some(({ named }) => named === id)),
    }),
    commands: [],
    calls: [],
    catalog: CATALOG,
    now,
  };
}

/** Writes as the store does: the first alert of a key stays, what succeeded stays, counts only grow. */
export function record(books: Books, decision: Decision, now: Instant): Books {
  const payments = new Map(books.payments);
  for (const payment of decision.payments) {
    const held = payments.get(payment.id);
    payments.set(payment.id, held === undefined ? payment : merged(held, payment));
  }
  const refunds = new Map(books.refunds);
  for (const refund of decision.refunds) refunds.set(refund.id, refund);
  const disputes = new Map(books.disputes);
  for (const dispute of decision.disputes) disputes.set(dispute.id, dispute);
  const alerts = new Map(books.alerts);
  for (const alert of decision.alerts) if (!alerts.has(alert.key)) alerts.set(alert.key, alert);
  const { subscription, nextDeadline } = decision;
  const calls = new Set([...books.calls, ...decision.calls.map(({ key }) => key)]);
  const adoptedAt = decision.checkout === null && subscription !== null ? (books.adoptedAt ?? now) : null;
  return {
    checkout: decision.checkout,
    subscription,
    payments,
    refunds,
    disputes,
    alerts,
    calls,
    adoptedAt,
    nextDeadline,
  };
}

const merged = (held: Payment, payment: Payment): Payment => ({
  ...payment,
  status: held.status === "succeeded" ? "succeeded" : payment.status,
  money: held.status === "succeeded" ? held.money : payment.money,
  failedAttempts: Math.max(held.failedAttempts, payment.failedAttempts),
  paidAt: held.paidAt ?? payment.paidAt,
});
