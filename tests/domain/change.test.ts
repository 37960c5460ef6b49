import { describe, expect, test } from "vitest";
import type { Catalog } from "../../domain/catalog.ts";
import type { Change } from "../../domain/command.ts";
import type { ObservedSubscription } from "../../domain/observation.ts";
import { isSo, operationOf } from "../../domain/order.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { command, IN, CATALOG as MONTHLY, observed, paidInvoice, START } from "./builders.ts";
import { decideOn } from "./deciding.ts";

/** Pro is sold by the year too. */
const CATALOG: Catalog = {
  ...MONTHLY,
  tiers: MONTHLY.tiers.map((tier) =>
    tier.name === "pro"
      ? {
          ...tier,
          current: [...tier.current, { provider: "stripe", interval: "year", id: "price_pro_year" }],
        }
      : tier,
  ),
};
const SCHEDULED = {
  at: IN.active.period.end,
  tier: "scale",
  priceId: "price_scale",
  interval: "month",
  quantity: 2,
} as const;
const ARRANGED = { ...IN.active, scheduled: SCHEDULED };

const asked = (wanted: Change, subscription: Subscription = IN.active) =>
  operationOf("change", subscription, [], wanted, CATALOG);

describe("what is asked of the provider", () => {
  test("a price that is not sold by the year is refused, with what is", () => {
    expect(asked({ tier: "scale", interval: "year" })).toEqual({
      refused: "unknown_tier",
      what: "scale is not sold by stripe a year; sold are pro",
    });
    expect(
      asked({ interval: "year" }, { ...IN.active, terms: { ...IN.active.terms, tier: "old" } }),
    ).toMatchObject({ refused: "unknown_tier" });
  });

  test("a legacy price stays when the quantity alone changes; another interval is at the current price", () => {
    const legacy = { ...IN.active, terms: { ...IN.active.terms, priceId: "price_pro_2024" } };
    expect(asked({ quantity: 2, at: "period_end" }, legacy)).toMatchObject({
      name: "schedule_change",
      priceId: "price_pro_2024",
      quantity: 2,
    });
    expect(asked({ interval: "month" }, legacy)).toMatchObject({ priceId: "price_pro_2024" });
    expect(asked({ interval: "year" }, legacy)).toMatchObject({ priceId: "price_pro_year" });
  });

  test("nothing begins at the end of what ends then", () => {
    const ending = { ...IN.active, cancelAt: IN.active.period.end };
    expect(asked({ tier: "scale", at: "period_end" }, ending)).toMatchObject({
      refused: "not_allowed",
      what: expect.stringContaining("uncancel it first"),
    });
    expect(asked({ tier: "scale", at: "now" }, ending)).toMatchObject({ name: "change_price" });
  });
});

test("an arranged change is the one that was asked for only with its price and quantity, when the period ends", () => {
  const operation = asked({ tier: "scale", quantity: 2, at: "period_end" });
  if (!("name" in operation)) throw new Error(operation.what);
  expect(isSo(operation, ARRANGED, [])).toBe(true);
  for (const other of [{ at: SCHEDULED.at + 1 }, { quantity: 3 }, { priceId: "price_pro_2024" }]) {
    expect(isSo(operation, { ...ARRANGED, scheduled: { ...SCHEDULED, ...other } }, [])).toBe(false);
  }
});

/** The sentence of a turn in which the provider says this. */
const why = (seen: Partial<ObservedSubscription>, before: Subscription): string =>
  decideOn(
    { subscription: observed(seen), invoices: [paidInvoice()] },
    { subscription: before },
    { commands: [{ ...command("change", "c1"), parameters: { tier: "scale", at: "period_end" } }] },
  ).why;

describe("in the timeline", () => {
  const scheduled = { at: SCHEDULED.at, priceId: "price_scale", quantity: 2 };

  test("a change is arranged, and withdrawn; who asked, and for what", () => {
    expect(why({ scheduled }, IN.active)).toContain(
      "a change to 2 × scale by the month on 1 February 2026 is arranged; maria asked for change scale period end",
    );
    expect(why({ scheduled: null }, ARRANGED)).toContain("the arranged change is withdrawn");
  });

  test("what has begun, stays or ends with the subscription is not withdrawn", () => {
    const begun = { priceId: "price_scale", quantity: 2, scheduled: null };
    const ended = { status: "canceled", endedAt: START, scheduled: null };
    for (const seen of [begun, ended, { scheduled }]) {
      expect(why(seen, ARRANGED)).not.toMatch(/is withdrawn|is arranged/);
    }
  });
});
