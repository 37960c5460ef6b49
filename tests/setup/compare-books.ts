import { booksOf } from "./sandbox-account.ts";
import type { System } from "./system.ts";

interface Held {
  readonly status: string;
  readonly charges: number;
  readonly paid: number;
  readonly refunded: number;
}

/** Where the database and the sandbox's books say different things; empty: they agree, and nothing is left lying. */
export async function differences(system: System): Promise<readonly string[]> {
  const { subscriptions } = await booksOf(system);
  const found: string[] = [];
  for (const theirs of subscriptions) {
    const ours = await held(system, theirs.id);
    const expected: Held = {
      status: theirs.status,
      charges: theirs.charges.filter(({ status }) => status === "succeeded").length,
      paid: theirs.paid,
      refunded: theirs.refunded,
    };
    if (JSON.stringify(ours) !== JSON.stringify(expected)) {
      found.push(`${theirs.id}: ${JSON.stringify(ours)} here, ${JSON.stringify(expected)} there`);
    }
  }
  const { rows } = await system.database.pool.query<{ left: string }>(
    `select 'event ' || id || ' is ' || state as left from webhook_events where state in ('received', 'parked')
     union all select 'command ' || id || ' is open' from commands where outcome is null
     union all select 'call ' || key || ' is ' || state from provider_calls where decided and (state = 'pending' or not settled)
     union all select alert_key || ' is owed to ' || channel from deliveries where delivered_at is null`,
  );
  return [...found, ...rows.map(({ left }) => left)];
}

async function held({ database }: System, providerSubscriptionId: string): Promise<Held | undefined> {
  const { rows } = await database.pool.query<Held>(
    `select status,
       (select count(*)::int from payments p where p.subscription_id = s.id and p.status = 'succeeded') as charges,
       (select coalesce(sum(amount), 0)::int from payments p where p.subscription_id = s.id and p.status = 'succeeded') as paid,
       (select coalesce(sum(amount), 0)::int from refunds r where r.subscription_id = s.id and r.status = 'succeeded') as refunded
     from subscriptions s where stripe_subscription_id = $1`,
    [providerSubscriptionId],
  );
  return rows[0];
}
