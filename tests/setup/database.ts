import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { inject } from "vitest";
import { parseCatalog } from "../../cli/catalog-file.ts";
import { migrateDatabase } from "../../cli/prepare.ts";
import { publishCatalog } from "../../store/catalogs.ts";
import { createPool, type Pool, transaction } from "../../store/pool.ts";
import { TEMPLATE_DATABASE } from "./places.ts";

export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

/** The catalog of the tests: starter, pro and scale at the sandbox's prices, with 14 days of grace. */
export const TEST_CATALOG = parseCatalog(
  `
tiers:
  - { name: starter, title: Starter, features: [csv_export] }
  - name: pro
    title: Pro
    prices: { stripe: { month: price_pro_monthly } }
    legacy_prices: [{ provider: stripe, interval: month, id: price_pro_legacy }]
    features: [csv_export, batch_generate]
  - name: scale
    title: Scale
    prices: { stripe: { month: price_scale_monthly } }
    features: [csv_export, batch_generate, advanced_export]
`,
  "the tests' catalog",
  {},
);

/** A database of the test's own, migrated, with the tests' catalog published. */
export async function createDatabase(): Promise<TestDatabase> {
  const server = inject("postgresUrl");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await administer(server, `create database ${name} template ${TEMPLATE_DATABASE}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const database = await withCatalog(url.href);
  return {
    ...database,
    async drop() {
      await database.drop();
      await administer(server, `drop database ${name} with (force)`);
    },
  };
}

/** The same on a server that the test has started itself. */
export async function createDatabaseAt(url: string): Promise<TestDatabase> {
  await migrateDatabase(url);
  return withCatalog(url);
}

async function withCatalog(url: string): Promise<TestDatabase> {
  const pool = createPool(url, () => undefined);
  await transaction(pool, (db) => publishCatalog(db, TEST_CATALOG.body, TEST_CATALOG.sha256));
  return { url, pool, drop: () => pool.end() };
}

async function administer(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
