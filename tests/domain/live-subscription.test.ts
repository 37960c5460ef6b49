import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SubscriptionId } from "../../domain/ids.ts";
import { subscriptionId } from "../../domain/ids.ts";
import type { Held } from "../../domain/live-subscription.ts";
import { chooseLive, duplicateOf, placeOf } from "../../domain/live-subscription.ts";
import { STATUSES } from "../../domain/status.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY, HOUR } from "../../domain/time.ts";
import { CATALOG, IN, OTHER, OURS, START, withTerms } from "./builders.ts";

const NOW = START + HOUR;
const held = (id: SubscriptionId, subscription: Subscription): Held => ({ id, subscription });

describe("R9: the live subscription of a customer", () => {
  test.each([
    ["nobody's", [], null],
    ["the only one that gives access", [held(OURS, IN.canceled), held(OTHER, IN.active)], OTHER],
    ["none, when none gives access", [held(OURS, IN.incomplete), held(OTHER, IN.paused)], null],
    [
      "the higher tier, also when it began later",
      [held(OURS, IN.active), held(OTHER, withTerms(IN.active, { tier: "scale" }, START + DAY))],
      OTHER,
    ],
    [
      "the one that began first, of the same tier",
      [held(OURS, withTerms(IN.active, {}, START + DAY)), held(OTHER, IN.active)],
      OTHER,
    ],
    [
      "the smaller provider id, when they began together",
      [held(OURS, withTerms(IN.active, { providerSubscriptionId: "sub_2" })), held(OTHER, IN.active)],
      OTHER,
    ],
    [
      "a known tier before one that the catalog no longer has",
      [
        held(OURS, withTerms(IN.active, { tier: "gone" })),
        held(OTHER, withTerms(IN.active, {}, START + DAY)),
      ],
      OTHER,
    ],
  ])("is %s", (_what, all, live) => {
    expect(chooseLive(all, CATALOG, NOW)).toBe(live);
  });

  test("is past due only within its grace", () => {
    const all = [held(OURS, IN.past_due)];
    expect(chooseLive(all, CATALOG, IN.past_due.graceUntil - 1)).toBe(OURS);
    expect(chooseLive(all, CATALOG, IN.past_due.graceUntil)).toBeNull();
  });

  test("is the same in whatever order they are listed", () => {
    const one = fc.record({
      status: fc.constantFrom(...STATUSES),
      tier: fc.constantFrom("pro", "scale", "gone"),
      startedAt: fc.constantFrom(START, START + DAY),
    });
    fc.assert(
      fc.property(
        fc
          .array(one, { maxLength: 5 })
          .chain((all) =>
            fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })),
          ),
        ([all, order]) => {
          const listed = all.map(({ status, tier, startedAt }, index) =>
            held(
              subscriptionId(`0190f000-0000-7000-8000-00000000000${index}`),
              withTerms(IN[status], { tier, providerSubscriptionId: `sub_${index}` }, startedAt),
            ),
          );
          const shuffled = order.flatMap((index) => listed[index] ?? []);
          expect(chooseLive(shuffled, CATALOG, NOW)).toBe(chooseLive(listed, CATALOG, NOW));
        },
      ),
    );
  });
});

describe("R9: a duplicate", () => {
  test("is another one that gives access beside the live one", () => {
    expect(duplicateOf(held(OURS, IN.active), OTHER, NOW)).toBe(OTHER);
    expect(duplicateOf(held(OURS, IN.trialing), OTHER, NOW)).toBe(OTHER);
  });

  test("is not the live one itself, nor one that gives no access, nor one beside nothing", () => {
    expect(duplicateOf(held(OURS, IN.active), OURS, NOW)).toBeNull();
    expect(duplicateOf(held(OURS, IN.canceled), OTHER, NOW)).toBeNull();
    expect(duplicateOf(held(OURS, IN.active), null, NOW)).toBeNull();
  });
});

const place = (one: Held, ...others: readonly Held[]) => placeOf(one, others, CATALOG, NOW);

const live = (id: SubscriptionId, liveSince: number) => ({ live: id, liveSince, duplicateOf: null });

describe("R9: the place of one among all", () => {
  const later = withTerms(IN.active, {}, START + DAY);
  const nowhere = { live: null, liveSince: null, duplicateOf: null };

  test("alone: it is the live one, while it gives access", () => {
    expect(place(held(OURS, IN.active))).toEqual(live(OURS, START));
    expect(place(held(OURS, IN.paused))).toEqual(nowhere);
  });

  test("is the same from either side", () => {
    expect(place(held(OURS, IN.active), held(OTHER, later))).toEqual(live(OURS, START));
    expect(place(held(OTHER, later), held(OURS, IN.active))).toEqual({
      ...live(OURS, START),
      duplicateOf: OURS,
    });
  });

  test("is looked for beside another's end", () => {
    expect(place(held(OURS, IN.canceled), held(OTHER, later))).toEqual(live(OTHER, START + DAY));
  });

  test("what is being ended counts no more, for itself and for the other", () => {
    const ending = { ...held(OURS, IN.active), isEnding: true };
    expect(place(held(OTHER, later), ending)).toEqual(live(OTHER, START + DAY));
    expect(place(ending, held(OTHER, later))).toEqual({ ...live(OTHER, START + DAY), duplicateOf: OTHER });
    expect(place(ending, held(OTHER, IN.canceled))).toEqual(nowhere);
  });
});
