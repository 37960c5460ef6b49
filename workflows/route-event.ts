import { log, proxyActivities } from "@temporalio/workflow";
import type { Activities } from "../activities/activities.ts";
import type { RouteEventInput } from "./contract.ts";

const { routeEvent: route } = proxyActivities<Activities>({
  startToCloseTimeout: "20 seconds",
  scheduleToCloseTimeout: "60 seconds",
  retry: { initialInterval: "1 second", maximumAttempts: 3 },
  summary: "Find the subscription of an event",
});

/** Finds whose event it is where its text does not say. What fails is tried again by the sweep (R2). */
export async function routeEvent({ provider, eventId }: RouteEventInput): Promise<string> {
  try {
    return await route(provider, eventId);
  } catch (error) {
    log.warn("event not routed, left to the sweep", { provider, eventId, error });
    return "left to the sweep";
  }
}
