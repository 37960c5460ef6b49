import type { Call, CallRefusal, FinishedCall, Operation } from "../domain/call.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { Db } from "./pool.ts";
import { one } from "./pool.ts";
import { json, text } from "./storable.ts";

/** A decided call that is not carried out yet. */
export interface PendingCall {
  readonly key: string;
  readonly commandId: string | null;
  readonly operation: Operation;
}

/** One request to a provider, as stored before it is sent (R6). */
export interface Attempt {
  readonly key: string;
  readonly state: "pending" | "done" | "refused";
  readonly attempt: number;
  /** Milliseconds by the real clock, or null: never sent. */
  readonly attemptedAt: number | null;
  readonly request: Readonly<Record<string, unknown>> | null;
  readonly result: unknown;
  readonly error: string | null;
  /** Whether the last answer to this attempt's key can only be given again. */
  readonly spent: boolean;
}

/** Records a decided call once; the same call decided again is the same row. False: it was recorded before. */
export async function insertCall(
  db: Db,
  id: SubscriptionId,
  provider: Provider,
  call: Call,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into provider_calls (key, subscription_id, command_id, provider, operation, decided)
     values ($1, $2, $3, $4, $5::jsonb, true) on conflict do nothing`,
    [call.key, id, call.commandId, provider, json(call.operation)],
  );
  return rowCount === 1;
}

export async function pendingCalls(db: Db, id: SubscriptionId): Promise<readonly PendingCall[]> {
  const { rows } = await db.query<{ key: string; command_id: string | null; operation: Operation }>(
    `select key, command_id, operation from provider_calls
     where subscription_id = $1 and decided and state = 'pending' order by created_at, key`,
    [id],
  );
  return rows.map((row) => ({ key: row.key, commandId: row.command_id, operation: row.operation }));
}

/** Whether a decided call is still to be carried out, and none of its requests has failed yet. For a clock that is moved (R13). */
export async function hasPendingCalls(db: Db): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from provider_calls call where decided and state = 'pending' and not exists (
       select from provider_calls request
       where request.subscription_id = call.subscription_id and not request.decided
         and request.state = 'pending' and request.error is not null)
     limit 1`,
  );
  return rowCount === 1;
}

/** Those of these subscriptions that are being ended as duplicates, or have been. */
export async function endingDuplicates(db: Db, ids: readonly SubscriptionId[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ subscription_id: string }>(
    `select subscription_id from provider_calls
     where subscription_id = any($1::uuid[]) and decided and operation ->> 'name' = 'end_duplicate'
       and state in ('pending', 'done')`,
    [ids],
  );
  return new Set(rows.map((row) => row.subscription_id));
}

/** Decided calls that have ended since the last turn, or that an unanswered command still needs to hear of. */
export async function finishedCalls(
  db: Db,
  id: SubscriptionId,
): Promise<
  readonly {
    readonly call: FinishedCall;
    readonly session: { readonly id: string; readonly url: string } | null;
  }[]
> {
  const { rows } = await db.query<{
    key: string;
    command_id: string | null;
    operation: Operation;
    state: "done" | "refused";
    result: { sessionId?: string; url?: string; expiresAt?: number } | null;
    error: string | null;
    reason: CallRefusal | null;
  }>(
    `select c.key, c.command_id, c.operation, c.state, c.result, c.error, c.reason from provider_calls c
     left join commands on commands.subscription_id = c.subscription_id and commands.id = c.command_id
     where c.subscription_id = $1 and c.decided and c.state <> 'pending'
       and (not c.settled or (commands.id is not null and commands.outcome is null))
     order by c.created_at, c.key`,
    [id],
  );
  return rows.map(({ key, command_id, operation, state, result, error, reason }) => ({
    call: {
      key,
      commandId: command_id,
      operation,
      end:
        state === "done"
          ? { state, expiresAt: result?.expiresAt ?? null }
          : { state, reason: reason ?? "provider_refused", what: error ?? "no reason given" },
    },
    session:
      result?.sessionId !== undefined && result.url !== undefined
        ? { id: result.sessionId, url: result.url }
        : null,
  }));
}

/** A turn has taken the ends of these calls in. */
export async function settleCalls(db: Db, keys: readonly string[]): Promise<void> {
  await db.query("update provider_calls set settled = true where key = any($1::text[]) and not settled", [
    keys,
  ]);
}

interface AttemptRow {
  key: string;
  state: Attempt["state"];
  attempt: number;
  attempted_at: number | null;
  request: Record<string, unknown> | null;
  result: unknown;
  error: string | null;
  spent: boolean;
}

/** The row of a request to a provider; made when it is first needed. */
export async function attemptOf(
  db: Db,
  key: string,
  id: SubscriptionId,
  provider: Provider,
): Promise<Attempt> {
  await db.query(
    `insert into provider_calls (key, subscription_id, provider, operation)
     values ($1, $2, $3, '{}') on conflict do nothing`,
    [key, id, provider],
  );
  const result = await db.query<AttemptRow>(
    "select key, state, attempt, attempted_at, request, result, error, spent from provider_calls where key = $1",
    [key],
  );
  const { attempted_at, ...row } = one(result);
  return { ...row, attemptedAt: attempted_at };
}

/**
 * Stores an attempt's number and exact parameters: before it is sent, never after. Answers what is to be sent: of an
 * attempt that was begun before, here or elsewhere, what was stored then. Undefined: the call has ended meanwhile.
 */
export async function beginAttempt(
  db: Db,
  key: string,
  attempt: number,
  request: Readonly<Record<string, unknown>>,
): Promise<(Pick<Attempt, "attempt"> & { readonly request: Readonly<Record<string, unknown>> }) | undefined> {
  const { rows } = await db.query<{ attempt: number; request: Record<string, unknown> }>(
    `update provider_calls set attempt = greatest(attempt, $2), spent = spent and attempt >= $2, updated_at = now(),
       request = case when attempt >= $2 and request is not null then request else $3::jsonb end,
       attempted_at = case when attempt >= $2 and attempted_at is not null then attempted_at else now() end
     where key = $1 and state = 'pending' returning attempt, request`,
    [key, attempt, json(request)],
  );
  return rows[0];
}

export async function endCall(
  db: Db,
  key: string,
  end:
    | { readonly state: "done"; readonly result: object }
    | {
        readonly state: "refused";
        readonly reason: CallRefusal;
        readonly error: string;
      },
): Promise<void> {
  await db.query(
    `update provider_calls set state = $2, result = $3::jsonb, reason = $4, error = $5, updated_at = now()
     where key = $1 and state = 'pending'`,
    [
      key,
      end.state,
      end.state === "done" ? json(end.result) : null,
      end.state === "refused" ? end.reason : null,
      end.state === "refused" ? text(end.error) : null,
    ],
  );
}

/** Notes an unknown outcome; `spent`: the key would only replay it, from now on until the next attempt. */
export async function noteUnknown(db: Db, key: string, error: string, spent: boolean): Promise<void> {
  await db.query(
    "update provider_calls set error = $2, spent = spent or $3, updated_at = now() where key = $1 and state = 'pending'",
    [key, text(error), spent],
  );
}
