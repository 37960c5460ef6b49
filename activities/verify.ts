import { z } from "zod";
import type { Catalog } from "../domain/catalog.ts";
import { compare } from "../domain/drift.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import { asSubscriptionId } from "../domain/ids.ts";
import { PROVIDERS } from "../domain/provider.ts";
import type { PaymentProvider, SubscriptionPage } from "../providers/provider.ts";
import { catalogInForce } from "../store/catalogs.ts";
import { findCheckoutOf } from "../store/checkouts.ts";
import { type Check, livesListed, noteChecks } from "../store/checks.ts";
import { clockOffset } from "../store/clock.ts";
import { findSubscription, subscriptionsByProviderIds } from "../store/subscriptions.ts";
import { adoptedId } from "./adopted-id.ts";
import type { Deps } from "./deps.ts";
import { fromPlace, readPages } from "./place.ts";
import { sendEach } from "./send-each.ts";

/** How many of ours are looked through at once for those that the list has not shown. */
const BATCH = 1_000;

/** How far a run has come. */
const Place = z.object({
  /** Those whose subscriptions are all verified. */
  done: z.array(z.enum(PROVIDERS)),
  /** When the list of the next one was begun, by the system's clock, and where it goes on; null: not begun. */
  under_way: z.object({ began: z.number(), page: z.string().nullable() }).nullable(),
  listed: z.number(),
  differing: z.number(),
  missing: z.number(),
});
type Place = z.infer<typeof Place>;

export type Verified = Pick<Place, "listed" | "differing" | "missing">;

/**
 * Compares each provider's list of subscriptions with ours, notes what it saw, and wakes those that differ and those
 * that the list does not show: their own look decides. It changes nothing else (R5).
 */
export function verify(deps: Deps): Promise<Verified> {
  const first: Place = { done: [], under_way: null, listed: 0, differing: 0, missing: 0 };
  return fromPlace(Place, first, async (from, keep) => {
    const catalog = await catalogInForce(deps.pool);
    if (catalog === undefined) throw new Error("no catalog is published: run `npm run migrate`");
    let place = from;
    for (const provider of deps.providers.values()) {
      if (place.done.includes(provider.name)) continue;
      const { began, page } = place.under_way ?? { began: await systemTime(deps), page: null };
      await readPages(
        page,
        (at) => provider.listSubscriptions(at),
        async ({ subscriptions, next }) => {
          const differing = await verifyPage(deps, provider, catalog, subscriptions);
          place = {
            ...place,
            under_way: { began, page: next },
            listed: place.listed + subscriptions.length,
            differing: place.differing + differing,
          };
          if (next !== null) keep(place);
        },
      );
      const missing = await wakeUnseen(deps, provider, began);
      place = {
        ...place,
        done: [...place.done, provider.name],
        under_way: null,
        missing: place.missing + missing,
      };
      keep(place);
    }
    return { listed: place.listed, differing: place.differing, missing: place.missing };
  });
}

const systemTime = async ({ pool }: Pick<Deps, "pool">): Promise<number> =>
  Date.now() + (await clockOffset(pool));

/** Notes what one page shows of ours, and of what should be ours, and wakes those that differ. Answers how many. */
async function verifyPage(
  deps: Deps,
  { name }: PaymentProvider,
  catalog: Catalog,
  listed: SubscriptionPage["subscriptions"],
): Promise<number> {
  const { pool, gateway } = deps;
  const now = await systemTime(deps);
  const ours = await subscriptionsByProviderIds(
    pool,
    name,
    listed.map(({ subscription }) => subscription.id),
  );
  const checks: Check[] = [];
  for (const { subscription: observed, reference } of listed) {
    const known = ours.get(observed.id);
    const id = known?.id ?? (await idOfUnknown(deps, observed, reference));
    if (id === null) continue;
    const comparison = compare(id, known?.subscription ?? null, observed, catalog, now);
    // R14: what we do not know and the catalog does not either is not ours.
    if (known === undefined && comparison.differences.length === 0) continue;
    checks.push({
      subscriptionId: id,
      provider: name,
      providerSubscriptionId: observed.id,
      listed: true,
      ...comparison,
    });
  }
  await noteChecks(pool, checks, now);
  const differing = checks.filter(({ differences }) => differences.length > 0);
  await sendEach(deps, differing, ({ subscriptionId }) => gateway.wakeNow(subscriptionId));
  return differing.length;
}

/**
 * Of one that we do not know: the id that our checkout gave it, else that by which it is adopted. Null: it bears the id
 * of another one of ours, so its events are parked there, and people are told.
 */
async function idOfUnknown(
  { pool }: Pick<Deps, "pool">,
  { provider, id }: SubscriptionPage["subscriptions"][number]["subscription"],
  reference: string | null,
): Promise<SubscriptionId | null> {
  const bought = asSubscriptionId(reference);
  if (bought === undefined) return adoptedId(provider, id);
  if ((await findSubscription(pool, bought)) !== undefined) return null;
  return (await findCheckoutOf(pool, bought)) === undefined ? adoptedId(provider, id) : bought;
}

/** Wakes those that had begun before the list was and that it has not shown to its end. Answers how many. */
async function wakeUnseen(deps: Deps, { name }: PaymentProvider, began: number): Promise<number> {
  let missing = 0;
  for (let after: SubscriptionId | null = null; ; ) {
    const lives = await livesListed(deps.pool, name, began, after, BATCH);
    const unseen = lives.filter(({ isSeen }) => !isSeen);
    await noteChecks(
      deps.pool,
      unseen.map(({ id, providerSubscriptionId }) => ({
        subscriptionId: id,
        provider: name,
        providerSubscriptionId,
        listed: false,
        facts: null,
        differences: ["missing"],
      })),
      await systemTime(deps),
    );
    await sendEach(deps, unseen, ({ id }) => deps.gateway.wakeNow(id));
    missing += unseen.length;
    after = lives.at(-1)?.id ?? null;
    if (lives.length < BATCH || after === null) return missing;
  }
}
