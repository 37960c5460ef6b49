import { describe, expect, test } from "vitest";
import { readCatalog } from "../../domain/catalog.ts";
import { readPolicy } from "../../domain/policy.ts";
import { CATALOG } from "./builders.ts";

describe("a policy as it was published", () => {
  test("today's is read as it stands", () => {
    expect(readPolicy(CATALOG.policy)).toEqual(CATALOG.policy);
  });

  test("one from before the calendar has its days of grace, sends nothing, and ends nothing", () => {
    expect(readPolicy({ graceDays: 7 })).toEqual({
      dunning: { messages: [], end: { day: 7, action: "keep_unpaid" } },
      trialReminderDays: 0,
      latePayments: "keep",
      duplicates: "keep",
    });
  });

  test("what it does not say at all is not done", () => {
    expect(readPolicy({}).dunning.end).toEqual({ day: 0, action: "keep_unpaid" });
    expect(readPolicy({ duplicates: "cancel" })).toMatchObject({
      duplicates: "cancel",
      latePayments: "keep",
    });
  });

  test("the days of grace of an older form do not matter beside a calendar", () => {
    expect(readPolicy({ ...CATALOG.policy, graceDays: 3 })).toEqual(CATALOG.policy);
  });
});

test("a catalog that was published before its checkout page could offer anything offers nothing", () => {
  const { tiers, policy, checkout } = CATALOG;
  expect(readCatalog(3, { tiers, policy })).toEqual(CATALOG);
  expect(readCatalog(4, { tiers, policy: { graceDays: 7 }, checkout })).toMatchObject({
    version: 4,
    policy: { duplicates: "keep" },
    checkout,
  });
  const both = { promotionCodes: true, automaticTax: true };
  expect(readCatalog(3, { tiers, policy, checkout: both }).checkout).toEqual(both);
});
