import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

const Dependencies = z.record(
  z.string(),
  z.object({ condition: z.enum(["service_healthy", "service_completed_successfully"]) }),
);

const Service = z.object({
  image: z.string(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()),
  depends_on: Dependencies.default({}),
  restart: z.enum(["unless-stopped", "on-failure"]),
  stop_grace_period: z.string().default("10s"),
  ports: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.tuple([z.literal("CMD")], z.string()) }).optional(),
});

const File = z.object({ services: z.record(z.string(), Service) });

export type ComposeService = z.infer<typeof Service>;

/** The file as YAML gives it, variables and all. */
export async function readComposeFile(): Promise<unknown> {
  const path = fileURLToPath(new URL("../../docker-compose.yml", import.meta.url));
  return parse(await readFile(path, "utf8"), { merge: true });
}

/** The services with the values of the environment in their places. @throws naming each variable that is missing */
export function interpolate(
  file: unknown,
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, ComposeService>> {
  const missing = new Set<string>();
  const filled = mapTexts(file, (text) =>
    text.replace(VARIABLE, (whole, name: string, operator: string | undefined, word: string | undefined) => {
      if (whole === "$$") return "$";
      const value = env[name] ?? "";
      if (value === "" && operator === "?") missing.add(`${name} is missing: ${word}`);
      return value === "" && operator === "-" ? (word ?? "") : value;
    }),
  );
  if (missing.size > 0) throw new Error([...missing].toSorted().join("\n"));
  return File.parse(filled).services;
}

/** `$$`, or a variable in one of the forms that our file uses: ${NAME}, ${NAME:-default}, ${NAME:?message}. */
const VARIABLE = /\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})/g;

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapTexts(each, change)]));
}

/** "30s" or "1m" in milliseconds. */
export function durationMs(text: string): number {
  const [, amount, unit] = /^(\d+)(s|m)$/.exec(text) ?? [];
  if (amount === undefined) throw new Error(`${text} is no duration in s or m`);
  return Number(amount) * (unit === "m" ? 60_000 : 1_000);
}
