import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Alert } from "../../../domain/alert.ts";
import { decide } from "../../../domain/decide.ts";
import type { Turn } from "../../../domain/life.ts";
import { isTerminal } from "../../../domain/status.ts";
import { checkout } from "../builders.ts";
import { choices, deliver, owner, schedule } from "./deliveries.ts";
import { play } from "./history.ts";

const ALL = { byHand: true, reversed: true, untold: true };

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
      const history = play(chosen, ALL);
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
    { numRuns: 600 },
  );
});

test("R4: what is read of the truth does not depend on what was known before, but for since when", () => {
  fc.assert(
    fc.property(choices, schedule, (chosen, plan) => {
      const history = play(chosen, ALL);
      for (const { turn, before, after } of deliver(history, history.events, plan, checkout())) {
        if (before.subscription === null || isTerminal(before.subscription.status)) continue;
        const unknown = { ...turn, life: { ...turn.life, subscription: null } };
        expect({ ...decide(unknown).subscription, since: 0 }).toEqual({ ...after.subscription, since: 0 });
      }
    }),
    { numRuns: 1_500 },
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
