import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { clockOffset, declareSandbox, moveClock } from "../../store/clock.ts";
import { insertEvent } from "../../store/events.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { event, expectRefusal, newCustomer, parallel } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterEach(() =>
  database.pool.query(
    "update clock set sandbox = false, offset_ms = 0; delete from customers; delete from webhook_events",
  ),
);
afterAll(() => database.drop());

it("R13: the time of a database that nobody declared a sandbox is the real one", async () => {
  const { pool } = database;
  await expect(moveClock(pool, 60_000)).rejects.toThrow("no sandbox");
  await expectRefusal(pool.query("update clock set offset_ms = 1"), "production_time_is_real");
  await expect(clockOffset(pool)).resolves.toBe(0);
});

it("R13: the clock of a sandbox moves, and never backwards", async () => {
  const { pool } = database;
  await declareSandbox(pool);
  await parallel(10, (index) => moveClock(pool, index * 1_000));
  await expect(clockOffset(pool)).resolves.toBe(9_000);
  await moveClock(pool, 10);
  await expect(clockOffset(pool)).resolves.toBe(9_000);
  await expectRefusal(pool.query("update clock set sandbox = false"), "production_time_is_real");
  await expectRefusal(pool.query("update clock set offset_ms = -1"), "clock_offset_ms_check");
});

it("R13: a database that has served somebody never becomes a sandbox; one that is stays one", async () => {
  const { pool } = database;
  await newCustomer(pool);
  await expect(declareSandbox(pool)).rejects.toThrow("in use");
  await pool.query("delete from customers");
  await insertEvent(pool, event());
  await expect(declareSandbox(pool)).rejects.toThrow("in use");
  await pool.query("delete from webhook_events");
  await declareSandbox(pool);
  await newCustomer(pool);
  await declareSandbox(pool);
  await moveClock(pool, 1);
});

it("there is one clock", async () => {
  await expectRefusal(database.pool.query("insert into clock default values"), "clock_pkey");
  await expectRefusal(
    database.pool.query("insert into clock (only_row) values (false)"),
    "clock_only_row_check",
  );
});
