import { describe, expect, test } from "vitest";
import type { Alert } from "../../domain/alert.ts";
import { CUSTOMER_ALERT_KINDS } from "../../domain/alert.ts";
import { messageOf, messageRefused } from "../../domain/message.ts";
import { DAY } from "../../domain/time.ts";
import { OURS, START } from "./builders.ts";

/** Noon of 1 January 2026, and the end of grace two weeks later. */
const END = START + 14 * DAY;
const FIELDS = {
  tier: "pro",
  amount: 2_900,
  currency: "usd",
  interval: "month",
  ends_at: END,
  trial_end: END,
};
const alert = (kind: Alert["kind"], fields: Alert["fields"] = FIELDS): Alert => ({
  key: `${kind}:in_1`,
  kind,
  text: "For the log",
  fields,
  superseded: false,
  at: START,
});
const words = (kind: Alert["kind"], fields?: Alert["fields"]): readonly string[] => {
  const message = messageOf(alert(kind, fields), "Acme", null);
  return message === null ? [] : [message.subject, ...message.paragraphs];
};

describe("a customer is written", () => {
  test("that a payment has failed, what for, and how long access stays", () => {
    expect(words("customer_payment_failed")).toEqual([
      "Your payment to Acme did not go through",
      "We could not collect 29.00 USD for your Pro plan at Acme.",
      "Nothing changes for now: you keep your access until 15 January 2026.",
      "Please check the payment method in your account.",
    ]);
  });

  test("a reminder", () => {
    expect(words("customer_payment_reminder")).toEqual([
      "Reminder: your payment to Acme is open",
      "29.00 USD for your Pro plan at Acme is still unpaid.",
      "You keep your access until 15 January 2026.",
      "Please check the payment method in your account.",
    ]);
  });

  test("the final notice, with the day in its subject", () => {
    expect(words("customer_final_notice")).toEqual([
      "Your access to Acme ends on 15 January 2026",
      "29.00 USD for your Pro plan at Acme is still unpaid.",
      "If it stays so, your access ends on 15 January 2026.",
      "Please check the payment method in your account.",
    ]);
  });

  test("that access has ended", () => {
    expect(words("customer_access_ended")).toEqual([
      "Your access to Acme has ended",
      "29.00 USD for your Pro plan at Acme stayed unpaid, and so your access has ended.",
      "You are welcome back at any time.",
      "You can subscribe again in your account.",
    ]);
  });

  test("that a trial ends, and what it costs then", () => {
    expect(words("customer_trial_ending")).toEqual([
      "Your trial of Acme ends on 15 January 2026",
      "The trial of your Pro plan at Acme ends on 15 January 2026.",
      "From then on it is 29.00 USD a month.",
      "You can change or cancel it in your account.",
    ]);
  });
});

test.each(CUSTOMER_ALERT_KINDS)("%s: what the alert does not say goes unsaid", (kind) => {
  const [subject, ...paragraphs] = words(kind, { tier: null, amount: 2_900 });
  const said = [subject, ...paragraphs].join(" ");
  expect(paragraphs.length).toBeGreaterThan(1);
  expect(said).not.toMatch(/null|undefined|NaN|29|Invalid/);
});

test("where there is a link, it takes the place of the way through the account", () => {
  const url = "https://pay.example.com/in_1";
  const message = messageOf(alert("customer_payment_failed"), "Acme", url);
  expect(message?.link).toEqual({ label: "Pay now, or use another payment method", url });
  expect(message?.paragraphs.join(" ")).not.toContain("in your account");
  expect(messageOf(alert("customer_payment_failed"), "Acme", null)?.link).toBeNull();
});

test("there are no words for what only operators are told", () => {
  expect(words("payment_failed")).toEqual([]);
});

test("R6: operators hear of a message that was refused, by the key of that message", () => {
  const refused = messageRefused(alert("customer_final_notice"), OURS, "no address", START);
  expect(refused).toMatchObject({
    key: "message_refused:customer_final_notice:in_1",
    text: "A customer was not told (customer_final_notice): no address",
    fields: { subscription: OURS, message: "customer_final_notice:in_1" },
  });
});

test("what an alert does not say goes unsaid", () => {
  const subjectOf = (kind: Alert["kind"]) => words(kind, {})[0];
  expect(words("customer_payment_failed", {}).slice(0, 2)).toEqual([
    "Your payment to Acme did not go through",
    "We could not collect the payment for your plan at Acme.",
  ]);
  expect(words("customer_payment_reminder", {})[1]).toBe(
    "The payment for your plan at Acme is still unpaid.",
  );
  expect(subjectOf("customer_final_notice")).toBe("Your access to Acme ends soon");
  expect(words("customer_final_notice", {}).slice(1, 3)).toEqual([
    "The payment for your plan at Acme is still unpaid.",
    "If it stays so, your access ends soon.",
  ]);
  expect(words("customer_access_ended", {})[1]).toMatch(/^The payment for your plan at Acme stayed unpaid/);
  expect(subjectOf("customer_trial_ending")).toMatch(/ends soon$/);
  expect(words("customer_trial_ending", {})[1]).toBe("The trial of your plan at Acme ends soon.");
  expect(words("customer_trial_ending", { amount: 2_900, currency: "usd" })).toContain(
    "From then on it is 29.00 USD.",
  );
  expect(words("customer_trial_ending", { amount: "29", currency: "usd" }).join(" ")).not.toContain(
    "From then on",
  );
  for (const kind of CUSTOMER_ALERT_KINDS) {
    expect(words(kind, {}).every((each) => typeof each === "string" && each !== "")).toBe(true);
  }
});
