import { describe, expect, it } from "vitest";
import { changedByLook, compare, driftConfirmed } from "../../domain/drift.ts";
import type { ObservedSubscription } from "../../domain/observation.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY, HOUR } from "../../domain/time.ts";
import { CATALOG, IN, life, MONTH, OURS, observation, observed, START } from "./builders.ts";

const against = (known: Subscription | null, change: Partial<ObservedSubscription> = {}) =>
  compare(OURS, known, observed(change), CATALOG, START + HOUR);

describe("what a list shows, against what we know", () => {
  it("is the same where nothing differs, with the facts that were seen", () => {
    expect(against(IN.active)).toEqual({
      facts: {
        status: "active",
        customer: "cus_1",
        price: "price_pro",
        interval: "month",
        amount: 2_900,
        currency: "usd",
        quantity: 1,
        started_at: START,
        period_start: START,
        period_end: START + MONTH,
        trial_end: null,
        cancel_at: null,
        canceled_at: null,
        ended_at: null,
      },
      differences: [],
    });
  });

  it.each<[string, Partial<ObservedSubscription>, readonly string[]]>([
    [
      "another price",
      { priceId: "price_scale", price: { amount: 9_900, currency: "usd" } },
      ["price", "amount"],
    ],
    ["another quantity", { quantity: 3 }, ["quantity"]],
    [
      "the next period",
      { period: { start: START + MONTH, end: START + 2 * MONTH } },
      ["period_start", "period_end"],
    ],
    ["an arranged end", { cancelAt: START + MONTH }, ["cancel_at"]],
    ["another status", { status: "past_due" }, ["status"]],
    ["an end", { status: "canceled", endedAt: START + DAY }, ["status", "ended_at"]],
  ])("differs by %s", (_what, change, differences) => {
    expect(against(IN.active, change).differences).toEqual(differences);
  });

  it("does not differ by what only invoices tell: since when, and how long grace lasts", () => {
    const known = { ...IN.past_due, since: START + DAY, graceUntil: START + 3 * DAY };
    expect(against(known, { status: "past_due" }).differences).toEqual([]);
  });

  it("does not differ by the tier that the catalog makes of the same price", () => {
    const known = { ...IN.active, terms: { ...IN.active.terms, tier: "starter" } };
    expect(against(known).differences).toEqual([]);
  });

  it("R8: does not differ where ours has ended, whatever is shown", () => {
    expect(against(IN.canceled)).toMatchObject({ facts: { status: "active" }, differences: [] });
  });

  it("is unknown where we have it not and it runs; R14: one that has ended, or that no tier sells, is not ours", () => {
    expect(against(null).differences).toEqual(["unknown"]);
    expect(against(null, { status: "canceled", endedAt: START }).differences).toEqual([]);
    expect(against(null, { priceId: "price_other" })).toEqual({ facts: null, differences: [] });
  });

  it("says nothing in words that this version does not know", () => {
    expect(against(IN.active, { status: "dormant" })).toEqual({ facts: null, differences: [] });
  });
});

const look = (before: Subscription | null, after: Subscription | null, shown = true) =>
  changedByLook(
    {
      life: life({ subscription: before }),
      observation: observation({ subscription: shown ? observed() : null }),
    },
    after,
  );

describe("what a turn's look has changed", () => {
  it("is named by its facts, and nothing where nothing has changed", () => {
    expect(look(IN.active, IN.canceled)).toEqual(["status", "canceled_at", "ended_at"]);
    expect(look(IN.active, IN.active)).toEqual([]);
  });

  it("is missing where the provider shows it no more", () => {
    expect(look(IN.active, IN.active, false)).toEqual(["missing"]);
    expect(look(IN.canceled, IN.canceled, false)).toEqual([]);
  });

  it("R14: is nothing where it is born or adopted", () => {
    expect(look(null, IN.active)).toEqual([]);
    expect(look(IN.active, null)).toEqual([]);
  });
});

describe("the alert of a drift", () => {
  const drift = {
    subscriptionId: OURS,
    provider: "stripe",
    providerSubscriptionId: "sub_1",
    differences: ["status", "ended_at"],
    version: 7,
  } as const;

  it("R6: has the key of the subscription and of its version after the look", () => {
    expect(driftConfirmed(drift, START)).toMatchObject({
      key: `drift_confirmed:${OURS}:7`,
      text: "stripe has changed a subscription, and no event has told of it: status, ended_at",
      superseded: false,
    });
  });

  it("tells of one that is missing", () => {
    expect(driftConfirmed({ ...drift, differences: ["missing"] }, START).text).toBe(
      "stripe does not show a subscription any more, and no event has told of it",
    );
  });
});
