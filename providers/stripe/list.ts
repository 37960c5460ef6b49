import type { Stripe } from "stripe";
import { ProviderError } from "../provider.ts";
import type { Ask } from "./ask.ts";

/** Where in a list a page begins, and its length. */
interface Position {
  readonly limit: number;
  readonly starting_after?: string;
}

const PAGE = 100;
/** How many objects are read of one list. */
const LONGEST = 1_000;

/**
 * The objects of a list, newest first, page by page as they are taken. Whoever takes all has seen all.
 * @throws ProviderError unavailable for a list too long to be read: what was not found in it may be there
 */
export async function* listed<T extends { readonly id: string }>(
  ask: Ask,
  page: (stripe: Stripe, position: Position) => Promise<Stripe.ApiList<T>>,
): AsyncGenerator<T> {
  let position: Position = { limit: PAGE };
  for (let taken = 0; taken < LONGEST; taken += PAGE) {
    const { data, has_more } = await ask((stripe) => page(stripe, position));
    yield* data;
    if (!has_more) return;
    const last = data.at(-1);
    if (last === undefined) break;
    position = { limit: PAGE, starting_after: last.id };
  }
  throw new ProviderError("stripe", "unavailable", "Stripe: a list too long to be read to its end", {
    code: "list_too_long",
  });
}
