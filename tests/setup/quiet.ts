import { setTimeout as pause } from "node:timers/promises";
import type { SubscriptionId } from "../../domain/ids.ts";
import { subscriptionWorkflowId } from "../../workflows/contract.ts";
import { eventually } from "./customer.ts";
import type { System } from "./system.ts";

/** Longer than the time in which wakes wait for company, in milliseconds. */
const MOMENT_MS = 300;

/** Waits until these subscriptions take no turn, and none has been begun for a moment. */
export async function quiet(
  { temporal }: Pick<System, "temporal">,
  ids: readonly SubscriptionId[],
): Promise<void> {
  let before = "";
  await eventually("nobody takes a turn", async () => {
    await pause(MOMENT_MS);
    const now = await Promise.all(
      ids.map(async (id) => {
        const { historyLength, runId, raw } = await temporal.workflow
          .getHandle(subscriptionWorkflowId(id))
          .describe();
        const isBusy = raw.pendingWorkflowTask != null || (raw.pendingActivities ?? []).length > 0;
        return isBusy ? "busy" : `${runId} ${historyLength}`;
      }),
    );
    const isSame = now.join() === before && !now.includes("busy");
    before = now.join();
    return isSame;
  });
}
