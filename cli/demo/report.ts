import type { Pool } from "../../store/pool.ts";
import type { Stage } from "../stage.ts";
import { withStage } from "./with-stage.ts";

type Line = Readonly<Record<string, string | number | null>>;

const STATEMENTS = {
  "Why is this customer in this state? (timeline)": `
    select version as v, to_char(at, 'YYYY-MM-DD HH24:MI') as at, coalesce(from_status, '-') as "from",
      coalesce(to_status, '-') as "to", why
    from timeline order by subscription_id, version`,
  Alerts: `
    select to_char(at, 'YYYY-MM-DD HH24:MI') as at, kind, text,
      case when superseded then 'recorded only'
        else coalesce((select string_agg(channel, ', ') from deliveries
                       where alert_key = key and delivered_at is not null), 'not delivered') end as told
    from alerts order by created_at, key`,
  Subscriptions: `
    select tier, status, to_char(current_period_end, 'YYYY-MM-DD') as period_end,
      to_char(ended_at, 'YYYY-MM-DD') as ended, amount, currency, version from subscriptions`,
  Payments: `
    select id, status, amount, currency, failed_attempts, to_char(paid_at, 'YYYY-MM-DD') as paid
    from payments order by paid_at`,
  Refunds: `select id, payment_id, status, amount, currency from refunds`,
  "Webhook events": `
    select state, coalesce(reason, '') as reason, count(*)::int as events
    from webhook_events group by state, reason order by state, events desc`,
} as const;

/** Prints the timeline, the alerts and what the database holds. */
export function report(stage: Stage): Promise<void> {
  return withStage(stage, async ({ pool }) => {
    for (const [title, statement] of Object.entries(STATEMENTS)) await print(pool, title, statement);
  });
}

async function print(pool: Pool, title: string, statement: string): Promise<void> {
  const { rows, fields } = await pool.query<Line>(statement);
  const names = fields.map((field) => field.name);
  const table = [names, ...rows.map((row) => names.map((name) => `${row[name] ?? ""}`))];
  const widths = names.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  console.log(`\n── ${title} ──`);
  for (const cells of table) {
    console.log(`  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
  }
}
