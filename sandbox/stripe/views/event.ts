import type { Delivery } from "../../delivery/records.ts";
import type { StoredEvent, WebhookEndpoint } from "../records.ts";
import type { StripeObject, Work } from "../world.ts";

/** The version whose shapes the sandbox sends, always. */
export const apiVersion = "2026-10-28.endive";

/** An event as Stripe sends it; `pending` is the number of endpoints that have not taken it yet. */
export function eventView(event: StoredEvent, pending: number): StripeObject {
  return {
    id: event.id,
    object: "event",
    api_version: event.api_version === undefined ? apiVersion : event.api_version,
    created: event.created,
    data: {
      object: event.object,
      ...(event.previous_attributes === null ? {} : { previous_attributes: event.previous_attributes }),
    },
    livemode: false,
    pending_webhooks: pending,
    request: event.request,
    type: event.type,
  };
}

/** How many endpoints have not taken each event yet. A copy that arrived counts for its endpoint. */
export function pendingByEvent(deliveries: readonly Delivery[]): Map<string, number> {
  const taken = new Set(
    deliveries.filter((it) => it.state === "delivered").map((it) => `${it.event} ${it.endpoint}`),
  );
  const pending = new Map<string, Set<string>>();
  for (const { event, endpoint } of deliveries) {
    if (taken.has(`${event} ${endpoint}`)) continue;
    const endpoints = pending.get(event) ?? new Set();
    pending.set(event, endpoints.add(endpoint));
  }
  return new Map([...pending].map(([event, endpoints]) => [event, endpoints.size]));
}

/** The secret is shown once, in the reply to the creation. */
export function webhookEndpointView(
  _work: Work,
  endpoint: WebhookEndpoint,
  withSecret = false,
): StripeObject {
  return {
    id: endpoint.id,
    object: "webhook_endpoint",
    api_version: apiVersion,
    application: null,
    created: endpoint.created,
    description: endpoint.description,
    enabled_events: endpoint.enabled_events,
    livemode: false,
    metadata: endpoint.metadata,
    ...(withSecret ? { secret: endpoint.secrets[0] ?? "" } : {}),
    status: endpoint.status,
    url: endpoint.url,
  };
}
