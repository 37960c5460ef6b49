import type { Provider } from "../domain/provider.ts";
import type { Interest } from "../providers/provider.ts";
import { routeEventTo } from "../store/events.ts";
import { findRoute } from "../store/routes.ts";
import type { AppDeps } from "./deps.ts";

/**
 * Takes a stored event to its subscription: by what we have recorded, else by a workflow that asks the provider,
 * which also parks what cannot be read. Safe to repeat.
 */
export async function routeEvent(
  deps: Pick<AppDeps, "pool" | "gateway">,
  provider: Provider,
  eventId: string,
  interest: Interest,
): Promise<void> {
  if (interest.kind === "subject") {
    const owner = await findRoute(deps.pool, provider, interest.subject);
    if (owner !== undefined) {
      await routeEventTo(deps.pool, provider, eventId, owner, interest.subject);
      deps.gateway.wake(owner);
      return;
    }
  }
  deps.gateway.route(provider, eventId);
}
