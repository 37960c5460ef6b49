import { parseCatalog } from "../../cli/catalog-file.ts";
import { publishCatalog } from "../../store/catalogs.ts";
import { transaction } from "../../store/pool.ts";
import type { System } from "./system.ts";

const CATALOG = parseCatalog(
  `
tiers:
  - { name: starter, title: Starter, features: [csv_export] }
  - name: pro
    title: Pro
    prices: { stripe: { month: price_pro_monthly, year: price_pro_yearly } }
    features: [csv_export, batch_generate]
  - name: scale
    title: Scale
    prices: { stripe: { month: price_scale_monthly, year: price_scale_yearly } }
    features: [csv_export, batch_generate, advanced_export]
`,
  "the tests' catalog with yearly prices",
  {},
);

/** Publishes the tests' catalog with a price by the year for each tier that is sold. */
export const sellByTheYear = ({ database }: Pick<System, "database">): Promise<number> =>
  transaction(database.pool, (db) => publishCatalog(db, CATALOG.body, CATALOG.sha256));
