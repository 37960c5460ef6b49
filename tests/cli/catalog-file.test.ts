import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type CatalogFile, parseCatalog, readCatalogFile } from "../../cli/catalog-file.ts";
import { ConfigError } from "../../cli/config.ts";

const CATALOG = `tiers:
  - name: starter
    title: Starter
  - name: pro
    title: Pro
    prices: { stripe: { month: "\${PRICE_PRO}", year: price_year } }
    legacy_prices: [{ provider: stripe, interval: month, id: price_old }]
    features: [csv_export, alerts]
policy:
  trial_reminder_days: 14
`;
const ENV = { PRICE_PRO: "price_month" };

const parse = (text: string, env: Record<string, string> = ENV): CatalogFile =>
  parseCatalog(text, "catalog.yaml", env);

/** What is said about a catalog in which `from` stands as `to`. */
function complaint(from: string, to: string, env: Record<string, string> = ENV): string {
  const text = CATALOG.replace(from, to);
  expect(text).not.toBe(CATALOG);
  try {
    parse(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("it was taken for a catalog");
}

describe("a catalog file", () => {
  it("says what is sold, with the environment's values in place", () => {
    expect(parse(CATALOG).body).toEqual({
      tiers: [
        { name: "starter", title: "Starter", features: [], current: [], legacy: [], trialDays: 0 },
        {
          name: "pro",
          title: "Pro",
          features: ["csv_export", "alerts"],
          current: [
            { provider: "stripe", interval: "month", id: "price_month" },
            { provider: "stripe", interval: "year", id: "price_year" },
          ],
          legacy: [{ provider: "stripe", interval: "month", id: "price_old" }],
          trialDays: 0,
        },
      ],
      checkout: { promotionCodes: false, automaticTax: false },
      policy: {
        dunning: {
          messages: [
            { day: 0, send: "payment_failed" },
            { day: 3, send: "reminder" },
            { day: 7, send: "final_notice" },
          ],
          end: { day: 14, action: "cancel" },
        },
        trialReminderDays: 14,
        latePayments: "refund",
        duplicates: "cancel_and_refund",
      },
    });
  });

  it("is the same version however it is written", () => {
    const { sha256 } = parse(CATALOG);
    const other = `# The same in other words.
policy: {"trial_reminder_days": 14}
tiers:
- title: "Starter"
  features: []
  name: 'starter'
- {features: [csv_export, alerts], legacy_prices: [{id: price_old, interval: month, provider: stripe}],
   prices: {stripe: {year: "price_year", month: price_month}}, title: Pro, name: pro}
`;
    expect(parse(other).sha256).toBe(sha256);
  });

  it.each([
    ["another price", "price_year", "price_year_2"],
    ["another rule", "14", "7"],
    ["another order of tiers' features", "csv_export, alerts", "alerts, csv_export"],
    ["a price less", ", year: price_year", ""],
  ])("is another version with %s", (_what, from, to) => {
    expect(parse(CATALOG.replace(from, to)).sha256).not.toBe(parse(CATALOG).sha256);
  });

  it("is another version in another environment", () => {
    expect(parse(CATALOG, { PRICE_PRO: "price_live" }).sha256).not.toBe(parse(CATALOG).sha256);
  });

  it("takes a value for a text, whatever stands in it", () => {
    const { body } = parse(CATALOG, { PRICE_PRO: '" } }, x: [' });
    expect(body.tiers[1]?.current[0]?.id).toBe('" } }, x: [');
  });
});

describe("a mistake in it", () => {
  it.each([
    ["a word that nobody knows", "title: Pro", "titel: Pro", 5, 'tiers.1: Unrecognized key: "titel"'],
    ["the same at the top", "policy:", "polcy: 1\npolicy:", 9, 'Unrecognized key: "polcy"'],
    ["a number out of range", "14", "-1", 10, "policy.trial_reminder_days"],
    ["a text for a number", "14", '"14"', 10, "policy.trial_reminder_days"],
    [
      "messages whose days do not rise",
      "trial_reminder_days: 14",
      "dunning: { messages: [{ day: 3, send: reminder }, { day: 3, send: final_notice }] }",
      10,
      "the days of the messages must rise",
    ],
    [
      "a message after the end",
      "trial_reminder_days: 14",
      "dunning: { messages: [{ day: 7, send: reminder }], end: { day: 7, action: cancel } }",
      10,
      "a message must come before the end",
    ],
    [
      "an interval that is not sold",
      "month: ",
      "week: ",
      6,
      'tiers.1.prices.stripe: Unrecognized key: "week"',
    ],
    [
      "a provider that is not known",
      "provider: stripe",
      "provider: x",
      7,
      "tiers.1.legacy_prices.0.provider",
    ],
    ["a name with a space", "name: pro", "name: pro plan", 4, "a name: a letter, then letters, digits and _"],
    ["an empty price", "price_year", '" "', 6, "a price id"],
    ["what is no YAML", "title: Pro", "title: [Pro", 6, "at line 6"],
    ["a word twice", "title: Pro", "title: Pro\n    title: Pro", 6, "at line 6"],
  ])("%s is told with its line", (_what, from, to, line, what) => {
    const said = complaint(from, to);
    expect(said).toContain("catalog.yaml");
    expect(said).toMatch(new RegExp(`line ${line}\\b`));
    expect(said).toContain(what);
  });

  it("is told with all the others", () => {
    expect(complaint("title: Pro", "titel: Pro").split("\n")).toEqual([
      expect.stringContaining("catalog.yaml, line 4: tiers.1.title: "),
      expect.stringContaining("catalog.yaml, line 5: tiers.1: "),
    ]);
  });

  it.each([{}, { PRICE_PRO: "" }, { PRICE_PRO: " " }])("a variable without a value is named: %j", (env) => {
    expect(complaint("price_old", '"${PRICE_OLD}"', { ...env })).toBe(
      "PRICE_PRO is missing: expected a value for catalog.yaml\nPRICE_OLD is missing: expected a value for catalog.yaml",
    );
  });

  it.each([
    ["tier", "name: pro", "name: Starter", "the tier starter stands there twice"],
    ["price", "price_old", "price_year", "the price stripe price_year stands there twice"],
    [
      "price from the environment",
      "price_old",
      "price_month",
      "the price stripe price_month stands there twice",
    ],
  ])("a %s that stands there twice is named", (_what, from, to, said) => {
    expect(complaint(from, to)).toBe(`catalog.yaml: ${said}`);
  });

  it.each(["", "- 1", "tiers: []\npolicy: {}", "tiers: 1"])("%j is no catalog", (text) => {
    expect(() => parse(text)).toThrow(ConfigError);
  });
});

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

describe("reading the file", () => {
  it("the repository's own is a catalog, with its two prices from the environment", async () => {
    const { body } = await readCatalogFile(here("../../catalog.yaml"), {
      STRIPE_PRICE_PRO: "price_a",
      STRIPE_PRICE_SCALE: "price_b",
    });
    expect(body.tiers.map(({ name, current }) => [name, current])).toEqual([
      ["starter", []],
      ["pro", [{ provider: "stripe", interval: "month", id: "price_a" }]],
      ["scale", [{ provider: "stripe", interval: "month", id: "price_b" }]],
    ]);
    const [starter, pro, scale] = body.tiers.map(({ features }) => features);
    expect(pro).toEqual(expect.arrayContaining([...(starter ?? [])]));
    expect(scale).toEqual(expect.arrayContaining([...(pro ?? [])]));
  });

  it("one that is not there is told by its variable", async () => {
    await expect(readCatalogFile(here("none.yaml"), {})).rejects.toThrow(
      /^CATALOG_FILE is wrong: .*none\.yaml cannot be read$/,
    );
  });
});
