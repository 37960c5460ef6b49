import { createHmac } from "node:crypto";
import type { Delivery, Letter, Outgoing } from "../delivery/records.ts";
import type { State } from "../state.ts";
import { fits } from "./event-types.ts";
import type { StoredEvent } from "./records.ts";
import { eventView, pendingByEvent } from "./views/event.ts";

/** Keeps the events and answers with one outgoing webhook for every endpoint that wants each. */
export function file(state: State, events: readonly StoredEvent[]): Outgoing[] {
  for (const event of events) state.stripe.events[event.id] = event;
  return events.flatMap((event) => addressed(state, event));
}

/** The event to every endpoint that wants it. */
export function addressed(state: State, event: StoredEvent): Outgoing[] {
  return Object.values(state.stripe.webhook_endpoints)
    .filter(
      (endpoint) =>
        endpoint.status === "enabled" && endpoint.enabled_events.some((wanted) => fits(event.type, wanted)),
    )
    .map((endpoint) => ({ provider: "stripe", event: event.id, type: event.type, endpoint: endpoint.id }));
}

/** The webhook as it goes over the wire now; null when the event or its endpoint is gone. */
export function write(state: State, delivery: Delivery): Letter | null {
  const event = state.stripe.events[delivery.event];
  const endpoint = state.stripe.webhook_endpoints[delivery.endpoint];
  if (event === undefined || endpoint === undefined || endpoint.status === "disabled") return null;
  const others = state.deliveries.filter((it) => it.event === event.id);
  const body = JSON.stringify(eventView(event, pendingByEvent(others).get(event.id) ?? 0));
  return {
    url: endpoint.url,
    body,
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      "Stripe-Signature": signature(body, endpoint.secrets),
    },
  };
}

/** Signed with every secret, as while a secret is rolled. The time is the real one, whatever the sandbox's clock says. */
function signature(body: string, secrets: readonly string[]): string {
  const time = Math.floor(Date.now() / 1000);
  const signed = secrets.map(
    (secret) => `v1=${createHmac("sha256", secret).update(`${time}.${body}`).digest("hex")}`,
  );
  return [`t=${time}`, ...signed].join(",");
}
