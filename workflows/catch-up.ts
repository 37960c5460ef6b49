import { log, proxyActivities } from "@temporalio/workflow";
import type { Activities } from "../activities/activities.ts";

/** However long the list is, one activity reads it: what fails goes on where it was. */
const activities = proxyActivities<Activities>({
  startToCloseTimeout: "20 hours",
  scheduleToCloseTimeout: "20 hours",
  heartbeatTimeout: "10 seconds",
  retry: { initialInterval: "1 second", maximumInterval: "1 minute" },
  summary: "Store the events that never arrived",
});

/** Started by its schedule. One that fails moves no point: the next one begins from the same. */
export async function catchUp(): Promise<string> {
  try {
    const { listed, stored } = await activities.catchUp();
    return `${listed} listed, ${stored} had never arrived`;
  } catch (error) {
    log.warn("catch-up failed, left to the next", { error });
    return "failed, left to the next";
  }
}
