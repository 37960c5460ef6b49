import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { migrate } from "postgres-migrations";
import { publishCatalog } from "../store/catalogs.ts";
import { createPool, transaction } from "../store/pool.ts";
import { createClient } from "../temporal/connect.ts";
import { ensureTemporal } from "../temporal/ensure.ts";
import { type CatalogFile, readCatalogFile } from "./catalog-file.ts";
import type { Environment, MigrationConfig } from "./config.ts";

/** Brings the database to this version's schema. Safe to repeat, and to run twice at once. */
export async function migrateDatabase(databaseUrl: string): Promise<readonly string[]> {
  const client = new Client({ connectionString: databaseUrl });
  try {
    await client.connect();
    const folder = fileURLToPath(new URL("../migrations", import.meta.url));
    const done = await migrate({ client }, folder);
    // The first is the package's own table of what was done.
    return done.filter(({ id }) => id > 0).map(({ fileName }) => fileName);
  } finally {
    await client.end();
  }
}

/** Publishes the catalog, unless it is the one in force. Answers the version in force. */
export async function publish(databaseUrl: string, { body, sha256 }: CatalogFile): Promise<number> {
  const pool = createPool(databaseUrl, () => undefined);
  try {
    return await transaction(pool, (db) => publishCatalog(db, body, sha256));
  } finally {
    await pool.end();
  }
}

export interface Prepared {
  readonly migrations: readonly string[];
  readonly catalogVersion: number;
}

/** Makes everything ready for the API and the worker: schema, catalog, search attributes, schedules. Safe to repeat. */
export async function prepare(config: MigrationConfig, env: Environment): Promise<Prepared> {
  // Before anything is touched: a wrong catalog leaves all as it is.
  const catalog = await readCatalogFile(config.CATALOG_FILE, env);
  const migrations = await migrateDatabase(config.DATABASE_URL);
  const catalogVersion = await publish(config.DATABASE_URL, catalog);
  const client = createClient(config.temporal);
  try {
    await ensureTemporal(client, {
      namespace: config.temporal.namespace,
      sweepEveryMs: config.SWEEP_EVERY_SECONDS * 1_000,
      verifyEveryMs: config.VERIFY_EVERY_SECONDS * 1_000,
      catchUpEveryMs: config.CATCH_UP_EVERY_SECONDS * 1_000,
    });
  } finally {
    await client.connection.close();
  }
  return { migrations, catalogVersion };
}
