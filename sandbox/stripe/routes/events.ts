import { z } from "zod";
import { day } from "../calendar.ts";
import { invalid, lookUp, missing } from "../errors.ts";
import { fits } from "../event-types.ts";
import { boolean, range, text, within } from "../http/params.ts";
import { list, type Route, route } from "../http/route.ts";
import type { StoredEvent } from "../records.ts";
import { eventView, pendingByEvent } from "../views/event.ts";
import type { Work } from "../world.ts";

/** Stripe gives out its events for so long, seconds. */
const keptTime = 30 * day;

export const eventRoutes: Route[] = [
  list(
    "/v1/events",
    {
      type: text.optional(),
      types: z.array(text).max(20).optional(),
      created: range.optional(),
      delivery_success: boolean.optional(),
    },
    ({ work, deliveries }, params) => {
      if (params.type !== undefined && params.types !== undefined) {
        throw invalid("You may only specify one of these parameters: type, types.", { param: "types" });
      }
      const pending = pendingByEvent(deliveries);
      return Object.values(work.state.events)
        .filter(
          (event) =>
            isKept(work, event) &&
            (params.type === undefined || fits(event.type, params.type)) &&
            (params.types === undefined || params.types.some((type) => fits(event.type, type))) &&
            (params.delivery_success === undefined ||
              params.delivery_success === ((pending.get(event.id) ?? 0) === 0)) &&
            within(event.created, params.created),
        )
        .map((event) => ({
          id: event.id,
          created: event.created,
          event,
          pending: pending.get(event.id) ?? 0,
        }));
    },
    (_work, { event, pending }) => eventView(event, pending),
  ),
  route("GET", "/v1/events/:id", {}, ({ work, id, deliveries }) => {
    const event = lookUp(work.state.events, id);
    if (event === undefined || !isKept(work, event)) throw missing("event", id);
    return eventView(event, pendingByEvent(deliveries.filter((it) => it.event === id)).get(id) ?? 0);
  }),
];

function isKept(work: Work, event: StoredEvent): boolean {
  return event.created >= work.now - keptTime;
}
