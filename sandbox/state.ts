import type { Attempt, Delivery } from "./delivery/records.ts";
import type { Knobs } from "./knobs.ts";
import { defaultKnobs } from "./knobs.ts";
import type { StripeState } from "./stripe/records.ts";
import { emptyStripeState } from "./stripe/records.ts";

/** One request to the provider's API, as it came in and as it was answered. */
export interface RequestLog {
  id: string;
  provider: "stripe";
  method: string;
  path: string;
  /** the form or query, still nested as text values */
  params: unknown;
  idempotency_key: string | null;
  api_version: string | null;
  /** HTTP status, or null when the reply was withheld */
  status: number | null;
  /** the answer came from the idempotency store */
  replayed: boolean;
  /** the error knob that touched this request, if any */
  fault: string | null;
  /** sandbox time, ms */
  at: number;
}

/** Everything the sandbox remembers; one JSON document. */
export interface State {
  version: 1;
  offset_ms: number;
  knobs: Knobs;
  stripe: StripeState;
  deliveries: Delivery[];
  attempts: Attempt[];
  requests: RequestLog[];
  /** how many requests were forgotten, so that a count of all stays right */
  requests_forgotten: number;
}

/** A sandbox in which nothing has happened. */
export function emptyState(): State {
  return {
    version: 1,
    offset_ms: 0,
    knobs: defaultKnobs(),
    stripe: emptyStripeState(),
    deliveries: [],
    attempts: [],
    requests: [],
    requests_forgotten: 0,
  };
}

/** So many requests are remembered. */
const requestLimit = 5000;

/** Remembers a request, and forgets the oldest ones beyond the limit. */
export function remember(state: State, log: RequestLog): void {
  state.requests.push(log);
  const surplus = state.requests.length - requestLimit;
  if (surplus <= 0) return;
  state.requests.splice(0, surplus);
  state.requests_forgotten += surplus;
}
