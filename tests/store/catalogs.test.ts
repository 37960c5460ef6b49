import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CatalogBody, catalogInForce, publishCatalog } from "../../store/catalogs.ts";
import { transaction } from "../../store/pool.ts";
import { insertEntry } from "../../store/timeline.ts";
import { createDatabase, TEST_CATALOG, type TestDatabase } from "../setup/database.ts";
import { newSubscriptionId, parallel, START } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  await database.pool.query("truncate catalog_versions restart identity cascade");
  await transaction(database.pool, (db) => publishCatalog(db, TEST_CATALOG.body, TEST_CATALOG.sha256));
});
afterAll(() => database.drop());

const withGrace = (day: number): CatalogBody => {
  const { policy } = TEST_CATALOG.body;
  const dunning = { messages: [], end: { day, action: "keep_unpaid" as const } };
  return { ...TEST_CATALOG.body, policy: { ...policy, dunning } };
};
const publish = (graceDays: number): Promise<number> =>
  transaction(database.pool, async (db) => {
    const version = await publishCatalog(db, withGrace(graceDays), `sha of ${graceDays}`);
    // Between the writing and the commit others have their chance.
    await db.query("select pg_sleep(0.01)");
    return version;
  });
const versions = async (): Promise<number | null> =>
  (await database.pool.query("select from catalog_versions")).rowCount;

describe("publishing a catalog", () => {
  it("puts it in force as the next version; the same again is no new one", async () => {
    await expect(catalogInForce(database.pool)).resolves.toEqual({ ...TEST_CATALOG.body, version: 1 });
    await expect(publish(7)).resolves.toBe(2);
    await expect(publish(7)).resolves.toBe(2);
    await expect(catalogInForce(database.pool)).resolves.toEqual({ ...withGrace(7), version: 2 });
    await expect(versions()).resolves.toBe(2);
  });

  it("goes back to an earlier one by a new version", async () => {
    await publish(7);
    await publish(8);
    await expect(publish(7)).resolves.toBe(4);
    await expect(catalogInForce(database.pool)).resolves.toEqual({ ...withGrace(7), version: 4 });
  });

  it("by many at once makes one version of the same", async () => {
    const answers = await parallel(10, () => publish(7));
    expect(new Set(answers)).toEqual(new Set([2]));
    await expect(versions()).resolves.toBe(2);
  });

  it("by many at once makes a version of each that differs, and each hears of its own", async () => {
    const answers = await parallel(8, publish);
    expect(answers.toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    for (const [graceDays, version] of answers.entries()) {
      const { rows } = await database.pool.query("select body from catalog_versions where version = $1", [
        version,
      ]);
      expect(rows).toEqual([{ body: withGrace(graceDays) }]);
    }
  });

  it("needs a transaction, or two at once could publish the same twice", async () => {
    await expect(publishCatalog(database.pool, withGrace(1), "sha")).rejects.toMatchObject({ code: "25P01" });
  });

  it("holds up nobody who reads or cites a version", async () => {
    await transaction(database.pool, async (db) => {
      await publishCatalog(db, withGrace(7), "sha");
      // Other connections, while this one holds its lock: they would wait for the statement's time-out.
      await expect(catalogInForce(database.pool)).resolves.toMatchObject({ version: 1 });
      await insertEntry(database.pool, {
        subscriptionId: newSubscriptionId(),
        version: 1,
        turnId: "run/1",
        at: START,
        cause: {},
        from: null,
        to: null,
        why: "a turn",
        inputs: {},
        decision: null,
        catalogVersion: 1,
        codeVersion: "0.1.0",
      });
    });
  });
});

it("before the first publication there is none", async () => {
  await database.pool.query("delete from catalog_versions");
  await expect(catalogInForce(database.pool)).resolves.toBeUndefined();
});
