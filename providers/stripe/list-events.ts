import type { EventPage } from "../provider.ts";
import type { Ask } from "./ask.ts";
import { orNull } from "./ask.ts";
import { STRIPE_EVENTS } from "./interest.ts";

const PAGE = 100;
/** How many types one request may ask for. */
const TYPES_A_LIST = 20;

/** The types that our endpoint is subscribed to, in as many lists as it takes. */
const LISTS: readonly (readonly string[])[] = Array.from(
  { length: Math.ceil(STRIPE_EVENTS.length / TYPES_A_LIST) },
  (_, list) => STRIPE_EVENTS.slice(list * TYPES_A_LIST, (list + 1) * TYPES_A_LIST),
);

/**
 * One page of the events since a moment, list after list, each newest first: what is made meanwhile comes before what
 * has been read, and is left to the next time.
 * @param place where the page before ended, or null: the first
 */
export async function listEvents(ask: Ask, since: number, place: string | null): Promise<EventPage> {
  const { list, after } = readPlace(place);
  const page = ask((stripe) =>
    stripe.events.list({
      types: [...(LISTS[list] ?? [])],
      created: { gte: Math.floor(since / 1_000) },
      limit: PAGE,
      ...(after === null ? {} : { starting_after: after }),
    }),
  );
  // The last event read is gone with its 30 days, and so are those that are older.
  const { data, has_more } = (after === null ? await page : await orNull(page)) ?? {
    data: [],
    has_more: false,
  };
  const last = data.at(-1);
  const nextList = list + 1 < LISTS.length ? `${list + 1}/` : null;
  return {
    events: data.map((event) => ({
      id: event.id,
      type: event.type,
      apiVersion: event.api_version,
      livemode: event.livemode,
      payload: event,
      createdAt: event.created * 1_000,
    })),
    next: has_more && last !== undefined ? `${list}/${last.id}` : nextList,
  };
}

/** `<list>/<id of the last event read of it>`. */
function readPlace(place: string | null): { readonly list: number; readonly after: string | null } {
  const [list = "0", after = ""] = place?.split("/") ?? [];
  return { list: Number(list), after: after === "" ? null : after };
}
