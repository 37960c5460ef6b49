import type { Command, CommandKind, Outcome, Parameters } from "../domain/command.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import { subscriptionId } from "../domain/ids.ts";
import type { Instant } from "../domain/time.ts";
import type { Db } from "./pool.ts";
import { timestamp } from "./pool.ts";
import { json, text } from "./storable.ts";

/** Records that something was asked. Asking again with the same id asks nothing new. */
export async function insertCommand(
  db: Db,
  id: SubscriptionId,
  command: Command,
  askedAt: Instant,
): Promise<void> {
  await db.query(
    `insert into commands (subscription_id, id, kind, asked_by, why, asked_at, parameters)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb) on conflict do nothing`,
    [
      id,
      command.id,
      command.kind,
      text(command.askedBy),
      command.why === null ? null : text(command.why),
      timestamp(askedAt),
      json(command.parameters ?? {}),
    ],
  );
}

interface CommandRow {
  id: string;
  kind: CommandKind;
  asked_by: string;
  why: string | null;
  parameters: Parameters;
}

const commandOf = ({ id, kind, asked_by, why, parameters }: CommandRow): Command => ({
  id,
  kind,
  askedBy: asked_by,
  why,
  ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
});

/** What was asked and not answered yet, in the order of asking. */
export async function openCommands(db: Db, id: SubscriptionId): Promise<readonly Command[]> {
  const { rows } = await db.query<CommandRow>(
    `select id, kind, asked_by, why, parameters from commands
     where subscription_id = $1 and outcome is null order by asked_at, id`,
    [id],
  );
  return rows.map(commandOf);
}

/** One command, with its answer or null while it waits. Undefined: nobody has asked it. */
export async function findCommand(
  db: Db,
  id: SubscriptionId,
  commandId: string,
): Promise<
  | {
      readonly command: Command;
      readonly askedAt: Instant;
      readonly outcome: Outcome | null;
      readonly answeredAt: Instant | null;
    }
  | undefined
> {
  const { rows } = await db.query<
    CommandRow & { asked_at: Instant; outcome: Outcome | null; answered_at: Instant | null }
  >(
    `select id, kind, asked_by, why, parameters, asked_at, outcome, answered_at from commands
     where subscription_id = $1 and id = $2`,
    [id, commandId],
  );
  const [row] = rows;
  return (
    row && {
      command: commandOf(row),
      askedAt: row.asked_at,
      outcome: row.outcome,
      answeredAt: row.answered_at,
    }
  );
}

export async function answerCommandRow(
  db: Db,
  id: SubscriptionId,
  commandId: string,
  outcome: Outcome,
  at: Instant,
): Promise<void> {
  await db.query(
    `update commands set outcome = $3::jsonb, answered_at = $4
     where subscription_id = $1 and id = $2 and outcome is null`,
    [id, commandId, json(outcome), timestamp(at)],
  );
}

/** The stored answers to these commands; those that wait are left out. */
export async function outcomesOf(
  db: Db,
  id: SubscriptionId,
  commandIds: readonly string[],
): Promise<readonly { readonly commandId: string; readonly outcome: Outcome }[]> {
  const { rows } = await db.query<{ id: string; outcome: Outcome }>(
    "select id, outcome from commands where subscription_id = $1 and id = any($2::text[]) and outcome is not null",
    [id, commandIds],
  );
  return rows.map((row) => ({ commandId: row.id, outcome: row.outcome }));
}

/** Subscriptions with a command that has waited too long. For the sweep. */
export async function subscriptionsAsked(
  db: Db,
  before: Instant,
  limit: number,
): Promise<readonly SubscriptionId[]> {
  const { rows } = await db.query<{ subscription_id: string }>(
    `select subscription_id from commands where outcome is null and asked_at < $1
     group by subscription_id order by min(asked_at) limit $2`,
    [timestamp(before), limit],
  );
  return rows.map((row) => subscriptionId(row.subscription_id));
}
