import type { Pool } from "../../store/pool.ts";
import { one } from "../../store/pool.ts";
import type { Books } from "../sandbox-control.ts";
import { sandboxControl } from "../sandbox-control.ts";
import type { Stage } from "../stage.ts";
import { withStage } from "./with-stage.ts";

interface Held {
  status: string;
  charges: number;
  paid: number;
  refunded: number;
}

/** Compares what we hold with the sandbox's own account of the money. Answers what differs; nothing: all agrees. */
export function checkBooks(stage: Stage): Promise<readonly string[]> {
  return withStage(stage, async ({ pool }) => {
    const books = await sandboxControl(stage.sandboxUrl).books();
    const differences: string[] = books.subscriptions.length === 0 ? ["the sandbox has no subscription"] : [];
    for (const theirs of books.subscriptions) differences.push(...(await compare(pool, theirs)));
    return [...differences, ...(await leftovers(pool))];
  });
}

async function compare(pool: Pool, theirs: Books["subscriptions"][number]): Promise<string[]> {
  const { rows } = await pool.query<Held>(
    `select status,
       (select count(*)::int from payments p where p.subscription_id = s.id and p.status = 'succeeded') as charges,
       (select coalesce(sum(amount), 0)::int from payments p where p.subscription_id = s.id and p.status = 'succeeded') as paid,
       (select coalesce(sum(amount), 0)::int from refunds r where r.subscription_id = s.id and r.status = 'succeeded') as refunded
     from subscriptions s where stripe_subscription_id = $1`,
    [theirs.id],
  );
  const [ours] = rows;
  if (ours === undefined) return [`${theirs.id} is not in the database`];
  const expected: Held = {
    status: theirs.status,
    charges: theirs.charges.filter(({ status }) => status === "succeeded").length,
    paid: theirs.paid,
    refunded: theirs.refunded,
  };
  const names = ["status", "charges", "paid", "refunded"] as const;
  return names
    .filter((name) => ours[name] !== expected[name])
    .map((name) => `${theirs.id}: ${name} is ${ours[name]} here and ${expected[name]} there`);
}

/** R2 and R6: every event has its end, every alert was delivered. */
async function leftovers(pool: Pool): Promise<string[]> {
  const { events, alerts } = one(
    await pool.query<{ events: number; alerts: number }>(
      `select (select count(*)::int from webhook_events where state in ('received', 'parked')) as events,
         (select count(*)::int from deliveries where delivered_at is null and refused_at is null) as alerts`,
    ),
  );
  return [
    ...(events === 0 ? [] : [`${events} events are not applied`]),
    ...(alerts === 0 ? [] : [`${alerts} alerts are not delivered`]),
  ];
}
