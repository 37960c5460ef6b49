import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../setup/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

it("reads timestamptz as milliseconds and bigint as numbers", async () => {
  const { rows } = await database.pool.query<{ at: number; n: number }>(
    `select timestamptz '2026-11-25 00:00:00.123+00' as at, 9007199254740991::bigint as n`,
  );
  expect(rows).toEqual([{ at: Date.UTC(2026, 10, 25, 0, 0, 0, 123), n: Number.MAX_SAFE_INTEGER }]);
});
