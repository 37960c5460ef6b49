import type { Catalog, PublishedCatalog } from "../domain/catalog.ts";
import { readCatalog } from "../domain/catalog.ts";
import type { Db } from "./pool.ts";
import { one } from "./pool.ts";
import { json } from "./storable.ts";

/** A catalog as it is published: its version is the row's. */
export type CatalogBody = Omit<Catalog, "version">;

/** The version in force, or undefined before the first was published. */
export async function catalogInForce(db: Db): Promise<Catalog | undefined> {
  const { rows } = await db.query<{ version: number; body: PublishedCatalog }>(
    "select version, body from catalog_versions order by version desc limit 1",
  );
  const [row] = rows;
  return row && readCatalog(row.version, row.body);
}

/**
 * Publishes the body as a new version, unless it is the one in force already. Answers the version in force.
 * In a transaction only: of two at once the second sees what the first has published.
 */
export async function publishCatalog(db: Db, body: CatalogBody, sha256: string): Promise<number> {
  // Holds up other publishers only: who reads a version, or cites one, goes on.
  await db.query("lock table catalog_versions in share row exclusive mode");
  const result = await db.query<{ version: number }>(
    `with newest as (select version, sha256 from catalog_versions order by version desc limit 1),
     added as (
       insert into catalog_versions (sha256, body)
       select $1, $2::jsonb
       where not exists (select from newest where sha256 = $1)
       returning version
     )
     select version from added union all select version from newest order by version desc limit 1`,
    [sha256, json(body)],
  );
  return one(result).version;
}
