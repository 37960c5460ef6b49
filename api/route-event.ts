import type { Provider } from "../domain/provider.ts";
import type { Interest } from "../providers/provider.ts";
import { routeArrival } from "../store/arrivals.ts";
import { findEvent } from "../store/events.ts";
import type { AppDeps } from "./deps.ts";

type Routing = Pick<AppDeps, "pool" | "gateway">;

/**
 * Takes a stored event to its subscription: by what we have recorded, else by a workflow that asks the provider,
 * which also parks what cannot be read. Safe to repeat.
 */
export async function routeEvent(
  deps: Routing,
  provider: Provider,
  eventId: string,
  interest: Interest,
): Promise<void> {
  if (await routeByRecords(deps, provider, eventId, interest)) return;
  if (namesInvoiceOnly(interest)) {
    deps.gateway.route(provider, eventId, () => isRouted(deps, provider, eventId, interest));
  } else {
    deps.gateway.route(provider, eventId);
  }
}

async function routeByRecords(
  { pool, gateway }: Routing,
  provider: Provider,
  eventId: string,
  interest: Interest,
): Promise<boolean> {
  const owner = await routeArrival(pool, provider, eventId, interest);
  if (owner !== undefined) gateway.wake(owner);
  return owner !== undefined;
}

/** Other events of the invoice, that come at the same time, say whose it is. */
const namesInvoiceOnly = (interest: Interest): boolean =>
  interest.kind === "subject" &&
  interest.subject.invoiceId !== null &&
  interest.subject.subscriptionId === null;

/** Whether there is nothing left to do: it went with other events, has had its end, or is known by now whose it is. */
async function isRouted(
  deps: Routing,
  provider: Provider,
  eventId: string,
  interest: Interest,
): Promise<boolean> {
  const event = await findEvent(deps.pool, provider, eventId);
  if (event?.state !== "received" || event.subscriptionId !== null) return true;
  return routeByRecords(deps, provider, eventId, interest);
}
