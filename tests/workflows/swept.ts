import type { WorkflowHandle } from "@temporalio/client";
import { SWEEP_SCHEDULE } from "../../workflows/contract.ts";
import { trigger } from "../setup/scheduled.ts";
import type { System } from "../setup/system.ts";

/** Has the schedule sweep now. Resolves when the sweep is over, with its workflow. */
export async function sweepNow(system: Pick<System, "temporal">): Promise<WorkflowHandle> {
  const handle = await trigger(system, SWEEP_SCHEDULE);
  await handle.result();
  return handle;
}

/** The same, and what the sweep says of itself. */
export const swept = async (system: Pick<System, "temporal">): Promise<string> =>
  String(await (await sweepNow(system)).result());
