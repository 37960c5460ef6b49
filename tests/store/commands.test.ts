import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command, Outcome } from "../../domain/command.ts";
import { MINUTE } from "../../domain/time.ts";
import {
  answerCommandRow,
  findCommand,
  insertCommand,
  openCommands,
  outcomesOf,
  subscriptionsAsked,
} from "../../store/commands.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { expectRefusal, newSubscriptionId, parallel, START } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const cancel = (id: string, change: Partial<Command> = {}): Command => ({
  id,
  kind: "cancel",
  askedBy: "maria",
  why: "asked by phone",
  ...change,
});
const done: Outcome = { state: "done", what: "The subscription is canceled" };
const refused: Outcome = { state: "refused", reason: "already_ended", what: "It had ended" };

describe("a command", () => {
  it("waits in the order of asking, and asked twice is asked once", async () => {
    const id = newSubscriptionId();
    await insertCommand(database.pool, id, cancel("second"), START + 2);
    await insertCommand(database.pool, id, cancel("first", { kind: "resync", why: null }), START + 1);
    await parallel(10, () => insertCommand(database.pool, id, cancel("second", { askedBy: "other" }), START));
    await expect(openCommands(database.pool, id)).resolves.toEqual([
      cancel("first", { kind: "resync", why: null }),
      cancel("second"),
    ]);
    await expect(openCommands(database.pool, newSubscriptionId())).resolves.toEqual([]);
  });

  it("R7: is kept whatever was typed", async () => {
    const id = newSubscriptionId();
    await insertCommand(database.pool, id, cancel("odd", { askedBy: "m\0", why: "a\0\ud800" }), START);
    await expect(openCommands(database.pool, id)).resolves.toMatchObject([
      { askedBy: "m\ufffd", why: "a\ufffd\ufffd" },
    ]);
  });

  it("has one answer, the first, and gives it again for ever", async () => {
    const id = newSubscriptionId();
    await insertCommand(database.pool, id, cancel("one"), START);
    await insertCommand(database.pool, id, cancel("open"), START);
    await answerCommandRow(database.pool, id, "one", done, START + 1);
    await answerCommandRow(database.pool, id, "one", refused, START + 2);
    await insertCommand(database.pool, id, cancel("one"), START + 3);
    await expect(outcomesOf(database.pool, id, ["one", "open", "none"])).resolves.toEqual([
      { commandId: "one", outcome: done },
    ]);
    await expect(openCommands(database.pool, id)).resolves.toMatchObject([{ id: "open" }]);
    const { rows } = await database.pool.query(
      "select answered_at from commands where subscription_id = $1 and id = 'one'",
      [id],
    );
    expect(rows).toEqual([{ answered_at: START + 1 }]);
  });

  it("is one subscription's: another may use the same id", async () => {
    const [id, other] = [newSubscriptionId(), newSubscriptionId()];
    await insertCommand(database.pool, id, cancel("same"), START);
    await insertCommand(database.pool, other, cancel("same"), START);
    await answerCommandRow(database.pool, id, "same", done, START);
    await expect(outcomesOf(database.pool, other, ["same"])).resolves.toEqual([]);
  });

  it("is read by its id, with what it asked for and what came of it", async () => {
    const id = newSubscriptionId();
    const asked = {
      ...cancel("larger"),
      kind: "change",
      parameters: { tier: "scale", quantity: 2 },
    } as const;
    await insertCommand(database.pool, id, asked, START);
    await insertCommand(database.pool, id, cancel("leave"), START);
    expect(await findCommand(database.pool, id, "larger")).toEqual({
      command: asked,
      askedAt: START,
      outcome: null,
      answeredAt: null,
    });
    expect(await openCommands(database.pool, id)).toEqual([asked, cancel("leave")]);
    await answerCommandRow(database.pool, id, "leave", done, START + 1);
    expect(await findCommand(database.pool, id, "leave")).toEqual({
      command: cancel("leave"),
      askedAt: START,
      outcome: done,
      answeredAt: START + 1,
    });
    expect(await findCommand(database.pool, id, "another")).toBeUndefined();
    expect(await findCommand(database.pool, newSubscriptionId(), "leave")).toBeUndefined();
  });

  it("is of a kind that we know, and answered at a time or not at all", async () => {
    const id = newSubscriptionId();
    await insertCommand(database.pool, id, cancel("one"), START);
    await expectRefusal(
      database.pool.query("update commands set kind = 'explode' where subscription_id = $1", [id]),
      "commands_kind_check",
    );
    await expectRefusal(
      database.pool.query("update commands set outcome = '{}' where subscription_id = $1", [id]),
      "answers_have_a_time",
    );
  });
});

it("R7: for the sweep, subscriptions that were asked too long ago, each once, the longest first", async () => {
  const own = await createDatabase();
  const id = newSubscriptionId;
  const [first, second, fresh, answered] = [id(), id(), id(), id()];
  await insertCommand(own.pool, second, cancel("a"), START - 2 * MINUTE);
  await insertCommand(own.pool, first, cancel("b"), START - 3 * MINUTE);
  await insertCommand(own.pool, first, cancel("c"), START - MINUTE);
  await insertCommand(own.pool, fresh, cancel("d"), START);
  await insertCommand(own.pool, answered, cancel("e"), START - 9 * MINUTE);
  await answerCommandRow(own.pool, answered, "e", done, START);
  await expect(subscriptionsAsked(own.pool, START - 30_000, 10)).resolves.toEqual([first, second]);
  await expect(subscriptionsAsked(own.pool, START - 30_000, 1)).resolves.toEqual([first]);
  await own.drop();
});
