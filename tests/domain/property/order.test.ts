import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Alert } from "../../../domain/alert.ts";
import { decide } from "../../../domain/decide.ts";
import type { Turn } from "../../../domain/life.ts";
import { isTerminal, STATUSES } from "../../../domain/status.ts";
import {
  checkout,
  dispute,
  event,
  failedInvoice,
  IN,
  life,
  observation,
  observed,
  paidInvoice,
  refund,
  START,
  turn,
} from "../builders.ts";
import type { Books, Taken } from "./deliveries.ts";
import { deliver, schedule } from "./deliveries.ts";
import { play } from "./history.ts";

const choices = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 14, size: "max" });
const owner = fc.constantFrom(checkout({ state: "open" }), null);
const ALL = { byHand: true, reversed: true, untold: false };

const byKey = <T>(map: ReadonlyMap<string, T>): readonly T[] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

/** What must not depend on the order: everything but whether an alert came in time to be announced. */
const outcome = (books: Books | undefined) =>
  books && {
    checkout: books.checkout,
    subscription: books.subscription,
    payments: byKey(books.payments),
    refunds: byKey(books.refunds),
    disputes: byKey(books.disputes),
    alerts: [...books.alerts.keys()].toSorted(),
    nextDeadline: books.nextDeadline,
  };

const ending = (taken: readonly Taken[]) => outcome(taken.at(-1)?.after);

test("R4: the same truth and events end in the same books, in any order, however late and however often", () => {
  fc.assert(
    fc.property(choices, schedule, schedule, owner, (chosen, one, other, bought) => {
      const history = play(chosen, ALL);
      const first = ending(deliver(history, history.events, one, bought));
      expect(ending(deliver(history, history.events, other, bought))).toEqual(first);
    }),
    { numRuns: 2_000 },
  );
});

test("R4: so they do when only some of the events have come, if the provider tells of each attempt", () => {
  const ways = { byHand: false, reversed: false, untold: false };
  const lost = fc.array(fc.nat(60), { maxLength: 60, size: "max" });
  fc.assert(
    fc.property(choices, lost, schedule, schedule, owner, (chosen, gone, one, other, bought) => {
      const history = play(chosen, ways);
      const events = history.events.filter((_, index) => !gone.includes(index));
      const first = ending(deliver(history, events, one, bought));
      expect(ending(deliver(history, events, other, bought))).toEqual(first);
    }),
    { numRuns: 1_500 },
  );
});

const timeless = (taken: readonly Taken[]) => {
  const end = ending(taken);
  return end && { ...end, subscription: end.subscription && { ...end.subscription, since: 0 } };
};

test("R4: and where the provider does not say since when, that alone may differ", () => {
  fc.assert(
    fc.property(choices, schedule, schedule, (chosen, one, other) => {
      const history = play(chosen, { ...ALL, untold: true });
      const first = timeless(deliver(history, history.events, one, checkout()));
      expect(timeless(deliver(history, history.events, other, checkout()))).toEqual(first);
    }),
    { numRuns: 1_000 },
  );
});

/** What an alert is about, without its words and its time. */
const meaning = ({ kind, fields }: Alert): string =>
  JSON.stringify([
    kind,
    fields["subscription"],
    fields["provider_subscription"],
    fields["invoice"],
    fields["attempt"],
    fields["refund"],
    fields["dispute"],
    fields["trial_end"],
    fields["event"],
  ]);

test("every turn on the way keeps the rules", () => {
  fc.assert(
    fc.property(choices, schedule, owner, (chosen, plan, bought) => {
      const history = play(chosen, { ...ALL, untold: true });
      const meanings = new Map<string, string>();
      const turns = deliver(history, history.events, plan, bought);
      for (const { turn: taken, decision, before, after } of turns) {
        // R8: the end stays, to the letter, also against the oldest snapshot.
        if (before.subscription !== null && isTerminal(before.subscription.status)) {
          const { observation: oldest } = turns[0]?.turn ?? taken;
          expect(after.subscription).toEqual(before.subscription);
          expect(decide({ ...taken, observation: oldest }).subscription).toEqual(before.subscription);
        }
        // R7: there is always a next look, until the end.
        const isOver = after.subscription !== null && isTerminal(after.subscription.status);
        expect(decision.nextDeadline === null).toBe(isOver);
        if (decision.nextDeadline !== null) expect(decision.nextDeadline).toBeGreaterThan(taken.now);
        // R2: every event that was read has come to its end.
        expect(decision.events.map(({ event: { id } }) => id)).toEqual(
          taken.observation.events.map(({ id }) => id),
        );
        // R6: a key has one meaning, and comes once a turn.
        expect(new Set(decision.alerts.map((alert) => alert.key)).size).toBe(decision.alerts.length);
        for (const alert of decision.alerts) {
          expect(meanings.get(alert.key) ?? meaning(alert)).toBe(meaning(alert));
          meanings.set(alert.key, meaning(alert));
        }
        // Money is counted once: an invoice of 29 is paid by one payment.
        const succeeded = [...after.payments.values()].filter((each) => each.status === "succeeded");
        expect(new Set(succeeded.map((each) => each.invoiceId)).size).toBe(succeeded.length);
        // A stored decision can be made again.
        const stored: Turn = JSON.parse(JSON.stringify(taken));
        expect(decide(stored)).toEqual(decision);
      }
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

test("R14: the first look at what was not bought through us announces nothing", () => {
  fc.assert(
    fc.property(choices, schedule, (chosen, plan) => {
      const history = play(chosen, ALL);
      const [first] = deliver(history, history.events, plan, null);
      expect(first?.decision.alerts.filter((alert) => !alert.superseded)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("decide has an answer to every word, state and gap", () => {
  const word = fc.oneof(fc.constantFrom(...STATUSES), fc.string({ maxLength: 12 }));
  const instant = fc.option(fc.integer({ min: START, max: START + 1e11 }), { nil: null });
  const any = fc.record({
    status: word,
    price: fc.constantFrom("price_pro", "price_scale", "price_other"),
    shown: fc.boolean(),
    trialEnd: instant,
    cancelAt: instant,
    endedAt: instant,
    before: fc.constantFrom(null, ...STATUSES),
    checkoutState: fc.constantFrom(null, "opening", "open", "complete", "expired", "replaced", "refused"),
    invoices: fc.subarray([
      paidInvoice(),
      failedInvoice({ id: "in_2" }),
      failedInvoice({ id: "in_3", payments: [] }),
    ]),
    problem: fc.option(fc.string(), { nil: null }),
    command: fc.constantFrom("checkout", "cancel", "resync", "unpark"),
  } as const);
  fc.assert(
    fc.property(any, (given) => {
      const decision = decide(
        turn({
          life: life({
            checkout: given.checkoutState && checkout({ state: given.checkoutState }),
            subscription: given.before && IN[given.before],
          }),
          observation: observation({
            events: [event("invoice.paid", given.problem === null ? {} : { problem: given.problem })],
            subscription: given.shown
              ? observed({
                  status: given.status,
                  priceId: given.price,
                  trialEnd: given.trialEnd,
                  cancelAt: given.cancelAt,
                  endedAt: given.endedAt,
                })
              : null,
            invoices: given.invoices,
            refunds: [refund()],
            disputes: [dispute()],
          }),
          commands: [{ id: "c1", kind: given.command, askedBy: "maria", why: null }],
        }),
      );
      expect(decision.events).toHaveLength(1);
      expect(decision.answers.length + decision.calls.length).toBe(1);
      expect(decision.why).not.toBe("");
      expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
    }),
    { numRuns: 2_000 },
  );
});
