import type { WorkflowHandle } from "@temporalio/client";
import { eventually } from "./customer.ts";
import type { System } from "./system.ts";

/** Has a schedule's work done now. Resolves when it has begun, with its workflow. */
export async function trigger(
  { temporal }: Pick<System, "temporal">,
  scheduleId: string,
): Promise<WorkflowHandle> {
  const schedule = temporal.schedule.getHandle(scheduleId);
  const before = (await schedule.describe()).info.numActionsTaken;
  await schedule.trigger();
  const workflowId = await eventually(`${scheduleId} has begun`, async () => {
    const { info } = await schedule.describe();
    const last = info.recentActions.at(-1)?.action;
    return info.numActionsTaken > before && last?.type === "startWorkflow" && last.workflow.workflowId;
  });
  return temporal.workflow.getHandle(workflowId);
}

/** The same, to its end. Answers what it says of itself. */
export const runNow = async (system: Pick<System, "temporal">, scheduleId: string): Promise<string> =>
  String(await (await trigger(system, scheduleId)).result());
