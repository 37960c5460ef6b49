import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { ConfigError, readMigrationConfig } from "../../cli/config.ts";
import { type Prepared, prepare } from "../../cli/prepare.ts";
import { createClient } from "../../temporal/connect.ts";
import { SEARCH_ATTRIBUTES } from "../../temporal/search-attributes.ts";

/** Nobody else's: the search attributes are not there yet. */
const NAMESPACE = "tests-60";
const CATALOG = `
tiers:
  - { name: pro, title: Pro, prices: { stripe: { month: "\${PRICE}" } } }
policy: { trial_reminder_days: 3 }
`;

/** Each schedule, and how often it comes by the variables below, in milliseconds. */
const SCHEDULES = { sweep: 3_600_000, verification: 604_800_000, "catch-up": 86_400_000 };

let folder: string;
let env: Record<string, string>;
const databases: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "perennial-prepare-"));
  await writeFile(join(folder, "catalog.yaml"), CATALOG);
});

afterAll(async () => {
  const temporal = createClient(readMigrationConfig(env).temporal);
  for (const id of Object.keys(SCHEDULES)) await temporal.schedule.getHandle(id).delete();
  await temporal.connection.close();
  for (const name of databases) await query(inject("postgresUrl"), `drop database ${name} with (force)`);
  await rm(folder, { recursive: true });
});

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** A database in which nothing is. */
async function emptyDatabase(): Promise<void> {
  const name = `prepare_${randomBytes(6).toString("hex")}`;
  await query(inject("postgresUrl"), `create database ${name}`);
  databases.push(name);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  env = {
    DATABASE_URL: url.href,
    TEMPORAL_ADDRESS: inject("temporalAddress"),
    TEMPORAL_NAMESPACE: NAMESPACE,
    CATALOG_FILE: join(folder, "catalog.yaml"),
    SWEEP_EVERY_SECONDS: "3600",
    VERIFY_EVERY_SECONDS: "604800",
    CATCH_UP_EVERY_SECONDS: "86400",
    PRICE: "price_1",
  };
}

const run = (change: Record<string, string> = {}): Promise<Prepared> => {
  const changed = { ...env, ...change };
  return prepare(readMigrationConfig(changed), changed);
};

const migrations = async (): Promise<readonly string[]> =>
  (await readdir(new URL("../../migrations/", import.meta.url))).toSorted();

const inDatabase = (statement: string) => query(env["DATABASE_URL"] ?? "", statement);
const tables = async (): Promise<unknown[]> =>
  (await inDatabase("select tablename from pg_tables where schemaname = 'public' order by 1")).map(
    ({ tablename }) => tablename,
  );
const versions = () =>
  inDatabase("select version, body #>> '{tiers,0,current,0,id}' as price from catalog_versions");

it("two at once make everything ready once", async () => {
  await emptyDatabase();
  const [first, second] = await Promise.all([run(), run()]);
  expect([...first.migrations, ...second.migrations]).toEqual(await migrations());
  expect([first.catalogVersion, second.catalogVersion]).toEqual([1, 1]);
  await expect(versions()).resolves.toEqual([{ version: 1, price: "price_1" }]);
  await expect(inDatabase("select sandbox, offset_ms from clock")).resolves.toEqual([
    { sandbox: false, offset_ms: "0" },
  ]);

  const temporal = createClient(readMigrationConfig(env).temporal);
  const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({
    namespace: NAMESPACE,
  });
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
  for (const [id, every] of Object.entries(SCHEDULES)) {
    const { spec } = await temporal.schedule.getHandle(id).describe();
    expect(spec.intervals).toEqual([expect.objectContaining({ every })]);
  }
  await temporal.connection.close();
});

it("again it changes nothing", async () => {
  const before = await tables();
  await expect(run()).resolves.toEqual({ migrations: [], catalogVersion: 1 });
  await expect(tables()).resolves.toEqual(before);
  await expect(versions()).resolves.toHaveLength(1);
});

it("a changed catalog, a changed interval of the sweep are put in force", async () => {
  await expect(run({ PRICE: "price_2", SWEEP_EVERY_SECONDS: "1800" })).resolves.toEqual({
    migrations: [],
    catalogVersion: 2,
  });
  await expect(versions()).resolves.toEqual([
    { version: 1, price: "price_1" },
    { version: 2, price: "price_2" },
  ]);
  const temporal = createClient(readMigrationConfig(env).temporal);
  const { spec } = await temporal.schedule.getHandle("sweep").describe();
  expect(spec.intervals).toEqual([expect.objectContaining({ every: 1_800_000 })]);
  await temporal.connection.close();
});

it("a wrong catalog leaves everything as it was", async () => {
  await emptyDatabase();
  await expect(run({ PRICE: "" })).rejects.toThrow("PRICE is missing");
  await expect(run({ CATALOG_FILE: join(folder, "none.yaml") })).rejects.toThrow(ConfigError);
  await expect(tables()).resolves.toEqual([]);
});

it("a database that is away is told, and nothing else is touched", async () => {
  await expect(run({ DATABASE_URL: "postgresql://127.0.0.1:1/none" })).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
});
