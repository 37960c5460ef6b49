import type { SubscriptionId } from "../domain/ids.ts";
import { asSubscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import type { EventSubject } from "../providers/provider.ts";
import { findCheckoutOf } from "../store/checkouts.ts";
import { clockOffset } from "../store/clock.ts";
import { endEvent, findEvent, routeEventTo } from "../store/events.ts";
import { findRoute } from "../store/routes.ts";
import { livesOfProviderCustomer, subscriptionByProviderId } from "../store/subscriptions.ts";
import { adoptedId } from "./adopted-id.ts";
import type { Deps } from "./deps.ts";
import { providerOf } from "./deps.ts";
import { parkUnrouted } from "./settle.ts";

/** Finds whose event it is, if need be by asking the provider, and wakes that subscription. Safe to repeat. */
export async function routeEvent(deps: Deps, provider: Provider, eventId: string): Promise<string> {
  const event = await findEvent(deps.pool, provider, eventId);
  if (event === undefined || event.state !== "received") return "nothing to route";
  if (event.subscriptionId !== null) {
    await deps.gateway.wakeNow(event.subscriptionId);
    return "routed before";
  }
  const interest = providerOf(deps, provider).interest(event.type, event.payload);
  switch (interest.kind) {
    case "ignore":
      await endEvent(deps.pool, provider, eventId, "ignored", interest.reason);
      return "ignored";
    case "unreadable":
      await parkUnrouted(deps, event, interest.why, Date.now() + (await clockOffset(deps.pool)));
      return "parked";
    case "customer":
      return routeToAll(deps, provider, eventId, interest.customerId);
    case "subject": {
      const owner = await ownerOf(deps, provider, interest.subject);
      if (owner === undefined) {
        await endEvent(deps.pool, provider, eventId, "ignored", "the provider ties it to no subscription");
        return "ignored";
      }
      await routeEventTo(deps.pool, provider, eventId, owner, interest.subject);
      await deps.gateway.wakeNow(owner);
      return "routed";
    }
    default:
      return interest satisfies never;
  }
}

/**
 * One event, many lives: applied when each subscription of the customer that has not ended holds its wake, which Temporal
 * keeps until a turn has looked. Nothing is recorded because of the event itself, so nothing else has to be applied
 * with it (R3): what the deletion did is told by each one's own truth. Until all are woken it waits, and is routed again.
 */
async function routeToAll(
  deps: Deps,
  provider: Provider,
  eventId: string,
  customerId: string,
): Promise<string> {
  const lives = await livesOfProviderCustomer(deps.pool, provider, customerId);
  if (lives.length === 0) {
    await endEvent(deps.pool, provider, eventId, "ignored", "the customer has no running subscription here");
    return "ignored";
  }
  for (const id of lives) await deps.gateway.wakeNow(id);
  await endEvent(deps.pool, provider, eventId, "applied", null);
  return `${lives.length} woken`;
}

async function ownerOf(
  deps: Deps,
  provider: Provider,
  subject: EventSubject,
): Promise<SubscriptionId | undefined> {
  const known = await findRoute(deps.pool, provider, subject);
  if (known !== undefined) return known;
  const traced = await providerOf(deps, provider).trace(subject);
  if (traced === null) return undefined;
  const reference = asSubscriptionId(traced.reference);
  if (reference !== undefined && (await findCheckoutOf(deps.pool, reference)) !== undefined) return reference;
  return (
    (await subscriptionByProviderId(deps.pool, provider, traced.subscriptionId)) ??
    adoptedId(provider, traced.subscriptionId)
  );
}
