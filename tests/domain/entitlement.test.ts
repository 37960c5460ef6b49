import { expect, test } from "vitest";
import type { Tier } from "../../domain/catalog.ts";
import type { Entitled } from "../../domain/entitlement.ts";
import { checkEntitlement, standingOf } from "../../domain/entitlement.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY } from "../../domain/time.ts";
import { CATALOG, GRACE_DAYS, IN, OTHER, OURS, START, withTerms } from "./builders.ts";

const tierNamed = (name: string): Tier => {
  const tier = CATALOG.tiers.find((each) => each.name === name);
  if (tier === undefined) throw new Error(`no tier ${name} in the catalog of these tests`);
  return tier;
};

const mayBuy = (wanted: string, liveTier: string | null, blockedReason?: string | null): Entitled =>
  checkEntitlement(
    "checkout",
    tierNamed(wanted),
    { blocked: blockedReason !== undefined, blockedReason: blockedReason ?? null, liveTier, idle: [] },
    CATALOG,
  );

const NOT_BLOCKED = { blocked: false, blockedReason: null };

/** May a customer who has these buy the tier at that time? */
const mayHolderBuy = (wanted: string, held: readonly Subscription[], now = START): Entitled =>
  checkEntitlement(
    "checkout",
    tierNamed(wanted),
    standingOf(
      NOT_BLOCKED,
      held.map((subscription, index) => ({ id: index === 0 ? OURS : OTHER, subscription })),
      CATALOG,
      now,
    ),
    CATALOG,
  );

const AFTER_GRACE = START + GRACE_DAYS * DAY;

const reasonOf = (entitled: Entitled): string => (entitled.allowed ? "allowed" : entitled.reason);

test.each([
  ["pro", null, "allowed"],
  ["scale", null, "allowed"],
  ["scale", "pro", "allowed"],
  ["pro", "pro", "tier_already_held"],
  ["scale", "scale", "tier_already_held"],
  ["pro", "scale", "higher_tier_held"],
  ["pro", "gone", "allowed"],
])("a checkout of %s by a holder of %s: %s", (wanted, held, expected) => {
  expect(reasonOf(mayBuy(wanted, held))).toBe(expected);
});

test("a refusal says what to do instead", () => {
  expect(mayBuy("pro", "scale")).toMatchObject({
    message: "The customer has scale, which includes pro",
    instead: "Cancel scale first, then buy pro",
  });
});

test("a refusal names what is held, and what is left to do", () => {
  expect(mayBuy("pro", "pro")).toEqual({
    allowed: false,
    reason: "tier_already_held",
    message: "The customer has pro already",
    instead: "Nothing needs to be bought; a higher tier can be",
  });
  expect(mayBuy("pro", null, null)).toMatchObject({ instead: "Ask support to lift the block" });
  expect(mayHolderBuy("pro", [IN.unpaid], AFTER_GRACE)).toMatchObject({
    message: "The customer's subscription to pro is unpaid and has not ended",
  });
});

test("who is blocked buys nothing, and hears the operator's reason", () => {
  expect(mayBuy("scale", null, "chargebacks")).toMatchObject({
    allowed: false,
    reason: "customer_blocked",
    message: "chargebacks",
  });
  expect(mayBuy("pro", "pro", null)).toMatchObject({
    reason: "customer_blocked",
    message: "An operator has blocked this customer from buying",
  });
});

const scale = (subscription: Subscription): Subscription => withTerms(subscription, { tier: "scale" });

test.each<[string, string, readonly Subscription[], number, string]>([
  ["pro", "pro in trial", [IN.trialing], START, "tier_already_held"],
  ["pro", "pro, past due, in its grace", [IN.past_due], AFTER_GRACE - 1, "tier_already_held"],
  ["pro", "pro, past due, after its grace", [IN.past_due], AFTER_GRACE, "subscription_unpaid"],
  ["pro", "pro, unpaid, in its grace", [IN.unpaid], AFTER_GRACE - 1, "tier_already_held"],
  ["pro", "pro, unpaid, after its grace", [IN.unpaid], AFTER_GRACE, "subscription_unpaid"],
  [
    "pro",
    "pro, unpaid, its end put off",
    [{ ...IN.unpaid, graceUntil: AFTER_GRACE + 1 }],
    AFTER_GRACE,
    "tier_already_held",
  ],
  ["pro", "pro, paused", [IN.paused], START, "subscription_paused"],
  ["pro", "scale, paused", [scale(IN.paused)], START, "subscription_paused"],
  ["scale", "pro, paused", [IN.paused], START, "allowed"],
  ["scale", "pro, and scale unpaid", [IN.active, scale(IN.unpaid)], AFTER_GRACE, "subscription_unpaid"],
  ["pro", "a paused tier that is gone", [withTerms(IN.paused, { tier: "gone" })], START, "allowed"],
  ["pro", "pro whose first payment is not made", [IN.incomplete], START, "allowed"],
  ["pro", "pro, canceled", [IN.canceled], START, "allowed"],
  ["pro", "pro, never paid", [IN.incomplete_expired], START, "allowed"],
])("R12: a checkout of %s by a holder of %s", (wanted, _what, held, now, expected) => {
  expect(reasonOf(mayHolderBuy(wanted, held, now))).toBe(expected);
});

test("R11: how a customer stands is judged by the clock", () => {
  const held = [{ id: OURS, subscription: IN.past_due }];
  expect(standingOf(NOT_BLOCKED, held, CATALOG, AFTER_GRACE - 1)).toEqual({
    ...NOT_BLOCKED,
    liveTier: "pro",
    idle: [],
  });
  expect(standingOf(NOT_BLOCKED, held, CATALOG, AFTER_GRACE)).toEqual({
    ...NOT_BLOCKED,
    liveTier: null,
    idle: [{ id: OURS, tier: "pro", because: "unpaid" }],
  });
});

test("what is unpaid or paused is named, with what brings it back", () => {
  expect(mayHolderBuy("pro", [IN.active, scale(IN.paused)])).toMatchObject({ reason: "tier_already_held" });
  expect(mayHolderBuy("pro", [IN.canceled, scale(IN.paused)])).toEqual({
    allowed: false,
    reason: "subscription_paused",
    message: "The customer's subscription to scale is paused and has not ended",
    instead: "Resume it (resume), or cancel it first, then buy pro",
    subscriptionId: OTHER,
  });
  expect(mayHolderBuy("pro", [IN.unpaid], AFTER_GRACE)).toMatchObject({
    instead: "Have its open invoice paid (retry-payment), or cancel it first, then buy pro",
    subscriptionId: OURS,
  });
});
