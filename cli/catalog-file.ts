import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { INTERVALS, type Price } from "../domain/catalog.ts";
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

const File = z.strictObject({
  tiers: z
    .array(
      z.strictObject({
        name,
        title: z.string().min(1),
        prices: Prices.default({}),
        legacy_prices: z.array(LegacyPrice).default([]),
        features: z.array(name).default([]),
      }),
    )
    .min(1, "at least one tier"),
  policy: z.strictObject({ grace_days: z.int().min(0).max(365) }),
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
  tiers: file.tiers.map(({ legacy_prices, prices, ...tier }) => ({
    ...tier,
    current: PROVIDERS.flatMap((provider) =>
      INTERVALS.flatMap((interval): Price[] => {
        const id = prices[provider]?.[interval];
        return id === undefined ? [] : [{ provider, interval, id }];
      }),
    ),
    legacy: legacy_prices,
  })),
  policy: { graceDays: file.policy.grace_days },
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
