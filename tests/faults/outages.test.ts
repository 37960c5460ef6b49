import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { startPostgres } from "../../cli/embedded/postgres.ts";
import { startTemporal } from "../../cli/embedded/temporal.ts";
import { differences } from "../setup/compare-books.ts";
import { allApplied, control, createCheckout, eventually, reaches } from "../setup/customer.ts";
import { openPage, payAt } from "../setup/customer-acts.ts";
import { createDatabaseAt } from "../setup/database.ts";
import { NAMESPACES } from "../setup/places.ts";
import { type System, type SystemOptions, startSystem } from "../setup/system.ts";

/** How long a server stays away, in milliseconds. `OUTAGE_SECONDS=60` makes it a whole minute. */
const OUTAGE_MS = Number(process.env["OUTAGE_SECONDS"] ?? 8) * 1_000;
const LIMIT_MS = 60_000;

/** Keeps what a test starts, and stops it in the reverse order when the test is over. */
function keeper(whenOver: (stop: () => Promise<void>) => void) {
  const stops: (() => Promise<void>)[] = [];
  whenOver(async () => {
    for (const stop of stops.toReversed()) await stop();
  });
  return {
    keep: (stop: () => Promise<void>) => void stops.push(stop),
    async folder(): Promise<string> {
      const folder = await mkdtemp(join(tmpdir(), "perennial-outage-"));
      stops.push(() => rm(folder, { recursive: true, force: true }));
      return folder;
    },
    async system(options: SystemOptions): Promise<System> {
      const system = await startSystem({ sweepEveryMs: 1_000, ...options });
      stops.push(() => system.stop());
      return system;
    },
  };
}

const limit = { timeout: 120_000 + OUTAGE_MS };

test.concurrent(
  "R1, R7: Temporal away: webhooks are taken, checkouts are unknown within 5 s, and all goes on by itself",
  limit,
  async ({ onTestFinished }) => {
    const parts = keeper(onTestFinished);
    const options = {
      dataDir: await parts.folder(),
      namespaces: NAMESPACES,
      headless: true,
      log: () => undefined,
    };
    let server = await startTemporal({ ...options, port: 0 });
    const { port } = server;
    parts.keep(() => server.stop());
    const system = await parts.system({ env: { TEMPORAL_ADDRESS: server.address } });
    const [page, leaver] = await Promise.all([openPage(system, "buyer"), openPage(system, "leaver")]);
    const left = await payAt(system, leaver.session);
    await reaches(system, leaver.id, "active");
    await control(system, "POST", "/idle");
    const { count } = await attempts(system, 0);

    await server.stop();
    const over = pause(OUTAGE_MS);
    await payAt(system, page.session);
    await control(system, "POST", `/subscriptions/${left}/cancel`);
    const asked = await askedFor(system, "newcomer");
    expect(asked).toMatchObject({ status: 503, body: { error: "outcome_unknown" } });
    expect(asked.tookMs).toBeLessThan(5_000);
    await control(system, "POST", "/idle");
    await over;
    const { attempts: made } = await attempts(system, count);
    expect(made.length).toBeGreaterThan(0);
    expect(made.filter(({ status }) => status !== 200)).toEqual([]);

    server = await startTemporal({ ...options, port });
    expect(server.port).toBe(port);
    await backAfter(system, async () => {
      await reaches(system, page.id, "active");
      await reaches(system, leaver.id, "canceled");
      expect((await askedFor(system, "newcomer")).status).toBe(200);
    });
  },
);

test.concurrent(
  "R1, R7: Postgres away: webhooks are refused and come again, and all goes on by itself",
  limit,
  async ({ onTestFinished }) => {
    const parts = keeper(onTestFinished);
    const options = { dataDir: await parts.folder(), settings: { fsync: "off" }, log: () => undefined };
    let server = await startPostgres({ ...options, port: 0 });
    const { port } = server;
    parts.keep(() => server.stop());
    const system = await parts.system({
      database: await createDatabaseAt(server.url),
      // Every second or two, as long as it takes.
      retryMs: Array.from({ length: 100 }, () => 1_500),
    });
    const [page, leaver] = await Promise.all([openPage(system, "buyer"), openPage(system, "leaver")]);
    const left = await payAt(system, leaver.session);
    await reaches(system, leaver.id, "active");
    await allApplied(system);
    await control(system, "POST", "/idle");
    const { count } = await attempts(system, 0);

    await server.stop();
    const over = pause(OUTAGE_MS);
    await payAt(system, page.session);
    await control(system, "POST", `/subscriptions/${left}/cancel`);
    const asked = await askedFor(system, "newcomer");
    expect(asked.status).toBe(503);
    expect(asked.tookMs).toBeLessThan(5_000);
    // Somebody is woken and finds no database; the workflow goes on trying.
    await system.gateway.wakeNow(leaver.id);
    await over;
    const { attempts: made } = await attempts(system, count);
    expect(made.length).toBeGreaterThan(0);
    expect(made.filter(({ status }) => status !== 503)).toEqual([]);

    server = await startPostgres({ ...options, port });
    expect(server.port).toBe(port);
    await backAfter(system, async () => {
      await reaches(system, page.id, "active");
      await reaches(system, leaver.id, "canceled");
      expect((await askedFor(system, "newcomer")).status).toBe(200);
    });
    const workflow = system.temporal.workflow.getHandle(`subscription/${page.id}`);
    expect((await workflow.describe()).status.name).toBe("RUNNING");
  },
);

/** Waits until what was asked for has come true, nobody having restarted anything of ours, and the books agree. */
async function backAfter(system: System, check: () => Promise<void>): Promise<void> {
  await eventually(
    "everything goes on",
    () =>
      check().then(
        () => true,
        () => false,
      ),
    LIMIT_MS,
  );
  await eventually("the books agree", async () => (await differences(system)).length === 0, LIMIT_MS);
  expect(await differences(system)).toEqual([]);
}

async function askedFor(system: System, receipt: string) {
  const startedAt = performance.now();
  const answer = await createCheckout(system, { receipt, tier: "pro" }, `key-of-${receipt}`);
  return { ...answer, tookMs: performance.now() - startedAt };
}

const Attempts = z.object({
  attempts: z.array(z.object({ type: z.string(), status: z.number().nullable() })),
  count: z.number(),
});
const attempts = async (system: System, since: number) =>
  Attempts.parse(await control(system, "GET", `/attempts?since=${since}`));
