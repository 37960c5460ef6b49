import type { CheckoutId } from "../domain/ids.ts";
import { checkoutId } from "../domain/ids.ts";
import type { Db } from "./pool.ts";
import { one } from "./pool.ts";
import { json } from "./storable.ts";

/** How long one attempt may hold its key, in seconds: a process that died blocks nobody for longer. */
const LEASE_SECONDS = 10;

export type Claim =
  /** This attempt holds the key now; an earlier one may have begun a checkout. */
  | { readonly kind: "ours"; readonly checkoutId: CheckoutId | null }
  | { readonly kind: "answered"; readonly status: number; readonly body: unknown }
  | { readonly kind: "running" }
  | { readonly kind: "other_request" };

/** Claims the key for one attempt. Concurrent attempts wait for each other here for the length of a transaction. */
export async function claimKey(db: Db, caller: string, key: string, requestSha256: string): Promise<Claim> {
  const inserted = await db.query(
    `insert into idempotency_keys (caller, key, request_sha256, lease_until)
     values ($1, $2, $3, now() + make_interval(secs => $4))
     on conflict do nothing`,
    [caller, key, requestSha256, LEASE_SECONDS],
  );
  if (inserted.rowCount === 1) return { kind: "ours", checkoutId: null };
  const { rows } = await db.query<{
    request_sha256: string;
    checkout_id: string | null;
    status: number | null;
    body: unknown;
    leased: boolean;
  }>(
    `select request_sha256, checkout_id, status, body, lease_until > now() as leased
     from idempotency_keys where caller = $1 and key = $2 for update`,
    [caller, key],
  );
  const [row] = rows;
  if (row === undefined) throw new Error("an idempotency key vanished while it was claimed");
  if (row.request_sha256 !== requestSha256) return { kind: "other_request" };
  if (row.status !== null) return { kind: "answered", status: row.status, body: row.body };
  if (row.leased) return { kind: "running" };
  await db.query(
    `update idempotency_keys set lease_until = now() + make_interval(secs => $3) where caller = $1 and key = $2`,
    [caller, key, LEASE_SECONDS],
  );
  return { kind: "ours", checkoutId: row.checkout_id === null ? null : checkoutId(row.checkout_id) };
}

/** Ties the key to the checkout that it made, so that a repetition continues that one. */
export async function tieKey(db: Db, caller: string, key: string, id: CheckoutId): Promise<void> {
  await db.query("update idempotency_keys set checkout_id = $3 where caller = $1 and key = $2", [
    caller,
    key,
    id,
  ]);
}

/**
 * Stores the final answer, unless another attempt that held the key too was faster: then that one's stands. Answers
 * the answer in force. Never called with "unknown" (503): that is no answer.
 */
export async function answerKey(
  db: Db,
  caller: string,
  key: string,
  status: number,
  body: unknown,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const result = await db.query<{ status: number; body: unknown }>(
    `update idempotency_keys set status = coalesce(status, $3),
       body = case when status is null then $4::jsonb else body end
     where caller = $1 and key = $2 returning status, body`,
    [caller, key, status, json(body)],
  );
  return one(result);
}

/** Gives the key back after an unknown outcome: the same key may be tried again at once. */
export async function releaseKey(db: Db, caller: string, key: string): Promise<void> {
  await db.query(
    "update idempotency_keys set lease_until = now() where caller = $1 and key = $2 and status is null",
    [caller, key],
  );
}
