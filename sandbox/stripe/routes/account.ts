import { z } from "zod";
import { token } from "../../random.ts";
import { liveCustomer } from "../customers.ts";
import { find, invalid } from "../errors.ts";
import { fits } from "../event-types.ts";
import {
  accepted,
  boolean,
  mergeMetadata,
  metadata,
  range,
  requireUrl,
  text,
  within,
} from "../http/params.ts";
import { list, type Route, remove, retrieve, route } from "../http/route.ts";
import { newId } from "../ids.ts";
import type { PortalSession, WebhookEndpoint } from "../records.ts";
import { portalSessionView } from "../views/customer.ts";
import { eventView, pendingByEvent, webhookEndpointView } from "../views/event.ts";

const eventFilters = {
  type: text.optional(),
  types: z.array(text).max(20).optional(),
  created: range.optional(),
  delivery_success: boolean.optional(),
};

export const accountRoutes: Route[] = [
  route("GET", "/v1/account", {}, ({ work }) => ({
    id: work.state.account,
    object: "account",
    business_profile: null,
    business_type: "company",
    charges_enabled: true,
    country: "US",
    created: 1_700_000_000,
    default_currency: "usd",
    details_submitted: true,
    email: "sandbox@perennial.example",
    payouts_enabled: true,
    type: "standard",
  })),
  eventList(),
  route("GET", "/v1/events/:id", {}, ({ work, id, deliveries }) =>
    eventView(
      find(work.state.events, id, "event"),
      pendingByEvent(deliveries.filter((it) => it.event === id)).get(id) ?? 0,
    ),
  ),
  route(
    "POST",
    "/v1/billing_portal/sessions",
    {
      customer: text,
      return_url: text.optional(),
      configuration: text.optional(),
      locale: text.optional(),
      flow_data: accepted.optional(),
    },
    ({ work, origin }, params) => {
      const customer = liveCustomer(work, params.customer, "customer");
      if (params.return_url !== undefined) requireUrl("return_url", params.return_url);
      const id = newId("portal_session");
      const session: PortalSession = {
        id,
        created: work.now,
        customer: customer.id,
        return_url: params.return_url ?? null,
        url: `${origin}/p/session/${id}`,
      };
      work.state.portal_sessions[id] = session;
      return portalSessionView(work, session);
    },
  ),
  route(
    "POST",
    "/v1/webhook_endpoints",
    {
      url: z.url(),
      enabled_events: z.array(text).min(1),
      api_version: text.optional(),
      description: text.optional(),
      metadata: metadata.optional(),
    },
    ({ work }, params) => {
      const endpoint: WebhookEndpoint = {
        id: newId("webhook_endpoint"),
        created: work.now,
        url: params.url,
        secrets: [`whsec_${token(32)}`],
        enabled_events: params.enabled_events,
        description: params.description ?? null,
        metadata: mergeMetadata({}, params.metadata),
        status: "enabled",
      };
      work.state.webhook_endpoints[endpoint.id] = endpoint;
      return webhookEndpointView(work, endpoint, true);
    },
  ),
  list(
    "/v1/webhook_endpoints",
    {},
    ({ work }) => Object.values(work.state.webhook_endpoints),
    webhookEndpointView,
  ),
  retrieve(
    "/v1/webhook_endpoints/:id",
    "webhook endpoint",
    (work) => work.state.webhook_endpoints,
    webhookEndpointView,
  ),
  remove("/v1/webhook_endpoints/:id", ({ work, id }) => {
    find(work.state.webhook_endpoints, id, "webhook endpoint");
    delete work.state.webhook_endpoints[id];
    return { id, object: "webhook_endpoint", deleted: true };
  }),
];

function eventList(): Route {
  return list(
    "/v1/events",
    eventFilters,
    ({ work, deliveries }, params) => {
      if (params.type !== undefined && params.types !== undefined) {
        throw invalid("You may only specify one of these parameters: type, types.", { param: "types" });
      }
      const pending = pendingByEvent(deliveries);
      return Object.values(work.state.events)
        .filter(
          (event) =>
            (params.type === undefined || fits(event.type, params.type)) &&
            (params.types === undefined || params.types.some((type) => fits(event.type, type))) &&
            (params.delivery_success === undefined ||
              params.delivery_success === ((pending.get(event.id) ?? 0) === 0)) &&
            within(event.created, params.created),
        )
        .map((event) => ({ id: event.id, event, pending: pending.get(event.id) ?? 0 }));
    },
    (_work, { event, pending }) => eventView(event, pending),
  );
}
