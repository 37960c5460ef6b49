import type { Knobs } from "../knobs.ts";
import { newId } from "./ids.ts";
import type { StoredEvent, StripeState } from "./records.ts";

/** One piece of work: everything that happens at one moment, for one reason. */
export interface Work {
  state: StripeState;
  knobs: Knobs;
  /** sandbox time, seconds */
  now: number;
  /** who asked; nulls when Stripe itself acts */
  request: { id: string | null; idempotency_key: string | null };
  /** what has happened so far, in order; published when the work is done */
  events: StoredEvent[];
}

/** An object as Stripe sends it. */
export type StripeObject = Record<string, unknown>;

/** Records that something happened to an object, with the object as it is now. */
export function emit(
  work: Work,
  type: string,
  object: StripeObject,
  previous: StripeObject | null = null,
): StoredEvent {
  const event: StoredEvent = {
    id: newId("event"),
    type,
    created: work.now,
    request: work.request,
    object: structuredClone(object),
    previous_attributes: previous === null ? null : structuredClone(previous),
  };
  work.events.push(event);
  return event;
}

/** A copy of all that work can change: not the events and stored replies, which it never touches. */
export function copyOfBooks(state: StripeState): Omit<StripeState, "events" | "idempotency"> {
  const { events: _events, idempotency: _idempotency, ...changeable } = state;
  return structuredClone(changeable);
}

/** Changes a record and emits the event with what the changed fields were before; silent when nothing changed. */
export function change<R>(
  work: Work,
  type: string,
  record: R,
  view: (work: Work, record: R) => StripeObject,
  mutate: (record: R) => void,
): void {
  const before = view(work, record);
  mutate(record);
  const after = view(work, record);
  const previous = difference(before, after);
  if (Object.keys(previous).length > 0) emit(work, type, after, previous);
}

/** The fields of `before` that differ in `after`: whole lists, but only the differing keys of plain objects. */
function difference(before: StripeObject, after: StripeObject): StripeObject {
  const previous: StripeObject = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const was = before[key];
    const is = after[key];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    previous[key] =
      isPlain(was) && isPlain(is) && key !== "items" && key !== "lines" ? difference(was, is) : (was ?? null);
  }
  return previous;
}

function isPlain(value: unknown): value is StripeObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Puts the events of a piece of work into the order in which Stripe is known to report them. */
export function inOrder(events: StoredEvent[], order: readonly string[]): StoredEvent[] {
  const rank = (event: StoredEvent): number => {
    const position = order.indexOf(event.type);
    return position === -1 ? order.length : position;
  };
  return events.toSorted((a, b) => rank(a) - rank(b));
}
