import { z } from "zod";
import type { SubscriptionId } from "../domain/ids.ts";
import { PROVIDERS } from "../domain/provider.ts";
import type { Instant } from "../domain/time.ts";
import { DAY, HOUR } from "../domain/time.ts";
import type { ListedEvent, PaymentProvider } from "../providers/provider.ts";
import { notArrived, routeArrival, stillUnrouted, storeArrival, storedId } from "../store/arrivals.ts";
import { catchUpPoint, moveCatchUpPoint } from "../store/catch-up-points.ts";
import { clockOffset } from "../store/clock.ts";
import type { Deps } from "./deps.ts";
import { fromPlace, readPages } from "./place.ts";
import { sendEach } from "./send-each.ts";

/** What the provider shows late, or dates by a clock that differs from ours, is listed again. */
const OVERLAP = HOUR;
/** How long providers keep their events. */
const KEPT = 30 * DAY;

/** How far a run has come. */
const Place = z.object({
  /** Those whose events are listed to the end. */
  done: z.array(z.enum(PROVIDERS)),
  /** Of the next one, or null: not begun. */
  under_way: z
    .object({
      since: z.number(),
      /** When its listing began, by our clock, and the newest event in it, by the provider's. */
      began: z.number(),
      newest: z.number(),
      page: z.string().nullable(),
    })
    .nullable(),
  listed: z.number(),
  stored: z.number(),
});
type Place = z.infer<typeof Place>;

export type CaughtUp = Pick<Place, "listed" | "stored">;

/**
 * Lists each provider's events from where the last run came to the end of, and stores those that never arrived, as if
 * they had just come. The point moves only when the whole list is read; what fails begins from the old one (R2).
 */
export function catchUp(deps: Deps): Promise<CaughtUp> {
  const first: Place = { done: [], under_way: null, listed: 0, stored: 0 };
  return fromPlace(Place, first, async (from, keep) => {
    let place = from;
    for (const provider of deps.providers.values()) {
      if (place.done.includes(provider.name)) continue;
      const began = place.under_way ?? (await beginning(deps, provider));
      let newest = began.newest;
      await readPages(
        began.page,
        (page) => provider.listEvents(began.since, page),
        async ({ events, next }) => {
          const stored = await storeMissing(deps, provider, events);
          newest = Math.max(newest, ...events.map(({ createdAt }) => createdAt));
          place = {
            ...place,
            under_way: { ...began, newest, page: next },
            listed: place.listed + events.length,
            stored: place.stored + stored,
          };
          if (next !== null) keep(place);
        },
      );
      // The earlier of the two clocks: what came while the list was read is for the next time.
      await moveCatchUpPoint(deps.pool, provider.name, Math.min(newest, began.began));
      place = { ...place, done: [...place.done, provider.name], under_way: null };
      keep(place);
    }
    return { listed: place.listed, stored: place.stored };
  });
}

async function beginning(
  { pool }: Pick<Deps, "pool">,
  { name }: PaymentProvider,
): Promise<NonNullable<Place["under_way"]>> {
  const now: Instant = Date.now() + (await clockOffset(pool));
  const point = await catchUpPoint(pool, name);
  return { since: Math.max(point - OVERLAP, now - KEPT), began: now, newest: point, page: null };
}

/** Stores what has not arrived of these and wakes whom it is about. Answers how many. */
async function storeMissing(
  deps: Deps,
  provider: PaymentProvider,
  events: readonly ListedEvent[],
): Promise<number> {
  const { pool, gateway } = deps;
  const missing = await notArrived(
    pool,
    provider.name,
    events.map(({ id }) => storedId(id)),
  );
  const owners = new Set<SubscriptionId>();
  const unrouted: string[] = [];
  let stored = 0;
  for (const event of events) {
    const id = storedId(event.id);
    if (!missing.has(id)) continue;
    const interest = provider.interest(event.type, event.payload);
    // It may have come by itself since it was looked for.
    if (!(await storeArrival(pool, { provider: provider.name, ...event }, interest))) continue;
    stored += 1;
    if (interest.kind === "ignore") continue;
    const owner = await routeArrival(pool, provider.name, id, interest);
    if (owner === undefined) unrouted.push(id);
    else owners.add(owner);
  }
  await sendEach(deps, [...owners], (id) => gateway.wakeNow(id));
  const alone = await stillUnrouted(pool, provider.name, unrouted);
  await sendEach(deps, alone, (id) => gateway.routeNow(provider.name, id));
  return stored;
}
