import { once } from "node:events";
import { type AddressInfo, createServer, connect as open, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isDatabaseAway } from "../../api/database-away.ts";
import { until } from "../../cli/embedded/until.ts";
import { createPool, type Db, one, type Pool, transaction } from "../../store/pool.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";

let database: TestDatabase;
let pool: Pool;
const broken: Error[] = [];
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool(database.url, (error) => broken.push(error));
  await pool.query("create table kept (what text primary key)");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const kept = async (): Promise<string[]> => {
  const { rows } = await database.pool.query<{ what: string }>("select what from kept order by what");
  return rows.map(({ what }) => what);
};
const keep = (db: Db, what: string) => db.query("insert into kept values ($1)", [what]);

async function processOf(db: Db): Promise<number> {
  return one(await db.query<{ pid: number }>("select pg_backend_pid() as pid")).pid;
}

/** Ends the session of that process from another one, and waits until it is gone. */
async function cut(pid: number): Promise<void> {
  await database.pool.query("select pg_terminate_backend($1)", [pid]);
  const gone = await until(
    async () => {
      const { rowCount } = await database.pool.query("select from pg_stat_activity where pid = $1", [pid]);
      return rowCount === 0 || undefined;
    },
    { limitMs: 5_000, everyMs: 5 },
  );
  if (gone === undefined) throw new Error("the session does not end");
}

describe("what is read", () => {
  it("timestamptz is milliseconds and bigint a number", async () => {
    const { rows } = await pool.query<{ at: number; n: number }>(
      `select timestamptz '2026-11-25 00:00:00.123+00' as at, 9007199254740991::bigint as n`,
    );
    expect(rows).toEqual([{ at: Date.UTC(2026, 10, 25, 0, 0, 0, 123), n: Number.MAX_SAFE_INTEGER }]);
  });

  it("a moment is the same in every time zone of the session", async () => {
    const at = await transaction(pool, async (db) => {
      await db.query("set local timezone to 'Asia/Kolkata'");
      return one(await db.query<{ at: number }>(`select timestamptz '2026-11-25 00:00:00+00' as at`)).at;
    });
    expect(at).toBe(Date.UTC(2026, 10, 25));
  });

  it("what is no safe integer and no moment is an error, not something near it", async () => {
    await expect(pool.query("select 9007199254740992::bigint")).rejects.toThrow(RangeError);
    await expect(pool.query("select timestamptz 'infinity'")).rejects.toThrow(RangeError);
  });
});

describe("transaction", () => {
  it("commits all of it", async () => {
    await transaction(pool, async (db) => {
      await keep(db, "all 1");
      await keep(db, "all 2");
    });
    await expect(kept()).resolves.toEqual(expect.arrayContaining(["all 1", "all 2"]));
  });

  it("keeps nothing of what throws, and gives the connection back", async () => {
    const before = pool.totalCount;
    const work = transaction(pool, async (db) => {
      await keep(db, "thrown");
      throw new Error("changed my mind");
    });
    await expect(work).rejects.toThrow("changed my mind");
    await expect(kept()).resolves.not.toContain("thrown");
    expect([pool.totalCount, pool.idleCount]).toEqual([before, before]);
  });

  it("keeps nothing of what fails in Postgres, and gives the connection back", async () => {
    const before = pool.totalCount;
    await expect(
      transaction(pool, async (db) => {
        await keep(db, "twice");
        await keep(db, "twice");
      }),
    ).rejects.toMatchObject({ code: "23505" });
    await expect(kept()).resolves.not.toContain("twice");
    expect([pool.totalCount, pool.idleCount]).toEqual([before, before]);
  });

  it("never says that it was done when the failure of a statement was swallowed", async () => {
    const work = transaction(pool, async (db) => {
      await keep(db, "swallowed");
      await db.query("select 1 / 0").catch(() => undefined);
    });
    await expect(work).rejects.toThrow("nothing was committed");
    await expect(kept()).resolves.not.toContain("swallowed");
  });

  it("keeps nothing when the connection dies in the middle of it, and the next one works", async () => {
    const work = transaction(pool, async (db) => {
      await keep(db, "died");
      await cut(await processOf(db));
      await keep(db, "died after");
    });
    expect(isDatabaseAway(await work.catch((error: unknown) => error))).toBe(true);
    await expect(kept()).resolves.not.toContain("died");
    await transaction(pool, (db) => keep(db, "after the death"));
    await expect(kept()).resolves.toContain("after the death");
  });

  it("keeps nothing when the connection dies before the commit, and the process lives on", async () => {
    const work = transaction(pool, async (db) => {
      await keep(db, "died at the end");
      await cut(await processOf(db));
      // The news of it comes in while no statement waits for an answer.
      await database.pool.query("select pg_sleep(0.05)");
    });
    await expect(work).rejects.toThrow();
    await expect(kept()).resolves.not.toContain("died at the end");
  });
});

