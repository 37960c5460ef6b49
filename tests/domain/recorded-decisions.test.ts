import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DecisionFixture } from "../../cli/explain-scrub.ts";
import { readCatalog } from "../../domain/catalog.ts";
import { decideAgain } from "../../domain/decision-record.ts";

/** Lives that were lived, written by `npm run explain -- <id> --as-test <name>`. */
const FOLDER = join(import.meta.dirname, "../fixtures/decisions");
const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".json"));

describe("what was decided once is decided alike today", () => {
  it("there are lives to tell it by", () => {
    expect(names.length).toBeGreaterThan(1);
  });

  it.each(names)("%s", async (name) => {
    const { catalogs, decisions }: DecisionFixture = JSON.parse(await readFile(join(FOLDER, name), "utf8"));
    expect(decisions.length).toBeGreaterThan(0);
    const different = decisions.flatMap(({ version, inputs, decision }) => {
      const catalog = catalogs.find((each) => each.version === inputs.catalog);
      if (catalog === undefined) throw new Error(`version ${version} names no catalog of the fixture`);
      return decideAgain(inputs, readCatalog(catalog.version, catalog), decision).map((difference) => ({
        version,
        ...difference,
      }));
    });
    expect(different).toEqual([]);
  });
});
