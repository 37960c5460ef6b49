import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("docs/operations.md says of every alert what to do, and of no other", () => {
  const [, union = ""] = /type OperatorAlertKind =([^;]*);/.exec(read("domain/alert.ts")) ?? [];
  const kinds = [...union.matchAll(/"(\w+)"/g)].map(([, kind]) => kind);
  const [, table = ""] = /### The alerts\n([^]*?)\n## /.exec(read("docs/operations.md")) ?? [];
  const told = [...table.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)]
    .map(([, name]) => name)
    // Columns of the statement under the table.
    .filter((name) => !["alert_key", "last_error", "delivered_at", "refused_at"].includes(name ?? ""));
  expect(kinds.length).toBeGreaterThan(20);
  expect(new Set(told)).toEqual(new Set(kinds));
});
