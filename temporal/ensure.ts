import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from "@temporalio/client";
import {
  CATCH_UP_SCHEDULE,
  CATCH_UP_WORKFLOW,
  SWEEP_SCHEDULE,
  SWEEP_WORKFLOW,
  TASK_QUEUE,
  VERIFY_SCHEDULE,
  VERIFY_WORKFLOW,
} from "../workflows/contract.ts";
import { SEARCH_ATTRIBUTES } from "./search-attributes.ts";

export interface EnsureOptions {
  readonly namespace: string;
  /** How often the sweep looks for what was left lying, in milliseconds. */
  readonly sweepEveryMs: number;
  /** How often the provider's subscriptions are compared with ours, in milliseconds. */
  readonly verifyEveryMs: number;
  /** How often the provider's events are listed, in milliseconds. */
  readonly catchUpEveryMs: number;
}

const INDEXED_VALUE_TYPES = { Keyword: 2, Bool: 5, Datetime: 6 } as const;

/** Registers the search attributes and the schedules, as they should be. Safe to repeat, and after each change. */
export async function ensureTemporal(client: Client, options: EnsureOptions): Promise<void> {
  await ensureSearchAttributes(client, options.namespace);
  await ensureSchedule(client, SWEEP_SCHEDULE, SWEEP_WORKFLOW, options.sweepEveryMs);
  await ensureSchedule(client, VERIFY_SCHEDULE, VERIFY_WORKFLOW, options.verifyEveryMs);
  await ensureSchedule(client, CATCH_UP_SCHEDULE, CATCH_UP_WORKFLOW, options.catchUpEveryMs);
}

async function ensureSearchAttributes(client: Client, namespace: string): Promise<void> {
  const operator = client.connection.operatorService;
  const { customAttributes } = await operator.listSearchAttributes({ namespace });
  const wanted = Object.entries(SEARCH_ATTRIBUTES).map(
    ([name, type]) => [name, INDEXED_VALUE_TYPES[type]] as const,
  );
  for (const [name, type] of wanted) {
    const registered: number = customAttributes[name] ?? type;
    if (registered === type) continue;
    throw new Error(
      `Temporal's namespace ${namespace} has a search attribute ${name} of another type than ours`,
    );
  }
  const missing = wanted.filter(([name]) => !(name in customAttributes));
  if (missing.length === 0) return;
  await operator.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing) });
}

async function ensureSchedule(
  client: Client,
  scheduleId: string,
  workflowType: string,
  everyMs: number,
): Promise<void> {
  const spec = { intervals: [{ every: everyMs }] };
  const action = {
    type: "startWorkflow" as const,
    workflowType,
    taskQueue: TASK_QUEUE,
    workflowId: scheduleId,
    args: [],
  };
  // One that was missed is made up for by the next: nothing is gained by running it twice.
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 60_000 };
  try {
    await client.schedule.create({ scheduleId, spec, action, policies });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule
      .getHandle(scheduleId)
      .update((previous) => ({ ...previous, spec, action, policies }));
  }
}
