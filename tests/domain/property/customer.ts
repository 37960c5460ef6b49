import { givesAccess } from "../../../domain/access.ts";
import type { Catalog } from "../../../domain/catalog.ts";
import type { Command } from "../../../domain/command.ts";
import type { Decision } from "../../../domain/decide.ts";
import { decide } from "../../../domain/decide.ts";
import { subscriptionId } from "../../../domain/ids.ts";
import type { Turn } from "../../../domain/life.ts";
import type { Held } from "../../../domain/live-subscription.ts";
import { isTerminal } from "../../../domain/status.ts";
import type { Instant } from "../../../domain/time.ts";
import { DAY, HOUR, MINUTE } from "../../../domain/time.ts";
import { CATALOG, checkout, observation, START, session } from "../builders.ts";
import { byPolicy } from "../deciding.ts";
import { NO_BOOKS, record } from "./deliveries.ts";
import { begin, stepsFrom } from "./history.ts";
import type { Customer, Side } from "./sides.ts";
import { withPerformed, withSide, withStep } from "./sides.ts";

/** One thing that happens; what exactly is chosen by the number. */
export interface Act {
  readonly what: "step" | "turn" | "clock" | "perform" | "extend" | "publish";
  readonly side: number;
  readonly choice: number;
}

/** What a turn of one side came to. */
export interface TurnTaken {
  readonly turn: Turn;
  readonly decision: Decision;
  readonly before: Side;
  readonly after: Side;
}

const WAYS = { byHand: true, reversed: true, untold: true };

/** Catalogs of which one after the other is in force. */
const CATALOGS: readonly Catalog[] = [
  CATALOG,
  byPolicy({
    dunning: { messages: [{ day: 1, send: "reminder" }], end: { day: 5, action: "cancel" } },
    duplicates: "cancel",
  }),
  byPolicy({ dunning: { ...CATALOG.policy.dunning, end: { day: 30, action: "keep_unpaid" } } }),
];

/** The customer's first moment. Each begins at its own hour, in its own way, at our checkout or elsewhere. */
export const customerOf = (
  begun: readonly { readonly isOurs: boolean; readonly minutes: number; readonly choice: number }[],
): Customer => ({
  now: START + 60 * DAY,
  catalog: CATALOG,
  sides: begun.map(({ isOurs, minutes, choice }, index) => {
    const { moment, emitted } = begin(choice, `sub_${index + 1}`, START + 60 * DAY - minutes * MINUTE);
    const priceId = choice % 2 === 0 ? "price_pro" : "price_scale";
    return {
      id: subscriptionId(`0190f000-0000-7000-8000-00000000000${index + 1}`),
      isOurs,
      truth: { ...moment, subscription: { ...moment.subscription, priceId } },
      waiting: emitted,
      books: { ...NO_BOOKS, checkout: isOurs ? checkout({ state: "open" }) : null },
      calls: new Map(),
      facts: 1,
      hasAccess: false,
      lastTurn: START,
    };
  }),
});

/** The customer after one more thing, and the turn that was taken for it, if any. */
export function after(
  customer: Customer,
  act: Act,
): { readonly customer: Customer; readonly taken: TurnTaken | null } {
  const side = customer.sides[act.side % customer.sides.length];
  if (side === undefined) throw new Error("a customer has a subscription");
  const nothing = { customer, taken: null };
  switch (act.what) {
    case "step": {
      const steps = stepsFrom(side.truth, WAYS);
      const step = steps[act.choice % steps.length];
      const next = { ...customer, now: customer.now + (1 + (act.choice % 300)) * HOUR };
      return step === undefined ? nothing : { customer: withStep(next, side, step), taken: null };
    }
    case "turn":
      return withTurn(customer, side, act.choice, []);
    case "clock": {
      const due = Math.min(...customer.sides.map(({ books }) => books.nextDeadline ?? Infinity));
      const woken = customer.sides.find(({ books }) => books.nextDeadline === due) ?? side;
      // Now and then a clock comes late.
      const late = act.choice % 5 === 0 ? 4 * DAY : 0;
      const now = Math.max(customer.now, due === Infinity ? 0 : due + late);
      return withTurn({ ...customer, now }, woken, act.choice, []);
    }
    case "perform": {
      const pending = [...side.calls.values()].find((each) => each.end === null);
      return pending === undefined
        ? nothing
        : { customer: withPerformed(customer, side, pending.call), taken: null };
    }
    case "extend": {
      const parameters = { days: 1 + (act.choice % 9) };
      const extension: Command = { id: "c1", kind: "extend_grace", askedBy: "maria", why: null, parameters };
      return withTurn(withSide(customer, { ...side, facts: side.facts + 1 }), side, act.choice, [extension]);
    }
    case "publish": {
      const catalog = CATALOGS[act.choice % CATALOGS.length] ?? CATALOG;
      const sides = customer.sides.map((each) => ({ ...each, facts: each.facts + 1 }));
      return { customer: { ...customer, catalog, sides }, taken: null };
    }
    default:
      return act.what satisfies never;
  }
}

