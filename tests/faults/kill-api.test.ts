import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { differences } from "../setup/compare-books.ts";
import { allApplied, control, reaches } from "../setup/customer.ts";
import { openPage, payAt } from "../setup/customer-acts.ts";
import { booksOf } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";
import { startApiProgram, wasUsed } from "./programs.ts";

const Released = z.object({
  attempts: z.array(z.object({ event: z.string(), status: z.number().nullable() })),
});

let system: System;
const folders: string[] = [];

beforeAll(async () => {
  system = await startSystem({ api: false, sweepEveryMs: 1_000 });
  await control(system, "POST", "/knobs", { delivery: { hold: true } });
});

afterAll(async () => {
  await system.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** One event whose subscription its text tells, and one for which the provider must be asked. */
test.each(["customer.subscription.created", "invoice_payment.paid"])(
  "R1: an API that dies after it has stored %s and before it has told anybody: the sweep applies it",
  async (type) => {
    const { pool } = system.database;
    const folder = await mkdtemp(join(tmpdir(), "perennial-kill-api-"));
    folders.push(folder);
    const fault = { point: "after_insert", folder };
    const api = await startApiProgram(system, fault);
    const { id, session } = await openPage(system, `buyer-${type}`);
    const provider = await payAt(system, session);
    const released = Released.parse(
      await control(system, "POST", "/deliveries/release", { types: [type] }),
    ).attempts;
    await api.died();
    expect(wasUsed(fault)).toBe(true);
    // The provider has heard nothing, and will not send it again: only the sweep can find it.
    expect(released).toEqual([{ event: expect.any(String), status: null }]);

    await reaches(system, id, "active");
    const counts = await allApplied(system);
    expect(counts["parked"]).toBeUndefined();
    const { rows } = await pool.query("select type, state from webhook_events where subscription_id = $1", [
      id,
    ]);
    expect(rows).toEqual([{ type, state: "applied" }]);

    // The next API takes it again with all the others, and nothing happens twice.
    const next = await startApiProgram(system);
    await control(system, "POST", "/deliveries/release", { copies: 1 });
    await allApplied(system);
    await next.stop();
    const { rows: entries } = await pool.query(
      "select version from timeline where subscription_id = $1 and cause->'events' @> $2",
      [id, JSON.stringify([{ id: released[0]?.event }])],
    );
    expect(entries).toHaveLength(1);
    const { subscriptions } = await booksOf(system);
    expect(subscriptions.find((each) => each.id === provider)?.charges).toHaveLength(1);
    expect(await differences(system)).toEqual([]);
  },
);
