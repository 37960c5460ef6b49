import type { Provider } from "../domain/provider.ts";
import { endEvent, findEvent, ignoreEvent, replayEvent } from "../store/events.ts";
import type { AppDeps } from "./deps.ts";
import { routeEvent } from "./route-event.ts";

/** What an operator's hand on an event needs; the admin page and the command line do the same. */
export type EventOperator = Pick<AppDeps, "pool" | "providers" | "gateway">;

/** `ignored`: this version has nothing to do about it; it is ignored again, with the reason of today. */
export type Replayed = "replayed" | "ignored" | "not_found" | "no_provider";

/** Has an event applied again, whatever became of it before; its payload is read anew (R2). */
export async function replay(deps: EventOperator, name: Provider, id: string): Promise<Replayed> {
  const provider = deps.providers.get(name);
  if (provider === undefined) return "no_provider";
  if (!(await replayEvent(deps.pool, name, id))) return "not_found";
  const event = await findEvent(deps.pool, name, id);
  if (event === undefined) return "not_found";
  const interest = provider.interest(event.type, event.payload);
  if (interest.kind === "ignore") {
    await endEvent(deps.pool, name, id, "ignored", interest.reason);
    return "ignored";
  }
  await routeEvent(deps, name, id, interest);
  return "replayed";
}

/** Gives up on an event that waits or is parked (R2). What is applied stays applied. */
export async function ignore(
  { pool }: Pick<EventOperator, "pool">,
  name: Provider,
  id: string,
  reason: string,
): Promise<"ignored" | "not_found" | "already_ended"> {
  if (await ignoreEvent(pool, name, id, reason)) return "ignored";
  return (await findEvent(pool, name, id)) === undefined ? "not_found" : "already_ended";
}
