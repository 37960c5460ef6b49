import { log, proxyActivities } from "@temporalio/workflow";
import type { Activities } from "../activities/activities.ts";

const activities = proxyActivities<Activities>({
  startToCloseTimeout: "2 minutes",
  heartbeatTimeout: "10 seconds",
  retry: { maximumAttempts: 1 },
  summary: "Take up what was left lying",
});

/** Started by its schedule. One that fails changes nothing: the next one looks again. */
export async function sweep(): Promise<string> {
  try {
    const { woken, routed, left, incidentsClosed } = await activities.sweep();
    return `${woken} woken, ${routed} routed, ${left} left to the next, ${incidentsClosed} incidents closed`;
  } catch (error) {
    log.warn("sweep failed, left to the next", { error });
    return "failed, left to the next sweep";
  }
}
