import type { Provider } from "../domain/provider.ts";
import type { Instant } from "../domain/time.ts";
import type { Db } from "./pool.ts";
import { one, timestamp } from "./pool.ts";

/**
 * Up to which moment, by the provider's clock, its events were listed to the end. Before the first time: since when
 * this database is in use, which is when its first catalog was published.
 */
export async function catchUpPoint(db: Db, provider: Provider): Promise<Instant> {
  const result = await db.query<{ listed_to: number }>(
    `select coalesce(
       (select listed_to from catch_up_points where provider = $1),
       (select min(published_at) from catalog_versions),
       now()) as listed_to`,
    [provider],
  );
  return one(result).listed_to;
}

/** Moves the point, forward only. */
export async function moveCatchUpPoint(db: Db, provider: Provider, listedTo: Instant): Promise<void> {
  await db.query(
    `insert into catch_up_points (provider, listed_to) values ($1, $2)
     on conflict (provider) do update
       set listed_to = greatest(catch_up_points.listed_to, excluded.listed_to), updated_at = now()`,
    [provider, timestamp(listedTo)],
  );
}
