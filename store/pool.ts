import type { PoolClient } from "pg";
import { Pool, types } from "pg";
import type { Instant } from "../domain/time.ts";

export type { Pool };

/** What a statement runs on: the pool, or one transaction of it. */
export type Db = Pick<PoolClient, "query">;

/** How long Postgres may take for one statement, in milliseconds (R7). */
const STATEMENT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Opens a pool in which timestamptz reads as milliseconds since 1970 and bigint as a number (safe integers only).
 * `onError` hears of connections that broke while idle; the next statement opens a new one.
 */
export function createPool(databaseUrl: string, onError: (error: Error) => void): Pool {
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: "perennial",
    max: 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    types: { getTypeParser: (oid) => PARSERS[oid] ?? types.getTypeParser(oid) },
  });
  pool.on("error", onError);
  return pool;
}

const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [types.builtins.TIMESTAMPTZ]: (text) => new Date(text).getTime(),
  [types.builtins.INT8]: (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is no safe integer`);
    return value;
  },
};

/** Runs `work` in one transaction: all of it is committed, or nothing. */
export async function transaction<T>(pool: Pool, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch((cause: unknown) => {
      // The connection is gone, and with it the transaction: drop it from the pool.
      broken = cause instanceof Error ? cause : new Error(String(cause));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** For a timestamptz parameter. */
export const timestamp = (at: Instant | null): Date | null => (at === null ? null : new Date(at));

/** The one row of a statement that always gives one. */
export function one<Row>(result: { readonly rows: readonly Row[] }): Row {
  const [row] = result.rows;
  if (row === undefined) throw new Error("a statement that always gives a row gave none");
  return row;
}
