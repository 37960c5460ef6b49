import { describe, expect, test } from "vitest";
import { asSubscriptionId, checkoutId, customerId, receipt, subscriptionId } from "../../domain/ids.ts";

const UUID = "0190f000-0000-7000-8000-000000000001";

describe("ids of ours", () => {
  test.each([subscriptionId, customerId, checkoutId])("%o takes a lower-case UUID as it is", (make) => {
    expect(make(UUID)).toBe(UUID);
  });

  test.each(["", "sub_1", UUID.toUpperCase(), `${UUID} `, `${UUID}\n`, `x${UUID}`, UUID.slice(1)])(
    "%j is no id",
    (text) => {
      for (const make of [subscriptionId, customerId, checkoutId])
        expect(() => make(text)).toThrow(TypeError);
      expect(asSubscriptionId(text)).toBeUndefined();
    },
  );

  test("text of strangers is asked, not trusted", () => {
    expect(asSubscriptionId(UUID)).toBe(UUID);
    expect(asSubscriptionId(null)).toBeUndefined();
    expect(asSubscriptionId(undefined)).toBeUndefined();
  });

  test("what is wrong with an id is said without repeating it (R10)", () => {
    const wrong = "someone@example.com";
    expect(() => subscriptionId(wrong)).toThrow(/^not a subscription id$/);
    expect(() => customerId(wrong)).toThrow(/^not a customer id$/);
    expect(() => checkoutId(wrong)).toThrow(/^not a checkout id$/);
    expect(() => receipt(wrong)).toThrow(/^not a receipt$/);
  });
});

describe("R10: receipts", () => {
  test.each(["acct_42", "team/7", "ü", "x".repeat(200)])("%j is one", (text) => {
    expect(receipt(text)).toBe(text);
  });

  test.each(["", "someone@example.com", "a b", "a\tb", "a\n", "x".repeat(201)])("%j is refused", (text) => {
    expect(() => receipt(text)).toThrow(TypeError);
  });
});
