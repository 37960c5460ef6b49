import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkoutId } from "../../domain/ids.ts";
import { answerKey, type Claim, claimKey, releaseKey, tieKey } from "../../store/idempotency.ts";
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

const CALLER = "backend";
const claim = (key: string, request = "sha-1"): Promise<Claim> =>
  transaction(database.pool, (db) => claimKey(db, CALLER, key, request));
const pass = (key: string) =>
  database.pool.query("update idempotency_keys set lease_until = now() - interval '1 ms' where key = $1", [
    key,
  ]);
const kinds = (claims: readonly Claim[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { kind } of claims) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

describe("claiming a key", () => {
  it("is given to one of 200 at once; the others hear that it runs", async () => {
    const key = randomUUID();
    const claims = await parallel(200, () => transaction(many, (db) => claimKey(db, CALLER, key, "sha-1")));
    expect(kinds(claims)).toEqual({ ours: 1, running: 199 });
  });

  it("waits for a transaction that holds it, and takes over what that one left undone", async () => {
    const key = randomUUID();
    // Half of them fail after the claim: each failure gives the key to another one.
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        transaction(many, async (db) => {
          const mine = await claimKey(db, CALLER, key, "sha-1");
          if (mine.kind === "ours" && index < 20) throw new Error("undo");
          return mine;
        }),
      ),
    );
    const claims = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    expect(kinds(claims)["ours"]).toBe(1);
  });

  it("is refused for another request, whatever the state of the key", async () => {
    const key = randomUUID();
    await claim(key);
    await expect(claim(key, "sha-2")).resolves.toEqual({ kind: "other_request" });
    await pass(key);
    await expect(claim(key, "sha-2")).resolves.toEqual({ kind: "other_request" });
    await answerKey(database.pool, CALLER, key, 200, {});
    await expect(claim(key, "sha-2")).resolves.toEqual({ kind: "other_request" });
  });

  it("is one caller's: another may use the same key", async () => {
    const key = randomUUID();
    await claim(key);
    await expect(transaction(database.pool, (db) => claimKey(db, "another", key, "sha-2"))).resolves.toEqual({
      kind: "ours",
      checkoutId: null,
    });
  });

  it("is given again after the lease of one that died, to one of 50, with the checkout that was begun", async () => {
    const key = randomUUID();
    const id = checkoutId(randomUUID());
    await claim(key);
    await tieKey(database.pool, CALLER, key, id);
    await expect(claim(key)).resolves.toEqual({ kind: "running" });
    await pass(key);
    const claims = await parallel(50, () => transaction(many, (db) => claimKey(db, CALLER, key, "sha-1")));
    expect(kinds(claims)).toEqual({ ours: 1, running: 49 });
    expect(claims).toContainEqual({ kind: "ours", checkoutId: id });
  });

  it("is given again at once after a release", async () => {
    const key = randomUUID();
    await claim(key);
    await releaseKey(database.pool, CALLER, key);
    await expect(claim(key)).resolves.toEqual({ kind: "ours", checkoutId: null });
  });
});

describe("the answer under a key", () => {
  it("is the same for ever, also after a release", async () => {
    const key = randomUUID();
    await claim(key);
    const body = { status: "ok", checkout_url: "https://pay", odd: "a\0" };
    await answerKey(database.pool, CALLER, key, 200, body);
    await releaseKey(database.pool, CALLER, key);
    await pass(key);
    const kept = { status: "ok", checkout_url: "https://pay", odd: "a\ufffd" };
    await expect(claim(key)).resolves.toEqual({ kind: "answered", status: 200, body: kept });
  });

  it("is the first of two that held the key after each other, and both hear it", async () => {
    const key = randomUUID();
    await claim(key);
    await pass(key);
    await claim(key);
    const answers = await parallel(20, (index) => answerKey(many, CALLER, key, 200 + index, { index }));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    await expect(claim(key)).resolves.toEqual({ kind: "answered", ...answers[0] });
  });

  it("is never 'unknown', nor any fault of ours", async () => {
    const key = randomUUID();
    await claim(key);
    for (const status of [500, 502, 503]) {
      await expectRefusal(answerKey(database.pool, CALLER, key, status, {}), "idempotency_keys_status_check");
    }
    await expectRefusal(
      database.pool.query("update idempotency_keys set status = 200 where key = $1", [key]),
      "answers_are_whole",
    );
    await expect(claim(key)).resolves.toEqual({ kind: "running" });
  });
});
