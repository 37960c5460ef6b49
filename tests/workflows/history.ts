import type { WorkflowHandle } from "@temporalio/client";
import type { SubscriptionId } from "../../domain/ids.ts";
import { subscriptionWorkflowId } from "../../workflows/contract.ts";
import { eventually } from "../setup/customer.ts";
import type { System } from "../setup/system.ts";

type History = Awaited<ReturnType<WorkflowHandle["fetchHistory"]>>;
export type HistoryEvent = NonNullable<History["events"]>[number];

export const handleOf = (
  { temporal }: Pick<System, "temporal">,
  id: SubscriptionId,
  runId?: string,
): WorkflowHandle => temporal.workflow.getHandle(subscriptionWorkflowId(id), runId);

/** What has happened so far in a run: the latest one where none is named. */
export async function eventsOf(handle: WorkflowHandle): Promise<readonly HistoryEvent[]> {
  return (await handle.fetchHistory()).events ?? [];
}

/** How often an activity was asked for; `settle` leaves a marker, because it runs inside the workflow's own task. */
export const timesOf = (
  events: readonly HistoryEvent[],
  name: "observe" | "settle" | "perform" | "deliver",
): number =>
  events.filter(
    (event) =>
      event.activityTaskScheduledEventAttributes?.activityType?.name === name ||
      (name === "settle" && event.markerRecordedEventAttributes?.markerName === "core_local_activity"),
  ).length;

export const signalsOf = (events: readonly HistoryEvent[]): number =>
  events.filter((event) => event.workflowExecutionSignaledEventAttributes).length;

/** Tasks of the workflow's own code that broke: there is never one, whatever fails around it (R7). */
export const brokenTasksOf = (events: readonly HistoryEvent[]): readonly unknown[] =>
  events.flatMap((event) => {
    const failure = event.workflowTaskFailedEventAttributes?.failure;
    // Not its code's fault: a message came while the run was about to end, or somebody has reset it.
    return failure && !failure.serverFailureInfo && !failure.resetWorkflowFailureInfo ? [failure] : [];
  });

/** The words by which the Web UI shows it. */
export function summaryOf(event: HistoryEvent): string | undefined {
  const data = event.userMetadata?.summary?.data;
  return data ? String(JSON.parse(Buffer.from(data).toString())) : undefined;
}

export const timersOf = (events: readonly HistoryEvent[]): readonly (string | undefined)[] =>
  events.filter((event) => event.timerStartedEventAttributes).map(summaryOf);

/** What the Web UI shows at the top of the workflow's page. */
export async function detailsOf(handle: WorkflowHandle): Promise<string> {
  const { currentDetails } = await handle.query<{ currentDetails?: string }>("__temporal_workflow_metadata");
  return currentDetails ?? "";
}

/** Waits until the workflow has nothing to do but wait for its timer. Gives its events. */
export const atRest = (
  system: Pick<System, "temporal">,
  id: SubscriptionId,
): Promise<readonly HistoryEvent[]> =>
  eventually(`the workflow of ${id} is at rest`, async () => {
    const events = await eventsOf(handleOf(system, id));
    return isAtRest(events) && events;
  });

/** Longer than wakes wait for company on their way, in milliseconds. */
const NO_WAKE_MS = 300;

/** Waits until it is at rest and no wake is on its way any more. Gives its events. */
export function quiet(
  system: Pick<System, "temporal">,
  id: SubscriptionId,
): Promise<readonly HistoryEvent[]> {
  let length = 0;
  let since = performance.now();
  return eventually(`the workflow of ${id} is quiet`, async () => {
    const events = await atRest(system, id);
    if (events.length !== length) since = performance.now();
    length = events.length;
    return performance.now() - since > NO_WAKE_MS && events;
  });
}

export function isAtRest(events: readonly HistoryEvent[]): boolean {
  const timer = events.findLastIndex((event) => event.timerStartedEventAttributes);
  const since = events.slice(timer + 1);
  return (
    timer >= 0 &&
    since.every(
      (event) =>
        event.workflowExecutionUpdateCompletedEventAttributes ??
        event.workflowExecutionCancelRequestedEventAttributes ??
        event.workflowTaskScheduledEventAttributes ??
        event.workflowTaskStartedEventAttributes ??
        event.workflowTaskCompletedEventAttributes,
    ) &&
    !since.at(-1)?.workflowTaskScheduledEventAttributes &&
    !since.at(-1)?.workflowTaskStartedEventAttributes &&
    !since.at(-1)?.workflowExecutionCancelRequestedEventAttributes
  );
}
