import type { HistoryEvent } from "./history.ts";

/**
 * What Temporal Cloud bills, by its documentation (docs.temporal.io: /cloud/actions and, of what a history shows,
 * /cloud/actions-usage). A kind of event that is not known here is an error, so that nothing is free by mistake.
 * Queries, rejected updates and exports are in no history; none of them belongs to a subscription's month.
 */
type Action =
  | "start"
  | "schedule"
  | "signal"
  | "update"
  | "timer"
  | "activity"
  | "heartbeat"
  | "local activities"
  | "search attributes"
  | "reset";

export type Actions = Readonly<Partial<Record<Action, number>>>;

/** The billable actions in events of one run that follow each other. In doubt it counts one more. */
export function actionsOf(events: readonly HistoryEvent[]): Actions {
  const counted = new Map<Action, number>();
  for (const [index, event] of events.entries()) {
    for (const [action, times] of costOf(event, events, index)) {
      counted.set(action, (counted.get(action) ?? 0) + times);
    }
  }
  return Object.fromEntries(counted);
}

export const totalOf = (...all: readonly Actions[]): number =>
  all.flatMap((actions) => Object.values(actions)).reduce((sum, times) => sum + times, 0);

type Cost = readonly (readonly [Action, number])[];

const FREE: Cost = [];
const once = (action: Action): Cost => [[action, 1]];

function costOf(event: HistoryEvent, events: readonly HistoryEvent[], index: number): Cost {
  const kind = kindOf(event);
  switch (kind) {
    // Also by continue-as-new. A signal-with-start that starts is one action; here it is two.
    case "workflowExecutionStarted":
      // A schedule's start is two more.
      return isScheduled(event)
        ? [
            ["start", 1],
            ["schedule", 2],
          ]
        : once("start");
    case "workflowExecutionSignaled":
      return once("signal");
    case "workflowExecutionUpdateAccepted":
      return once("update");
    // `condition` with a time limit starts one.
    case "timerStarted":
      return once("timer");
    case "activityTaskScheduled":
      return costOfActivity(event, events);
    // All markers of one workflow task are one action: those of local activities, and of `patched`.
    case "markerRecorded":
      return isFirstMarkerOfItsTask(event, events.slice(0, index)) ? once("local activities") : FREE;
    // A task that goes on because a local activity takes long: nothing stands between it and the one before.
    case "workflowTaskScheduled":
      return events[index - 1]?.workflowTaskCompletedEventAttributes ? once("local activities") : FREE;
    case "upsertWorkflowSearchAttributes":
      return isOfPatches(event) ? FREE : once("search attributes");
    case "workflowTaskFailed":
      return event.workflowTaskFailedEventAttributes?.failure?.resetWorkflowFailureInfo
        ? once("reset")
        : FREE;
    case "workflowTaskStarted":
    case "workflowTaskCompleted":
    case "workflowTaskTimedOut":
    case "activityTaskStarted":
    case "activityTaskCompleted":
    case "activityTaskFailed":
    case "activityTaskTimedOut":
    case "timerFired":
    case "timerCanceled":
    case "workflowExecutionUpdateCompleted":
    case "workflowExecutionCancelRequested":
    case "workflowExecutionCompleted":
    case "workflowExecutionTerminated":
    // Counted where the run begins that it starts.
    case "workflowExecutionContinuedAsNew":
      return FREE;
    default:
      throw new Error(`what ${kind} costs is not known here`);
  }
}

const kindOf = (event: HistoryEvent): string =>
  Object.keys(event)
    .find((field) => field.endsWith("EventAttributes"))
    ?.replace("EventAttributes", "") ?? "an event without a kind";

const isScheduled = (event: HistoryEvent): boolean =>
  "TemporalScheduledById" in
  (event.workflowExecutionStartedEventAttributes?.searchAttributes?.indexedFields ?? {});

/** One for each attempt, and what its heartbeats may be. */
function costOfActivity(scheduled: HistoryEvent, events: readonly HistoryEvent[]): Cost {
  const started = events.find((event) =>
    isSame(event.activityTaskStartedEventAttributes?.scheduledEventId, scheduled.eventId),
  );
  const ended = events.find((event) => isSame(endOfActivity(event)?.scheduledEventId, scheduled.eventId));
  const heartbeatEvery = secondsIn(scheduled.activityTaskScheduledEventAttributes?.heartbeatTimeout) * 0.8;
  const took = secondsIn(ended?.eventTime) - secondsIn(started?.eventTime);
  return [
    ["activity", started?.activityTaskStartedEventAttributes?.attempt ?? 1],
    // The first one at once, the others held back by the worker.
    ...(heartbeatEvery > 0 ? ([["heartbeat", 1 + Math.floor(took / heartbeatEvery)]] as const) : []),
  ];
}

const endOfActivity = (event: HistoryEvent) =>
  event.activityTaskCompletedEventAttributes ??
  event.activityTaskFailedEventAttributes ??
  event.activityTaskTimedOutEventAttributes;

type EventId = HistoryEvent["eventId"];

/** Ids are 64 bits wide: objects, of which no two are the same. */
const isSame = (one: EventId, other: EventId): boolean =>
  one !== undefined && one !== null && one.toString() === other?.toString();

const secondsIn = (time: { seconds?: unknown; nanos?: number | null } | null | undefined): number =>
  Number(time?.seconds ?? 0) + (time?.nanos ?? 0) / 1e9;

const isFirstMarkerOfItsTask = (event: HistoryEvent, before: readonly HistoryEvent[]): boolean =>
  !before.some((other) =>
    isSame(
      other.markerRecordedEventAttributes?.workflowTaskCompletedEventId,
      event.markerRecordedEventAttributes?.workflowTaskCompletedEventId,
    ),
  );

/** By what `patched` lists a workflow: it is free. */
function isOfPatches(event: HistoryEvent): boolean {
  const { indexedFields } = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes ?? {};
  const names = Object.keys(indexedFields ?? {});
  return names.length > 0 && names.every((name) => name === "TemporalChangeVersion");
}
