import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isTerminal } from "../../../domain/status.ts";
import type { Act, TurnTaken } from "./customer.ts";
import { after, customerOf, hasGraceEnded, isEnding } from "./customer.ts";
import type { Customer } from "./sides.ts";

/** Two or three subscriptions of one customer, begun within two days, or at once. */
const customer = fc
  .array(
    fc.record({
      isOurs: fc.boolean(),
      minutes: fc.oneof(fc.nat(8), fc.nat(3_000)),
      choice: fc.nat(1_000),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map(customerOf);

const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.record({
    what: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("step", "turn", "turn", "clock", "perform") },
      { weight: 1, arbitrary: fc.constantFrom("extend", "publish") },
    ),
    side: fc.nat(2),
    choice: fc.nat(1_000_000),
  } as const),
  { maxLength: 50, size: "max" },
);

/** Goes through what happens, and looks at every turn. */
function live(
  begun: Customer,
  all: readonly Act[],
  check: (taken: TurnTaken, customer: Customer) => void,
): Customer {
  let now = begun;
  for (const act of all) {
    const next = after(now, act);
    now = next.customer;
    if (next.taken !== null) check(next.taken, now);
  }
  return now;
}

const dunningDays = ({
  decision,
}: TurnTaken): readonly { readonly invoice: string; readonly day: number }[] =>
  decision.alerts.flatMap(({ key, superseded }) => {
    const [kind, invoice, day] = key.split(":");
    return kind === "dunning" && !superseded ? [{ invoice: invoice ?? "", day: Number(day) }] : [];
  });

test("R9: of a customer's subscriptions never all are ended as duplicates, and never one that others sold", () => {
  fc.assert(
    fc.property(customer, acts, (begun, all) => {
      live(begun, all, ({ decision, before }, { sides }) => {
        for (const { operation } of decision.calls) {
          if (operation.name !== "end_duplicate") continue;
          expect(before.isOurs).toBe(true);
          // What it doubles is not being ended itself.
          const other = sides.find(({ id }) => id === operation.live);
          expect(other && isEnding(other)).toBe(false);
        }
        expect(sides.filter(isEnding).length).toBeLessThan(sides.length);
      });
    }),
    { numRuns: 1_000 },
  );
});

test("R6: a call that stands is never decided with another content under its key", () => {
  fc.assert(
    fc.property(customer, acts, (begun, all) => {
      live(begun, all, ({ decision, before }) => {
        expect(new Set(decision.calls.map(({ key }) => key)).size).toBe(decision.calls.length);
        for (const { key, operation } of decision.calls) {
          const stored = before.calls.get(key);
          // What was called off stays so, whatever is decided later.
          if (stored === undefined || stored.end?.state === "refused") continue;
          expect(operation).toEqual(stored.call.operation);
        }
      });
    }),
    { numRuns: 1_000 },
  );
});

test("R12: access changes only with money, an end, or a grace that is over", () => {
  fc.assert(
    fc.property(customer, acts, (begun, all) => {
      live(begun, all, ({ before, after: taken, turn }) => {
        if (taken.hasAccess === before.hasAccess) return;
        expect(before.facts > 0 || hasGraceEnded(before, before.lastTurn, turn.now)).toBe(true);
      });
    }),
    { numRuns: 1_000 },
  );
});

test("R8, R11, R14: what has ended stays, a clock sends one message, and in the right order, adoption asks for nothing", () => {
  fc.assert(
    fc.property(customer, acts, (begun, all) => {
      const told = new Map<string, number>();
      live(begun, all, (taken) => {
        const { turn, decision, before, after: side } = taken;
        if (before.books.subscription !== null && isTerminal(before.books.subscription.status)) {
          expect(side.books.subscription).toEqual(before.books.subscription);
          expect(decision.nextDeadline).toBeNull();
        } else if (decision.nextDeadline !== null) {
          expect(decision.nextDeadline).toBeGreaterThan(turn.now);
        }
        const isNew = before.books.subscription === null && !before.isOurs;
        if (isNew) expect(decision.calls).toEqual([]);
        const days = dunningDays(taken);
        expect(days.length).toBeLessThanOrEqual(isNew ? 0 : 1);
        for (const { invoice, day } of days) {
          expect(day).toBeGreaterThanOrEqual(told.get(invoice) ?? 0);
          told.set(invoice, day);
        }
      });
    }),
    { numRuns: 1_000 },
  );
});

test("R8: what goes back is what came in: each payment once, and never more than was paid", () => {
  fc.assert(
    fc.property(customer, acts, (begun, all) => {
      const { sides } = live(begun, all, () => {});
      for (const { calls, books } of sides) {
        for (const { call } of calls.values()) {
          if (call.operation.name !== "refund_payment") continue;
          const payment = books.payments.get(call.operation.paymentId);
          expect(payment?.status).toBe("succeeded");
          expect(payment?.money).toEqual(call.operation.refunded);
          expect(call.key).toBe(`stripe/refund/${payment?.id}`);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
