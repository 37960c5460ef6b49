import type { SubscriptionId } from "../domain/ids.ts";
import { subscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { Db } from "./pool.ts";

/*
 * Some events of an invoice name its subscription, some the invoice alone; they come at the same time, in any order.
 * Those that wait go together: no provider has to be asked whose invoice it is, and one look does for all of them.
 * Not by an event that names another subscription of the provider than the one that ours is known to be.
 */

/** Whose invoice it is, by an event that waits and names both. */
export async function ownerByMates(
  db: Db,
  provider: Provider,
  invoiceId: string,
): Promise<SubscriptionId | undefined> {
  const { rows } = await db.query<{ id: string }>(
    `select e.subscription_id as id from webhook_events e left join subscriptions s on s.id = e.subscription_id
     where e.state = 'received' and e.provider = $1 and e.subject->>'invoiceId' = $2 and e.subscription_id is not null
       and e.subject->>'subscriptionId' =
         coalesce(s.stripe_subscription_id, s.razorpay_subscription_id, e.subject->>'subscriptionId')
     limit 1`,
    [provider, invoiceId],
  );
  return rows[0] && subscriptionId(rows[0].id);
}

/** Routes the events that wait for their route and name the same invoice as one that has just been routed. */
export async function routeMates(
  db: Db,
  provider: Provider,
  to: SubscriptionId,
  named: { readonly subscriptionId: string; readonly invoiceId: string },
): Promise<void> {
  await db.query(
    `update webhook_events set subscription_id = $2
     where state = 'received' and subscription_id is null and provider = $1
       and subject->>'invoiceId' = $4 and subject->>'subscriptionId' is null
       and not exists (select from subscriptions
         where id = $2 and coalesce(stripe_subscription_id, razorpay_subscription_id) <> $3)`,
    [provider, to, named.subscriptionId, named.invoiceId],
  );
}
