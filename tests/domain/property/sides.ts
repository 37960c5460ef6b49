import type { Call, FinishedCall } from "../../../domain/call.ts";
import type { Catalog } from "../../../domain/catalog.ts";
import type { SubscriptionId } from "../../../domain/ids.ts";
import type { Instant } from "../../../domain/time.ts";
import type { Books } from "./deliveries.ts";
import type { Moment, Step, World } from "./steps.ts";
import { end, makeRefund } from "./steps.ts";

/** A call as it is stored: what was decided first, and what came of it. */
interface StoredCall {
  readonly call: Call;
  readonly end: FinishedCall["end"] | null;
  /** A turn has heard of its end. */
  readonly isHeard: boolean;
}

/** One of the customer's subscriptions: the provider's truth, and our books. */
export interface Side {
  readonly id: SubscriptionId;
  readonly isOurs: boolean;
  readonly truth: Moment;
  readonly waiting: World["emitted"];
  readonly books: Books;
  readonly calls: ReadonlyMap<string, StoredCall>;
  /** What has happened to its money, its end or its grace since the last turn. */
  readonly facts: number;
  readonly hasAccess: boolean;
  readonly lastTurn: Instant;
}

export interface Customer {
  readonly now: Instant;
  readonly catalog: Catalog;
  readonly sides: readonly Side[];
}

export const withSide = (customer: Customer, side: Side): Customer => ({
  ...customer,
  sides: customer.sides.map((each) => (each.id === side.id ? side : each)),
});

/** The provider's truth goes on. */
export function withStep(customer: Customer, side: Side, step: Step): Customer {
  const world = step({ moment: { ...side.truth, at: customer.now }, emitted: [] });
  const { moment } = world;
  const isMoney =
    moment.subscription.status !== side.truth.subscription.status ||
    JSON.stringify(moment.invoices) !== JSON.stringify(side.truth.invoices);
  return withSide(
    { ...customer, now: Math.max(customer.now, moment.at) },
    {
      ...side,
      truth: moment,
      waiting: [...side.waiting, ...world.emitted],
      facts: side.facts + (isMoney ? 1 : 0),
    },
  );
}

const DONE: FinishedCall["end"] = { state: "done", expiresAt: null };
const NOT_NEEDED: FinishedCall["end"] = { state: "refused", reason: "not_needed", what: "it is over" };

/** The provider is asked: both sides are looked at first, as activities do it. */
export function withPerformed(customer: Customer, side: Side, { key, operation }: Call): Customer {
  const ended = (how: FinishedCall["end"], step: Step | null): Customer => {
    const stepped = step === null ? customer : withStep(customer, side, step);
    const next = stepped.sides.find((each) => each.id === side.id) ?? side;
    const stored = next.calls.get(key);
    if (stored === undefined) throw new Error("only what is stored is performed");
    return withSide(stepped, { ...next, calls: new Map(next.calls).set(key, { ...stored, end: how }) });
  };
  const { status } = side.truth.subscription;
  const isOver = status === "canceled" || status === "incomplete_expired";
  if (operation.name === "end_unpaid") {
    if (isOver) return ended(DONE, null);
    const isUnpaid = status === "past_due" || status === "unpaid";
    return isUnpaid ? ended(DONE, end("canceled", "void")) : ended(NOT_NEEDED, null);
  }
  if (operation.name === "end_duplicate") {
    const other = customer.sides.find((each) => each.id === operation.live)?.truth.subscription.status;
    const isPaidFor = other === "active" || other === "trialing" || other === "past_due";
    return isPaidFor ? ended(DONE, isOver ? null : end("canceled")) : ended(NOT_NEEDED, null);
  }
  if (operation.name === "refund_payment") return ended(DONE, makeRefund(operation.paymentId));
  throw new Error(`policy asks for no ${operation.name}`);
}
