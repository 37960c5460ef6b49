import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SubscriptionId } from "../../domain/ids.ts";
import { transaction } from "../../store/pool.ts";
import type { Entry, ShownEntry } from "../../store/timeline.ts";
import {
  decisionsOf,
  entriesAfter,
  entriesOfSeveral,
  insertEntry,
  isRecorded,
  timelineOf,
  whyOf,
} from "../../store/timeline.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { expectRefusal, newSubscriptionId, parallel, START } from "./rows.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const entry = (subscriptionId: SubscriptionId, version: number, change: Partial<Entry> = {}): Entry => ({
  subscriptionId,
  version,
  turnId: `run/${randomUUID()}`,
  at: START + version,
  cause: { woken_by: "wake", events: [], commands: [] },
  from: null,
  to: "active",
  why: `turn ${version}`,
  inputs: { now: START },
  decision: null,
  catalogVersion: 1,
  codeVersion: "0.1.0",
  ...change,
});

it("is the whole life, oldest first, with what each decision was made of", async () => {
  const id = newSubscriptionId();
  const second = entry(id, 2, { from: "active", to: "past_due", inputs: { odd: "a\0\ud800" } });
  await insertEntry(database.pool, second);
  await insertEntry(database.pool, entry(id, 1));
  await expect(timelineOf(database.pool, id)).resolves.toEqual([
    { version: 1, at: START + 1, cause: second.cause, from: null, to: "active", why: "turn 1" },
    { version: 2, at: START + 2, cause: second.cause, from: "active", to: "past_due", why: "turn 2" },
  ]);
  const { rows } = await database.pool.query(
    "select inputs, catalog_version, code_version from timeline where turn_id = $1",
    [second.turnId],
  );
  expect(rows).toEqual([{ inputs: { odd: "a\ufffd\ufffd" }, catalog_version: 1, code_version: "0.1.0" }]);
  await expect(timelineOf(database.pool, newSubscriptionId())).resolves.toEqual([]);
});

it("R5: of one turn run often at once, one is recorded", async () => {
  const id = newSubscriptionId();
  const turnId = `run/${randomUUID()}`;
  await expect(isRecorded(database.pool, turnId)).resolves.toBe(false);
  const outcomes = await parallel(10, (index) =>
    transaction(database.pool, (db) => insertEntry(db, entry(id, index + 1, { turnId }))).then(
      () => "recorded",
      (error: { constraint?: string }) => error.constraint,
    ),
  );
  expect(outcomes.filter((outcome) => outcome === "recorded")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === "timeline_turn_id_key")).toHaveLength(9);
  await expect(isRecorded(database.pool, turnId)).resolves.toBe(true);
  await expect(timelineOf(database.pool, id)).resolves.toHaveLength(1);
  await expectRefusal(insertEntry(database.pool, entry(id, 99, { turnId })), "timeline_turn_id_key");
});

it("R5: a version is one turn's", async () => {
  const id = newSubscriptionId();
  await insertEntry(database.pool, entry(id, 1));
  await expectRefusal(insertEntry(database.pool, entry(id, 1)), "timeline_pkey");
  await expectRefusal(insertEntry(database.pool, entry(id, 0)), "timeline_version_check");
  await insertEntry(database.pool, entry(newSubscriptionId(), 1));
});

it("cites a catalog that was published", async () => {
  await expectRefusal(
    insertEntry(database.pool, entry(newSubscriptionId(), 1, { catalogVersion: 999 })),
    "timeline_catalog_version_fkey",
  );
});

it("says why it is in its state by the last change of it", async () => {
  const id = newSubscriptionId();
  await expect(whyOf(database.pool, id)).resolves.toBeNull();
  await insertEntry(database.pool, entry(id, 1, { to: null, why: "a checkout" }));
  await expect(whyOf(database.pool, id)).resolves.toBeNull();
  await insertEntry(database.pool, entry(id, 2, { from: null, to: "active", why: "it began" }));
  await insertEntry(database.pool, entry(id, 3, { from: "active", to: "active", why: "nothing new" }));
  await expect(whyOf(database.pool, id)).resolves.toBe("it began");
  await insertEntry(database.pool, entry(id, 4, { from: "active", to: "canceled", why: "it ended" }));
  await expect(whyOf(database.pool, id)).resolves.toBe("it ended");
});

it("keeps what was decided beside what it was decided from, and gives both back with the catalog", async () => {
  const id = newSubscriptionId();
  await insertEntry(database.pool, entry(id, 1));
  await insertEntry(database.pool, entry(id, 2, { decision: { needsAttention: null, calls: ["odd\0"] } }));
  const decisions = await decisionsOf(database.pool, id);
  expect(decisions).toMatchObject([
    { version: 1, inputs: { now: START }, decision: null, catalog: { version: 1 }, codeVersion: "0.1.0" },
    { version: 2, decision: { needsAttention: null, calls: ["odd\ufffd"] }, catalog: { version: 1 } },
  ]);
  expect(decisions[0]?.catalog.tiers.map(({ name }) => name)).toEqual(["starter", "pro", "scale"]);
});

it("gives the entries of one life after a version, so many and no more", async () => {
  const id = newSubscriptionId();
  for (const version of [1, 2, 3, 4]) await insertEntry(database.pool, entry(id, version));
  const versions = async (after: number, limit: number) =>
    (await entriesAfter(database.pool, id, after, limit)).map(({ version }) => version);
  await expect(versions(0, 2)).resolves.toEqual([1, 2]);
  await expect(versions(2, 9)).resolves.toEqual([3, 4]);
  await expect(versions(4, 9)).resolves.toEqual([]);
  const [first] = await entriesAfter(database.pool, id, 0, 1);
  expect(first).toEqual({
    subscriptionId: id,
    version: 1,
    at: START + 1,
    cause: { woken_by: "wake", events: [], commands: [] },
    from: null,
    to: "active",
    why: "turn 1",
    catalogVersion: 1,
    codeVersion: "0.1.0",
  });
});

it("gives the entries of several lives by time, each once, whatever the size of the page", async () => {
  const ids = [newSubscriptionId(), newSubscriptionId()];
  for (const id of ids)
    for (const version of [1, 2, 3])
      await insertEntry(database.pool, entry(id, version, { at: START + Math.floor(version / 2) }));
  await insertEntry(database.pool, entry(newSubscriptionId(), 1));
  for (const limit of [1, 2, 4, 10]) {
    const seen: ShownEntry[] = [];
    for (;;) {
      const page = await entriesOfSeveral(database.pool, ids, seen.at(-1) ?? null, limit);
      seen.push(...page);
      if (page.length < limit) break;
    }
    expect(seen).toHaveLength(6);
    expect(new Set(seen.map(({ subscriptionId, version }) => `${subscriptionId} ${version}`)).size).toBe(6);
    expect(seen.map(({ at }) => at)).toEqual(seen.map(({ at }) => at).toSorted((a, b) => a - b));
  }
  await expect(entriesOfSeveral(database.pool, [], null, 10)).resolves.toEqual([]);
});
