import { expect, test } from "vitest";
import {
  checkAskedBy,
  checkAskedChange,
  checkAskedExtension,
  checkCheckoutId,
} from "../../workflows/validate.ts";

/** What comes is JSON that somebody typed: any of it. */
const ask = (...given: readonly unknown[]): unknown => Reflect.apply(checkAskedBy, undefined, given);

test.each([
  [{ by: "maria" }],
  [{ by: "María Ö.", why: "asked by phone, ticket 4711" }],
  [{ by: "api", id: "01890a5d-ac96-774b-bcce-b302099a8057" }],
  [{ by: "api", id: "order:2026-11-25/1" }],
  [{ by: "x".repeat(200), why: "" }],
])("takes %j", (asked) => {
  expect(ask(asked)).toBeUndefined();
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["a bare text", "maria"],
  ["a number", 7],
  ["a list", ["maria"]],
  ["nobody", {}],
  ["an empty name", { by: "  " }],
  ["a name that is no text", { by: 7 }],
  ["a long name", { by: "x".repeat(201) }],
  ["a reason that is no text", { by: "maria", why: null }],
  ["a long reason", { by: "maria", why: "x".repeat(201) }],
  ["an id with a space", { by: "maria", id: "a b" }],
  ["an empty id", { by: "maria", id: "" }],
  ["a long id", { by: "maria", id: "x".repeat(256) }],
  ["an id that is no text", { by: "maria", id: 7 }],
  ["a field that means nothing", { by: "maria", reason: "typing error of why" }],
])("refuses %s", (_, asked) => {
  expect(() => ask(asked)).toThrow(/say who asks|"why" is|"id" is|only "by"/);
});

test("refuses a second argument", () => {
  expect(() => ask({ by: "maria" }, { email: "someone@example.com" })).toThrow("one argument");
});

test.each([
  { by: "maria@example.com" },
  { by: "maria", why: "someone@example.com asked" },
  { by: "maria", id: "someone@example.com" },
  { by: "maria", why: "see https://example.com/ticket/1" },
  { by: "maria", why: "card 4242 4242 4242 4242" },
  { by: "maria", why: "card 4000000000000341" },
  { by: "maria", why: "key sk_live_1234567890" },
  { by: "maria", id: "whsec_1234567890" },
])("R10: refuses personal data and secrets: %j", (asked) => {
  expect(() => ask(asked)).toThrow("leave");
});

test.each([
  ["NUL", "a\0b"],
  ["a line break", "a\nb"],
  ["half a surrogate pair", "a\ud800b"],
])("R7: refuses what Postgres cannot keep, so that no turn fails for ever: %s", (_, why) => {
  expect(() => ask({ by: "maria", why })).toThrow("ordinary characters");
});

test("takes whole surrogate pairs", () => {
  expect(ask({ by: "maria 🙂" })).toBeUndefined();
});

test.each<[string, readonly unknown[]]>([
  ["nothing", []],
  ["no id", [{}]],
  ["something else", [{ id: "https://example.com/checkout-1234567890ab" }]],
  ["more than the id", [{ id: "01890a5d-ac96-774b-bcce-b302099a8057", email: "someone@example.com" }]],
  ["a second argument", [{ id: "01890a5d-ac96-774b-bcce-b302099a8057" }, 1]],
])("R10: the API's command is a checkout's id and nothing else: %s", (_, given) => {
  expect(() => Reflect.apply(checkCheckoutId, undefined, given)).toThrow(/expected|only "id"|one argument/);
});

const askChange = (...given: readonly unknown[]): unknown =>
  Reflect.apply(checkAskedChange, undefined, given);

test.each([
  [{ by: "maria", tier: "scale" }],
  [{ by: "maria", quantity: 1, why: "one more seat" }],
  [{ by: "api", tier: "pro", quantity: 999_999, id: "c1" }],
  [{ by: "maria", interval: "year" }],
  [{ by: "maria", tier: "scale", interval: "month", at: "period_end" }],
  [{ by: "maria", tier: "scale", at: "now" }],
])("takes the change %j", (asked) => {
  expect(askChange(asked)).toBeUndefined();
});

test.each<[unknown]>([
  [undefined],
  [{ by: "maria" }],
  [{ tier: "scale" }],
  [{ by: "maria", tier: "" }],
  [{ by: "maria", tier: 7 }],
  [{ by: "maria", tier: "someone@example.com" }],
  [{ by: "maria", quantity: 0 }],
  [{ by: "maria", quantity: 1.5 }],
  [{ by: "maria", quantity: "2" }],
  [{ by: "maria", quantity: 1_000_000 }],
  [{ by: "maria@example.com", quantity: 2 }],
  [{ by: "maria", interval: "week" }],
  [{ by: "maria", at: "period_end" }],
  [{ by: "maria", tier: "scale", at: "2026-12-25" }],
  [{ by: "maria", tier: "scale", seats: 2 }],
])("refuses the change %j", (asked) => {
  expect(() => askChange(asked)).toThrow(
    /say what|say who|"tier"|"interval"|"quantity"|"at"|leave|only "by"/,
  );
});

const askDays = (asked: unknown): unknown => Reflect.apply(checkAskedExtension, undefined, [asked]);

test.each([[1], [90]])("takes an extension of the grace by %d days", (days) => {
  expect(askDays({ by: "maria", why: "will pay on Friday", days })).toBeUndefined();
});

test.each<[unknown]>([
  [undefined],
  [{ by: "maria" }],
  [{ days: 10 }],
  [{ by: "maria", days: 0 }],
  [{ by: "maria", days: 91 }],
  [{ by: "maria", days: 1.5 }],
  [{ by: "maria", days: "10" }],
  [{ by: "maria", days: 10, tier: "pro" }],
])("refuses the extension %j", (asked) => {
  expect(() => askDays(asked)).toThrow(/say who|"days"|only "by"/);
});
