import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeIncident, closeQuietIncidents, countIncident } from "../../store/incidents.ts";
import { transaction } from "../../store/pool.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { crowd, expectRefusal, parallel } from "./rows.ts";

let database: TestDatabase;
let many: Pool;
beforeAll(async () => {
  database = await createDatabase();
  many = crowd(database.url);
});
afterAll(async () => {
  await many.end();
  await database.drop();
});

const counts = async (subject: string): Promise<unknown[]> =>
  (
    await database.pool.query(
      "select count, closed_at is null as open from incidents where subject = $1 order by id",
      [subject],
    )
  ).rows;

const quieten = (subject: string, seconds: number) =>
  database.pool.query(
    "update incidents set last_seen_at = now() - make_interval(secs => $2) where subject = $1",
    [subject, seconds],
  );

describe("an incident", () => {
  it("is opened once and counts each of 200 at once", async () => {
    const subject = "stripe/bad_signature";
    const answers = await parallel(200, () => countIncident(many, "webhook_signatures", subject, 1));
    expect(answers.filter(({ opened }) => opened)).toHaveLength(1);
    expect(new Set(answers.map(({ incident }) => incident.id)).size).toBe(1);
    expect(new Set(answers.map(({ incident }) => `${incident.count}`))).toEqual(
      new Set(Array.from({ length: 200 }, (_, index) => `${index + 1}`)),
    );
    await expect(counts(subject)).resolves.toEqual([{ count: 200, open: true }]);
  });

  it("is opened once also by transactions that take their time", async () => {
    const answers = await parallel(20, () =>
      transaction(many, async (db) => {
        const answer = await countIncident(db, "events_waiting", "slow", 5);
        await db.query("select pg_sleep(0.005)");
        return answer;
      }),
    );
    expect(answers.filter(({ opened }) => opened)).toHaveLength(1);
    await expect(counts("slow")).resolves.toEqual([{ count: 100, open: true }]);
  });

  it("opens again when the transaction that opened it came to nothing", async () => {
    const subject = "undone";
    const undone = transaction(database.pool, async (db) => {
      await countIncident(db, "provider_refusal", subject, 1);
      throw new Error("undo");
    });
    await expect(undone).rejects.toThrow("undo");
    await expect(countIncident(database.pool, "provider_refusal", subject, 3)).resolves.toMatchObject({
      opened: true,
      incident: { kind: "provider_refusal", subject, count: 3 },
    });
  });

  it("is another one for another kind or subject, and after its end", async () => {
    const first = await countIncident(database.pool, "provider_refusal", "stripe", 1);
    const second = await countIncident(database.pool, "events_waiting", "stripe", 1);
    await expect(closeIncident(database.pool, "provider_refusal", "stripe")).resolves.toEqual(first.incident);
    await expect(closeIncident(database.pool, "provider_refusal", "stripe")).resolves.toBeUndefined();
    const third = await countIncident(database.pool, "provider_refusal", "stripe", 1);
    expect([second.opened, third.opened]).toEqual([true, true]);
    expect(third.incident.id).not.toBe(first.incident.id);
  });

  it("that is closed while others count loses no count and is closed once", async () => {
    const subject = "busy";
    const [counted, closed] = await Promise.all([
      parallel(100, () => countIncident(many, "webhook_signatures", subject, 1)),
      parallel(20, () => closeIncident(many, "webhook_signatures", subject)),
    ]);
    const opened = counted.filter((answer) => answer.opened).length;
    const ended = closed.filter((incident) => incident !== undefined);
    expect(new Set(ended.map(({ id }) => id)).size).toBe(ended.length);
    const { rows } = await database.pool.query<{ incidents: number; total: number; open: number }>(
      `select count(*)::int as incidents, sum(count)::int as total,
         (count(*) filter (where closed_at is null))::int as open from incidents where subject = $1`,
      [subject],
    );
    expect(rows).toEqual([{ incidents: opened, total: 100, open: opened - ended.length }]);
  });

  it("ends when it has been quiet so long, if it is of these kinds", async () => {
    await countIncident(database.pool, "webhook_signatures", "old", 7);
    await countIncident(database.pool, "webhook_signatures", "fresh", 1);
    await countIncident(database.pool, "events_waiting", "old", 1);
    await quieten("old", 901);
    await quieten("fresh", 899);
    const ends = await parallel(5, () => closeQuietIncidents(many, 900, ["webhook_signatures"]));
    expect(ends.flat()).toEqual([expect.objectContaining({ kind: "webhook_signatures", subject: "old" })]);
    await expect(counts("fresh")).resolves.toEqual([{ count: 1, open: true }]);
    await expect(countIncident(database.pool, "events_waiting", "old", 1)).resolves.toMatchObject({
      opened: false,
    });
  });

  it("that counts nothing is none", async () => {
    await expectRefusal(
      countIncident(database.pool, "webhook_signatures", "nothing", 0),
      "incidents_count_check",
    );
  });
});
