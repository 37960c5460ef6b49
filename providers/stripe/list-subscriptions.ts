import type { SubscriptionPage } from "../provider.ts";
import type { Ask } from "./ask.ts";
import { METADATA_SUBSCRIPTION } from "./metadata.ts";
import { readSubscription } from "./read.ts";

const PAGE = 100;

/**
 * One page of all subscriptions, of every status, newest first: what is made meanwhile comes before what has been read.
 * @param place the id that the page before ended with, or null: the first
 */
export async function listSubscriptions(ask: Ask, place: string | null): Promise<SubscriptionPage> {
  const { data, has_more } = await ask((stripe) =>
    stripe.subscriptions.list({
      status: "all",
      limit: PAGE,
      ...(place === null ? {} : { starting_after: place }),
    }),
  );
  return {
    subscriptions: data.map((subscription) => ({
      subscription: readSubscription(subscription),
      reference: subscription.metadata[METADATA_SUBSCRIPTION] ?? null,
    })),
    next: has_more ? (data.at(-1)?.id ?? null) : null,
  };
}
