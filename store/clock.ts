import type { Db } from "./pool.ts";
import { one } from "./pool.ts";

/** Milliseconds by which the system's clock runs ahead of the real one: 0 except in a sandbox database (R13). */
export async function clockOffset(db: Db): Promise<number> {
  const result = await db.query<{ offset_ms: number }>("select offset_ms from clock");
  return one(result).offset_ms;
}

/**
 * Declares this database a sandbox, whose clock may be moved. Safe to repeat.
 * @throws Error when it has customers or events that came before: those may be real.
 */
export async function declareSandbox(db: Db): Promise<void> {
  const { rowCount } = await db.query(
    `update clock set sandbox = true
     where sandbox or not exists (select from customers) and not exists (select from webhook_events)`,
  );
  if (rowCount !== 1) throw new Error("this database is in use and was never declared a sandbox");
}

/** Moves the clock of a sandbox; never backwards. @throws Error in any other database: its time is the real one (R13). */
export async function moveClock(db: Db, offsetMs: number): Promise<void> {
  const { rowCount } = await db.query(
    "update clock set offset_ms = greatest(offset_ms, $1::bigint) where sandbox",
    [offsetMs],
  );
  if (rowCount !== 1) throw new Error("this database is no sandbox: its clock stays with the real time");
}
