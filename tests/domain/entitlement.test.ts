import { expect, test } from "vitest";
import type { Tier } from "../../domain/catalog.ts";
import type { Entitled } from "../../domain/entitlement.ts";
import { checkEntitlement } from "../../domain/entitlement.ts";
import { CATALOG } from "./builders.ts";

const tierNamed = (name: string): Tier => {
  const tier = CATALOG.tiers.find((each) => each.name === name);
  if (tier === undefined) throw new Error(`no tier ${name} in the catalog of these tests`);
  return tier;
};

const mayBuy = (wanted: string, liveTier: string | null, blockedReason?: string | null): Entitled =>
  checkEntitlement(
    "checkout",
    tierNamed(wanted),
    { blocked: blockedReason !== undefined, blockedReason: blockedReason ?? null, liveTier },
    CATALOG,
  );

test.each([
  ["pro", null, "allowed"],
  ["scale", null, "allowed"],
  ["scale", "pro", "allowed"],
  ["pro", "pro", "tier_already_held"],
  ["scale", "scale", "tier_already_held"],
  ["pro", "scale", "higher_tier_held"],
  ["pro", "gone", "allowed"],
])("a checkout of %s by a holder of %s: %s", (wanted, held, expected) => {
  const entitled = mayBuy(wanted, held);
  expect(entitled.allowed ? "allowed" : entitled.reason).toBe(expected);
});

test("a refusal says what to do instead", () => {
  expect(mayBuy("pro", "scale")).toMatchObject({
    message: "The customer has scale, which includes pro",
    instead: "Cancel scale first, then buy pro",
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
