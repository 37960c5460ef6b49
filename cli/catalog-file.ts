import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { INTERVALS, type Price } from "../domain/catalog.ts";
import { NOTICES } from "../domain/policy.ts";
import { PROVIDERS } from "../domain/provider.ts";
import type { CatalogBody } from "../store/catalogs.ts";
import { ConfigError, type Environment } from "./config.ts";

const name = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/i, "a name: a letter, then letters, digits and _");
const priceId = z.string().trim().min(1, "a price id");
const Prices = z.partialRecord(z.enum(PROVIDERS), z.partialRecord(z.enum(INTERVALS), priceId));
const LegacyPrice = z.strictObject({
  provider: z.enum(PROVIDERS),
  interval: z.enum(INTERVALS),
  id: priceId,
});

const days = (most: number) => z.int().min(0, "a number of days").max(most, `at most ${most} days`);

/** What is not said is as careful as can be: customers are written to, and nothing is taken or kept unasked. */
const Policy = z.strictObject({
  dunning: z
    .strictObject({
      messages: z.array(z.strictObject({ day: days(365), send: z.enum(NOTICES) })).default([
        { day: 0, send: "payment_failed" },
        { day: 3, send: "reminder" },
        { day: 7, send: "final_notice" },
      ]),
      end: z
        .strictObject({ day: days(365), action: z.enum(["cancel", "keep_unpaid"]) })
        .default({ day: 14, action: "cancel" }),
    })
    .prefault({})
    .superRefine(({ messages, end }, context) => {
      messages.forEach(({ day }, position) => {
        const earlier = messages[position - 1];
        const message =
          earlier !== undefined && day <= earlier.day
            ? "the days of the messages must rise"
            : day >= end.day
              ? "a message must come before the end"
              : null;
        if (message !== null) {
          context.addIssue({ code: "custom", path: ["messages", position, "day"], message });
        }
      });
    }),
  trial_reminder_days: days(30).default(3),
  late_payments: z.enum(["refund", "keep"]).default("refund"),
  duplicates: z.enum(["cancel_and_refund", "cancel", "keep"]).default("cancel_and_refund"),
});

const File = z.strictObject({
  tiers: z
    .array(
      z.strictObject({
        name,
        title: z.string().min(1),
        prices: Prices.default({}),
        legacy_prices: z.array(LegacyPrice).default([]),
        features: z.array(name).default([]),
        trial_days: days(730).default(0),
      }),
    )
    .min(1, "at least one tier"),
  checkout: z
    .strictObject({ promotion_codes: z.boolean().default(false), automatic_tax: z.boolean().default(false) })
    .prefault({}),
  policy: Policy.prefault({}),
});

export interface CatalogFile {
  readonly body: CatalogBody;
  /** Of the body: the same catalog, however it is written, is one version. */
  readonly sha256: string;
}

/** Reads the catalog and puts the environment's values in the place of `${NAMES}`. @throws ConfigError naming the lines */
export async function readCatalogFile(path: string, env: Environment): Promise<CatalogFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new ConfigError(`CATALOG_FILE is wrong: ${path} cannot be read`, { cause });
  }
  return parseCatalog(text, path, env);
}

export function parseCatalog(text: string, path: string, env: Environment): CatalogFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [mistake] = document.errors;
  if (mistake !== undefined) throw new ConfigError(`${path}: ${mistake.message.trim()}`);
  const lineOf = (place: readonly PropertyKey[]): number => {
    // The mistake's own place may be a key that is missing: then the nearest that is there.
    for (let length = place.length; length >= 0; length -= 1) {
      const node = document.getIn(place.slice(0, length), true);
      if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)) {
        return lines.linePos(Number(node.range[0])).line;
      }
    }
    return 1;
  };
  const missing = new Set<string>();
  const filled = fill(document.toJS(), env, missing);
  if (missing.size > 0) {
    throw new ConfigError(
      [...missing].map((variable) => `${variable} is missing: expected a value for ${path}`).join("\n"),
    );
  }
  const parsed = File.safeParse(filled);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map((issue) => {
      const place =
        issue.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
      return `${path}, line ${lineOf(place)}: ${[issue.path.join("."), issue.message].filter(Boolean).join(": ")}`;
    });
    throw new ConfigError(mistakes.join("\n"));
  }
  const body = toBody(parsed.data);
  assertDistinct(path, body);
  return { body, sha256: createHash("sha256").update(JSON.stringify(body)).digest("hex") };
}

function fill(value: unknown, env: Environment, missing: Set<string>): unknown {
  if (typeof value === "string") {
    return value.replace(/\$\{(\w+)\}/g, (_, variable: string) => {
      const given = env[variable];
      if (given === undefined || given.trim() === "") missing.add(variable);
      return given ?? "";
    });
  }
  if (Array.isArray(value)) return value.map((each) => fill(each, env, missing));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, env, missing)]));
}

const toBody = (file: z.infer<typeof File>): CatalogBody => ({
  tiers: file.tiers.map(({ legacy_prices, prices, trial_days, ...tier }) => ({
    ...tier,
    trialDays: trial_days,
    current: PROVIDERS.flatMap((provider) =>
      INTERVALS.flatMap((interval): Price[] => {
        const id = prices[provider]?.[interval];
        return id === undefined ? [] : [{ provider, interval, id }];
      }),
    ),
    legacy: legacy_prices,
  })),
  checkout: { promotionCodes: file.checkout.promotion_codes, automaticTax: file.checkout.automatic_tax },
  policy: {
    dunning: file.policy.dunning,
    trialReminderDays: file.policy.trial_reminder_days,
    latePayments: file.policy.late_payments,
    duplicates: file.policy.duplicates,
  },
});

function assertDistinct(path: string, { tiers }: CatalogBody): void {
  const names = tiers.map((tier) => tier.name.toLowerCase());
  const ids = tiers.flatMap((tier) =>
    [...tier.current, ...tier.legacy].map(({ provider, id }) => `${provider} ${id}`),
  );
  for (const [what, list] of [
    ["tier", names],
    ["price", ids],
  ] as const) {
    const twice = list.find((one, position) => list.indexOf(one) !== position);
    if (twice !== undefined) throw new ConfigError(`${path}: the ${what} ${twice} stands there twice`);
  }
}
