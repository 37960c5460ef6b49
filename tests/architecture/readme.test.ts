import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const README = read("README.md");

test("the README names every variable that is read, and no other", () => {
  const [, table = ""] = /## Configuration\n([^]*?)\n## /.exec(README) ?? [];
  const rows = table.split("\n").filter((line) => line.startsWith("|") && line.includes("`"));
  const named = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
  );
  const configured = [...read("cli/config.ts").matchAll(/^ {2}([A-Z][A-Z_]+):/gm)]
    .map(([, name]) => name ?? "")
    // Temporal's own variables beyond these two are Temporal's to document.
    .filter((name) => !name.startsWith("TEMPORAL_"));
  const inCatalog = [...read("catalog.yaml").matchAll(/\$\{([A-Z_]{4,})\}/g)]
    .map(([, name]) => name)
    .filter((name) => name !== "NAMES");
  const temporal = ["TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"];
  expect(new Set(named)).toEqual(new Set([...configured, ...inCatalog, ...temporal]));
});

test("the README makes the webhook endpoint with the API version that is read", () => {
  const [, version] = /API_VERSION = "([^"]+)"/.exec(read("providers/stripe/stripe-provider.ts")) ?? [];
  expect(README).toContain(`-d api_version=${version} `);
});
