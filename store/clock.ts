import type { Db } from "./pool.ts";
import { one } from "./pool.ts";

/** Milliseconds by which the system's clock runs ahead of the real one: 0 except in a sandbox database (R13). */
export async function clockOffset(db: Db): Promise<number> {
  const result = await db.query<{ offset_ms: number }>("select offset_ms from clock");
  return one(result).offset_ms;
}

/** Declares this database a sandbox and moves its clock; never backwards. */
export async function moveClock(db: Db, offsetMs: number): Promise<void> {
  await db.query("update clock set sandbox = true, offset_ms = greatest(offset_ms, $1::bigint)", [offsetMs]);
}
