import type { PoolClient } from "pg";
import { Pool, types } from "pg";
import type { Instant } from "../domain/time.ts";

export type { Pool };

/** What a statement runs on: the pool, or one transaction of it. */
export type Db = Pick<PoolClient, "query">;

/** How long Postgres may take for one statement, in milliseconds (R7). Postgres itself ends what takes longer. */
const STATEMENT_TIMEOUT_MS = 5_000;
/** How long we wait for its answer, so that a server that is gone without a word holds nobody either. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 500;
const CONNECT_TIMEOUT_MS = 3_000;
/** How long a transaction may stand idle: the locks of a process that has frozen are freed. */
const IDLE_TIMEOUT_MS = 15_000;

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
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TIMEOUT_MS,
    keepAlive: true,
    types: { getTypeParser: (oid) => PARSERS[oid] ?? types.getTypeParser(oid) },
  });
  pool.on("error", onError);
  return pool;
}

const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [types.builtins.TIMESTAMPTZ]: (text) => {
    const at = new Date(text).getTime();
    if (Number.isNaN(at)) throw new RangeError(`timestamptz ${text} is no moment`);
    return at;
  },
  [types.builtins.INT8]: (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is no safe integer`);
    return value;
  },
};

/** It answers at once or not at all: nobody waits for it as for a statement. */
const ROLLBACK = { text: "rollback", query_timeout: 1_000 };

/** Runs `work` in one transaction: all of it is committed, or nothing. */
export async function transaction<T>(pool: Pool, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // A connection that breaks says so by an event as well, which would end the process if nobody heard it.
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on("error", onError);
  try {
    await client.query("begin");
    const result = await work(client);
    const { command } = await client.query("commit");
    // Postgres answers the commit of a transaction in which a statement has failed with a rollback, not an error.
    if (command !== "COMMIT")
      throw new Error("nothing was committed: a statement of the transaction had failed");
    return result;
  } catch (error) {
    await client.query(ROLLBACK).catch((cause: unknown) => {
      // The connection is gone, and with it the transaction: drop it from the pool.
      broken ??= cause instanceof Error ? cause : new Error(String(cause));
    });
    throw error;
  } finally {
    client.off("error", onError);
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
