import type { Interval } from "../domain/catalog.ts";
import type { Provider } from "../domain/provider.ts";
import type { Db } from "./pool.ts";

/** How far the checkouts came that were asked for in one month. */
export interface FunnelRow {
  /** Of UTC, such as 2026-11. */
  readonly month: string;
  readonly provider: Provider;
  readonly tier: string;
  readonly interval: Interval;
  /** All: those that are open, completed, expired, replaced or refused now. */
  readonly started: number;
  readonly open: number;
  readonly completed: number;
  readonly expired: number;
  readonly replaced: number;
  readonly refused: number;
  /** Of the completed ones: paid after they had expired. */
  readonly revived: number;
}

/** From the one month to the other, both included; null: all there are. Months without a checkout have no row. */
export async function checkoutFunnel(
  db: Db,
  from: string | null,
  to: string | null,
): Promise<readonly FunnelRow[]> {
  const { rows } = await db.query<FunnelRow>(
    `select to_char(month, 'YYYY-MM') as month, provider, tier, "interval", started, open, completed, expired,
       replaced, refused, revived
     from checkout_funnel
     where ($1::text is null or month >= ($1 || '-01')::date) and ($2::text is null or month <= ($2 || '-01')::date)
     order by checkout_funnel.month, provider, tier, "interval"`,
    [from, to],
  );
  return rows;
}
