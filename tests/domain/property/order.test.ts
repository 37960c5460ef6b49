import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Alert, AlertKind } from "../../../domain/alert.ts";
import { checkout } from "../builders.ts";
import type { Taken } from "./deliveries.ts";
import { choices, deliver, owner, schedule } from "./deliveries.ts";
import type { Emitted, History } from "./history.ts";
import { play } from "./history.ts";

const ALL = { byHand: true, reversed: true, untold: false };

const byKey = <T>(map: ReadonlyMap<string, T>): readonly T[] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

/**
 * Whether the provider's truth and its events alone say it. What our own calendars tell depends on when we looked: what
 * was over before a look, nobody waited for.
 */
function isOfTheProvider({ kind, fields }: Alert, events: readonly Emitted[], isAdopted: boolean): boolean {
  if (OF_OUR_CLOCK.has(kind)) return false;
  if (kind === "trial_ending" || kind === "customer_trial_ending") {
    return events.some(({ event }) => event.announcedTrialEnd === fields["trial_end"]);
  }
  // R14: of what was adopted only money that has come in since.
  return kind !== "late_payment" || !isAdopted;
}

const OF_OUR_CLOCK: ReadonlySet<AlertKind> = new Set([
  "access_ended",
  "customer_access_ended",
  "renewal_overdue",
  "subscription_unseen",
]);

interface Told {
  readonly history: History;
  readonly events: readonly Emitted[];
  /** Invoices of which the provider does not say when they were given up. */
  readonly isUntold?: boolean;
}

/** What must not depend on the order: all of the books but whether an alert came in time to be announced. */
function outcome(turns: readonly Taken[], { history, events, isUntold = false }: Told) {
  const books = turns.at(-1)?.after;
  if (books === undefined) throw new Error("there is a last turn");
  const isAdopted = books.checkout === null;
  const givenUp = (history.moments.at(-1)?.invoices ?? []).flatMap(({ id, state }) =>
    isUntold && state === "uncollectible" ? [id] : [],
  );
  return {
    checkout: books.checkout,
    subscription: books.subscription && { ...books.subscription, ...(isUntold ? { since: 0 } : {}) },
    payments: byKey(books.payments),
    refunds: byKey(books.refunds),
    disputes: byKey(books.disputes),
    alerts: byKey(books.alerts).flatMap((alert) =>
      isOfTheProvider(alert, events, isAdopted) &&
      !givenUp.some((id) => alert.key.startsWith(`dunning:${id}:`))
        ? [alert.key]
        : [],
    ),
    calls: [...books.calls].filter((key) => key.includes("/refund/") && !isAdopted).toSorted(),
    nextDeadline: books.nextDeadline,
  };
}

test("R4: the same truth and events end in the same books, in any order, however late and however often", () => {
  fc.assert(
    fc.property(choices, schedule, schedule, owner, (chosen, one, other, bought) => {
      const history = play(chosen, ALL);
      const told = { history, events: history.events };
      const first = outcome(deliver(history, history.events, one, bought), told);
      expect(outcome(deliver(history, history.events, other, bought), told)).toEqual(first);
    }),
    { numRuns: 1_000 },
  );
});

test("R4: so they do when only some of the events have come, if the provider tells of each attempt", () => {
  const ways = { byHand: false, reversed: false, untold: false };
  const lost = fc.array(fc.nat(60), { maxLength: 60, size: "max" });
  fc.assert(
    fc.property(choices, lost, schedule, schedule, owner, (chosen, gone, one, other, bought) => {
      const history = play(chosen, ways);
      const events = history.events.filter((_, index) => !gone.includes(index));
      const told = { history, events };
      const first = outcome(deliver(history, events, one, bought), told);
      expect(outcome(deliver(history, events, other, bought), told)).toEqual(first);
    }),
    { numRuns: 1_000 },
  );
});

test("R4: and where the provider does not say since when, that alone may differ", () => {
  fc.assert(
    fc.property(choices, schedule, schedule, (chosen, one, other) => {
      const history = play(chosen, { ...ALL, untold: true });
      const told = { history, events: history.events, isUntold: true };
      const first = outcome(deliver(history, history.events, one, checkout()), told);
      expect(outcome(deliver(history, history.events, other, checkout()), told)).toEqual(first);
    }),
    { numRuns: 1_000 },
  );
});

test("R4: a recovery is announced to those who were told of the failure, and only to them", () => {
  fc.assert(
    fc.property(choices, schedule, (chosen, plan) => {
      const history = play(chosen, ALL);
      const alerts = deliver(history, history.events, plan, checkout()).at(-1)?.after.alerts;
      for (const { kind, superseded, fields } of alerts?.values() ?? []) {
        if (kind !== "payment_recovered") continue;
        const told = [...(alerts?.values() ?? [])].some(
          (other) =>
            other.kind === "payment_failed" &&
            other.fields["invoice"] === fields["invoice"] &&
            !other.superseded,
        );
        expect(!superseded).toBe(told);
      }
    }),
    { numRuns: 1_000 },
  );
});
