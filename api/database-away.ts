/** Network errors, as Node names them. */
const NETWORK = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ETIMEDOUT",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/**
 * SQLSTATEs that say "later" (postgresql.org/docs/current/errcodes-appendix.html): connection exceptions, out of
 * resources, shutting down or starting up, statement timed out, deadlock, lock not available, failed-over standby.
 */
const LATER = /^(08...|53...|57P0[1-5]|57014|40001|40P01|55P03|25006)$/;

/** What `pg` says without a code when the server does not answer. */
const SAYS =
  /timeout exceeded when trying to connect|^Query read timeout|^Connection terminated|connection error and is not queryable|client was closed/i;

/** Whether Postgres did not answer, in any of the ways in which that shows. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string") {
    if (NETWORK.has(error.code) || LATER.test(error.code)) return true;
  }
  return SAYS.test(error.message);
}
