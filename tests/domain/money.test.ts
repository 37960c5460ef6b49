import { expect, test } from "vitest";
import { formatMoney } from "../../domain/money.ts";

test.each([
  [2_900, "usd", "29.00 USD"],
  [2_905, "eur", "29.05 EUR"],
  [0, "usd", "0.00 USD"],
  [5, "usd", "0.05 USD"],
  [-1_050, "usd", "-10.50 USD"],
  [49_900, "inr", "499.00 INR"],
  [500, "jpy", "500 JPY"],
  [5_120, "kwd", "5.120 KWD"],
  [123_456_789_012, "usd", "1234567890.12 USD"],
])("%d of %s reads %s", (amount, currency, text) => {
  expect(formatMoney({ amount, currency })).toBe(text);
});
