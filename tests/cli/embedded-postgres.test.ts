import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { freePort, freePorts } from "../../cli/embedded/free-port.ts";
import { type EmbeddedPostgres, startPostgres } from "../../cli/embedded/postgres.ts";
import {
  becomes,
  LOOPBACK,
  listeningAddresses,
  processesNaming,
  program,
  removeLeftovers,
  temporaryDirectory,
} from "./embedded-support.ts";

const started: EmbeddedPostgres[] = [];
const lines: string[] = [];

async function start(dataDir: string, port = 0): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ dataDir, port, log: (line) => lines.push(line) });
  started.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A program that starts Postgres on the directory, makes a table, prints the URL and lives on. */
function startingProgram(dataDir: string) {
  return program(`
    const { startPostgres } = await import("./cli/embedded/postgres.ts");
    const { Client } = await import("pg");
    const server = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, port: 0, log: () => {} });
    const client = new Client(server.url);
    await client.connect();
    await client.query("create table kept as select 42 as answer");
    await client.end();
    console.log(server.url);
  `);
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  removeLeftovers();
  lines.splice(0);
});

describe("freePort", () => {
  it("answers the preferred port when it is free and another when it is taken", async () => {
    const server = createServer();
    const taken = await freePort(0);
    expect(await freePort(taken)).toBe(taken);
    await new Promise<void>((resolve) => server.listen(taken, "127.0.0.1", resolve));
    try {
      expect(await freePort(taken)).not.toBe(taken);
    } finally {
      server.close();
    }
  });

  it("answers several different ports at once", async () => {
    const wanted = await freePort(0);
    expect(new Set(await freePorts([wanted, wanted, 0])).size).toBe(3);
  });
});

describe("startPostgres", () => {
  it("makes a UTF-8 database in UTC on loopback only, and finds its data again", async () => {
    const dataDir = join(temporaryDirectory(), "not", "there");
    const first = await start(dataDir);
    const settings =
      "select current_setting('server_encoding') as encoding, current_setting('TimeZone') as zone";
    expect(await query(first.url, settings)).toEqual([{ encoding: "UTF8", zone: "UTC" }]);
    expect(listeningAddresses(first.port)).toEqual([LOOPBACK]);
    await query(first.url, "create table kept as select 'ü' as letter");
    await first.stop();
    expect(await processesNaming(dataDir)).toEqual([]);
    await first.stop();

    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(first.port, "127.0.0.1", resolve));
    try {
      const second = await start(dataDir, first.port);
      expect(second.port).not.toBe(first.port);
      expect(new URL(second.url).password).toBe(new URL(first.url).password);
      expect(await query(second.url, "select letter from kept")).toEqual([{ letter: "ü" }]);
    } finally {
      blocker.close();
    }
    expect(lines.filter((line) => line.startsWith("making"))).toHaveLength(1);
  });

  it("refuses a directory that a living program uses, and takes it over when that program was killed", async () => {
    const dataDir = temporaryDirectory();
    const { child } = await startingProgram(dataDir);
    await expect(start(dataDir)).rejects.toThrow(`started by process ${child.pid}`);
    child.kill("SIGKILL");
    const server = await start(dataDir);
    expect(await query(server.url, "select answer from kept")).toEqual([{ answer: 42 }]);
  });

  it("leaves no process when its program is killed", async () => {
    const dataDir = temporaryDirectory();
    const { child } = await startingProgram(dataDir);
    child.kill("SIGKILL");
    expect(await becomes(async () => (await processesNaming(dataDir)).length === 0)).toBe(true);
  });

  it("ends on Ctrl-C as its program decides: nothing of ours handles signals", async () => {
    const dataDir = temporaryDirectory();
    const { child } = await startingProgram(dataDir);
    const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    child.kill("SIGINT");
    expect(await ended).toBe("SIGINT");
    expect(await becomes(async () => (await processesNaming(dataDir)).length === 0)).toBe(true);
  });

  it("starts over a lock whose process id now belongs to another program", async () => {
    const dataDir = temporaryDirectory();
    await (await start(dataDir)).stop();
    writeFileSync(join(dataDir, "cluster", "data", "postmaster.pid"), `${process.pid}\n`);
    const server = await start(dataDir);
    expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
  });
});
