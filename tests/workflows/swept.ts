import type { WorkflowHandle } from "@temporalio/client";
import { SWEEP_SCHEDULE } from "../../workflows/contract.ts";
import { eventually } from "../setup/customer.ts";
import type { System } from "../setup/system.ts";

/** Has the schedule sweep now. Resolves when the sweep is over, with its workflow. */
export async function sweepNow({ temporal }: Pick<System, "temporal">): Promise<WorkflowHandle> {
  const schedule = temporal.schedule.getHandle(SWEEP_SCHEDULE);
  const before = (await schedule.describe()).info.numActionsTaken;
  await schedule.trigger();
  const workflowId = await eventually("the sweep has begun", async () => {
    const { info } = await schedule.describe();
    const last = info.recentActions.at(-1)?.action;
    return info.numActionsTaken > before && last?.type === "startWorkflow" && last.workflow.workflowId;
  });
  const handle = temporal.workflow.getHandle(workflowId);
  await handle.result();
  return handle;
}

/** The same, and what the sweep says of itself. */
export const swept = async (system: Pick<System, "temporal">): Promise<string> =>
  String(await (await sweepNow(system)).result());
