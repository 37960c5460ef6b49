import type { Catalog } from "./catalog.ts";
import type { Decision } from "./decide.ts";
import { decide } from "./decide.ts";
import type { Turn } from "./life.ts";

/** A turn as it is stored: the catalog by its version. */
export type Inputs = Omit<Turn, "catalog"> & { readonly catalog: number };

/** A decision as it is stored: all but its sentence for people, with the keys of what it tells and asks for. */
export type DecisionRecord = Omit<Decision, "why" | "alerts" | "calls" | "events"> & {
  readonly alerts: readonly { readonly key: string; readonly superseded: boolean }[];
  readonly calls: readonly string[];
  readonly events: readonly {
    readonly id: string;
    readonly state: string;
    readonly reason: string | null;
  }[];
};

/** One thing that today's code decides otherwise. */
export interface Difference {
  /** Where in the record, such as `subscription.graceUntil`. */
  readonly what: string;
  readonly was: unknown;
  readonly wouldBe: unknown;
}

export function recordOf(decision: Decision): DecisionRecord {
  const { why: _, alerts, calls, events, ...rest } = decision;
  return {
    ...rest,
    alerts: alerts.map(({ key, superseded }) => ({ key, superseded })),
    calls: calls.map(({ key }) => key),
    events: events.map(({ event, state, reason }) => ({ id: event.id, state, reason })),
  };
}

/** Makes a stored decision again; answers what would be different now. What cannot be decided any more is, as a whole. */
export function decideAgain(inputs: Inputs, catalog: Catalog, recorded: object): readonly Difference[] {
  let today: unknown;
  try {
    today = JSON.parse(JSON.stringify(recordOf(decide({ ...inputs, catalog }))));
  } catch (error) {
    return [{ what: "decision", was: "made", wouldBe: String(error) }];
  }
  return differences("", recorded, today);
}

function differences(what: string, was: unknown, wouldBe: unknown): readonly Difference[] {
  // What a later version knows of and has nothing to say about is no difference.
  if (isNothing(was) && isNothing(wouldBe)) return [];
  if (Array.isArray(was) && Array.isArray(wouldBe)) {
    return was.length === wouldBe.length
      ? was.flatMap((each: unknown, index) => differences(`${what}[${index}]`, each, wouldBe[index]))
      : [{ what, was, wouldBe }];
  }
  if (isRecord(was) && isRecord(wouldBe)) {
    const names = new Set([...Object.keys(was), ...Object.keys(wouldBe)]);
    return [...names].flatMap((name) =>
      // What the version that recorded it had no word for, it could not decide otherwise.
      name in was ? differences(what === "" ? name : `${what}.${name}`, was[name], wouldBe[name]) : [],
    );
  }
  return was === wouldBe ? [] : [{ what, was, wouldBe }];
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