/** Whether it is being ended as a duplicate, or has been: as the store says it. */
export const isEnding = ({ calls }: Side): boolean =>
  [...calls.values()].some(
    (each) => each.call.operation.name === "end_duplicate" && each.end?.state !== "refused",
  );

/** The customer's other subscriptions, as the store has them under the customer's lock. */
const siblingsOf = ({ sides }: Customer, { id }: Side): readonly Held[] =>
  sides.flatMap((other) =>
    other.id === id || other.books.subscription === null
      ? []
      : [
          {
            id: other.id,
            subscription: other.books.subscription,
            ...(isEnding(other) ? { isEnding: true } : {}),
          },
        ],
  );

/** A look with some of the events that wait, now and then at a status that nobody knows, and the turn on it. */
function withTurn(
  before: Customer,
  { id }: Side,
  choice: number,
  commands: readonly Command[],
): { readonly customer: Customer; readonly taken: TurnTaken } {
  const customer = { ...before, now: before.now + MINUTE };
  const side = customer.sides.find((each) => each.id === id);
  if (side === undefined) throw new Error("it is one of the customer's");
  const { books, truth } = side;
  const count = choice % (side.waiting.length + 1);
  const told = side.waiting.slice(0, count);
  const isUnknown = choice % 13 === 0;
  const turn: Turn = {
    life: {
      id,
      checkout: books.checkout,
      subscription: books.subscription,
      payments: [...books.payments.values()],
      announced: [...books.alerts.values()].flatMap(({ key, superseded }) => (superseded ? [] : [key])),
      siblings: siblingsOf(customer, side),
      ...(isEnding(side) ? { isEnding: true } : {}),
      adoptedAt: books.adoptedAt,
      needsAttention: null,
    },
    observation: observation({
      events: told.map(({ event }) => event),
      session: side.isOurs ? session("complete") : null,
      subscription: isUnknown ? { ...truth.subscription, status: "hibernating" } : truth.subscription,
      invoices: truth.invoices,
      refunds: truth.refunds.filter((each) => told.some(({ named }) => named === each.id)),
      disputes: truth.disputes.filter((each) => told.some(({ named }) => named === each.id)),
    }),
    commands,
    calls: [...side.calls.values()].flatMap((each) =>
      each.end === null || each.isHeard ? [] : [{ ...each.call, end: each.end }],
    ),
    catalog: customer.catalog,
    now: customer.now,
  };
  const decision = decide(turn);
  const hasAccess = decision.subscription !== null && givesAccess(decision.subscription, turn.now);
  const calls = new Map(side.calls);
  for (const [key, each] of calls) if (each.end !== null) calls.set(key, { ...each, isHeard: true });
  for (const call of decision.calls) {
    if (!calls.has(call.key)) calls.set(call.key, { call, end: null, isHeard: false });
  }
  const taken: Side = {
    ...side,
    waiting: side.waiting.slice(count),
    books: record(books, decision, turn.now),
    calls,
    // A status that nobody knows tells of nothing: what has happened is seen by a later turn.
    facts: isUnknown ? side.facts : 0,
    hasAccess,
    lastTurn: turn.now,
  };
  return { customer: withSide(customer, taken), taken: { turn, decision, before: side, after: taken } };
}

/** Whether a grace that stood in the books has ended between two moments. */
export const hasGraceEnded = ({ books }: Side, from: Instant, to: Instant): boolean => {
  const { subscription } = books;
  const graceUntil =
    subscription !== null && !isTerminal(subscription.status) && "graceUntil" in subscription
      ? subscription.graceUntil
      : null;
  return graceUntil !== null && graceUntil > from && graceUntil <= to;
};
