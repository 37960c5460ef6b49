import type { SubscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { NewEvent } from "./events.ts";
import { insertEvent, routeEventTo } from "./events.ts";
import { routeMates } from "./invoice-mates.ts";
import type { Db } from "./pool.ts";
import type { NamedIds } from "./routes.ts";
import { findRoute } from "./routes.ts";
import { text } from "./storable.ts";

/** An event as it came, by whatever way. */
type Arrived = Pick<NewEvent, "provider" | "id" | "type" | "apiVersion" | "livemode" | "payload">;

/** What its text says that it is about. */
type About =
  | { readonly kind: "subject"; readonly subject: NamedIds }
  | { readonly kind: "ignore"; readonly reason: string }
  | { readonly kind: "customer" | "unreadable" };

/** The id under which an event is kept: Postgres cannot keep every text. */
export const storedId = (id: string): string => text(id);

/** Keeps an event, and what is to become of it. False: it was here before, and nothing changed. */
export function storeArrival(db: Db, event: Arrived, about: About): Promise<boolean> {
  return insertEvent(db, {
    ...event,
    id: storedId(event.id),
    type: text(event.type),
    apiVersion: event.apiVersion === null ? null : text(event.apiVersion),
    subject: about.kind === "subject" ? about.subject : null,
    ignoredBecause: about.kind === "ignore" ? about.reason : null,
  });
}

/** Routes a kept event by what we have recorded, to be woken then; undefined: only the provider knows whose it is. */
export async function routeArrival(
  db: Db,
  provider: Provider,
  id: string,
  about: About,
): Promise<SubscriptionId | undefined> {
  if (about.kind !== "subject") return undefined;
  const owner = await findRoute(db, provider, about.subject);
  if (owner === undefined) return undefined;
  await routeEventTo(db, provider, id, owner, about.subject);
  const { subscriptionId, invoiceId } = about.subject;
  if (subscriptionId !== null && invoiceId !== null) {
    await routeMates(db, provider, owner, { subscriptionId, invoiceId });
  }
  return owner;
}

/** Those of these events that still wait for their route: none went with others, and none has had its end. */
export async function stillUnrouted(
  db: Db,
  provider: Provider,
  ids: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from webhook_events
     where provider = $1 and id = any($2::text[]) and state = 'received' and subscription_id is null`,
    [provider, ids],
  );
  return rows.map(({ id }) => id);
}

/** Those of these events that have not arrived. */
export async function notArrived(
  db: Db,
  provider: Provider,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ id: string }>(
    "select id from webhook_events where provider = $1 and id = any($2::text[])",
    [provider, ids],
  );
  const arrived = new Set(rows.map(({ id }) => id));
  return new Set(ids.filter((id) => !arrived.has(id)));
}