describe("a connection that breaks", () => {
  it("while it is idle is dropped, told, and the next statement works", async () => {
    const pid = await processOf(pool);
    const told = broken.length;
    await cut(pid);
    await until(() => broken.length > told || undefined, { limitMs: 5_000, everyMs: 5 });
    expect(broken.at(-1)).toMatchObject({ code: "57P01" });
    await expect(processOf(pool)).resolves.not.toBe(pid);
  });

  it("during a statement fails that one only", async () => {
    const sleeps = pool.query("select pg_sleep(30), 'cut me'");
    const pid = await until(
      async () => {
        const { rows } = await database.pool.query<{ pid: number }>(
          `select pid from pg_stat_activity
           where datname = current_database() and query like '%cut me%' and pid <> pg_backend_pid()`,
        );
        return rows[0]?.pid;
      },
      { limitMs: 5_000, everyMs: 5 },
    );
    await Promise.all([expect(sleeps).rejects.toMatchObject({ code: "57P01" }), cut(pid ?? 0)]);
    await expect(pool.query("select 1")).resolves.toMatchObject({ rowCount: 1 });
  });
});

describe.concurrent("R7: Postgres has 5 s for a statement", () => {
  it("after which it says so itself, and the connection goes on", async () => {
    const own = createPool(database.url, () => undefined);
    const startedAt = performance.now();
    const pids: number[] = [];
    const error: unknown = await transaction(own, async (db) => {
      pids.push(await processOf(db));
      await db.query("select pg_sleep(20)");
    }).catch((failure: unknown) => failure);
    const took = performance.now() - startedAt;
    expect(error).toMatchObject({ code: "57014", message: expect.stringContaining("statement timeout") });
    expect(isDatabaseAway(error)).toBe(true);
    expect(took).toBeGreaterThan(4_900);
    expect(took).toBeLessThan(5_900);
    await expect(processOf(own)).resolves.toBe(pids[0]);
    await own.end();
  });

  it("and a server that is gone without a word holds nobody much longer", async () => {
    const line = await startLine(database.url);
    const own = createPool(line.url, () => undefined);
    await own.query("select 1");
    line.freeze();
    const startedAt = performance.now();
    const error: unknown = await transaction(own, (db) => keep(db, "into the void")).catch(
      (failure: unknown) => failure,
    );
    expect(isDatabaseAway(error)).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(7_500);
    // The dead connection is not used again.
    await expect(own.query("select 1")).resolves.toMatchObject({ rowCount: 1 });
    await own.end();
    await line.stop();
  });

  it("and no frozen process holds its locks for ever", async () => {
    const { rows } = await database.pool.query<{ statement: string; idle: string }>(
      `select current_setting('statement_timeout') as statement,
         current_setting('idle_in_transaction_session_timeout') as idle`,
    );
    expect(rows).toEqual([{ statement: "5s", idle: "15s" }]);
  });
});

/** A line to the server that can go dead: nothing comes through any more, and nobody is told. */
async function startLine(url: string) {
  const target = new URL(url);
  const sockets: Socket[] = [];
  const frozen: Socket[] = [];
  const server = createServer((near) => {
    const far = open(Number(target.port), target.hostname);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on("error", () => undefined);
    sockets.push(near, far);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const through = new URL(url);
  through.port = `${port}`;
  return {
    url: through.href,
    freeze() {
      for (const socket of sockets.splice(0)) {
        socket.unpipe();
        socket.pause();
        frozen.push(socket);
      }
    },
    async stop() {
      for (const socket of [...sockets, ...frozen]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
