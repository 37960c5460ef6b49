import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../../clock.ts";
import type { State } from "../../state.ts";
import { StripeError } from "../errors.ts";
import { type Perform, workAt } from "../perform.ts";
import type { Fault } from "./faults.ts";
import { parseForm } from "./form.ts";
import { claim, conclude, fingerprint, type Keyed, recall } from "./idempotency.ts";
import { match } from "./match.ts";
import { errorReply, type Reply, reply } from "./reply.ts";
import type { Call, Route } from "./route.ts";

/** A request of the API whose key was accepted. */
export interface Incoming {
  /** request id */
  id: string;
  method: string;
  path: string;
  /** the query and the body, as a form */
  text: string;
  idempotencyKey: string | null;
  /** scheme and host that the caller used */
  origin: string;
}

/** What answering needs. */
export interface AnswerParts {
  state: State;
  clock: Clock;
  perform: Perform;
}

/** Answers one request. Errors that come before any work are thrown: they are not kept for the idempotency key. */
export async function answer(parts: AnswerParts, incoming: Incoming, fault: Fault): Promise<Reply> {
  if (fault.refusal !== undefined) throw fault.refusal;
  const { method, path, idempotencyKey: key } = incoming;
  const { route, id } = match(method, path);
  const form = parseForm(incoming.text);
  const keyed: Keyed | null =
    key === null || method === "GET"
      ? null
      : { key, fingerprint: fingerprint(method, path, form), request: incoming.id, now: parts.clock.now() };
  const earlier = keyed === null ? null : recall(parts.state.stripe, keyed);
  if (earlier !== null) return earlier;
  const run = route.prepare(form);
  if (keyed !== null) claim(parts.state.stripe, keyed);
  let made: Reply | null = null;
  try {
    if (fault.wait !== undefined) await pause(fault.wait);
    made = carryOut(parts, incoming, { route, id, run }, fault);
    return made;
  } finally {
    if (keyed !== null) conclude(parts.state.stripe, keyed, made);
  }
}

interface Matched {
  route: Route;
  id: string;
  run: ReturnType<Route["prepare"]>;
}

function carryOut(parts: AnswerParts, incoming: Incoming, matched: Matched, fault: Fault): Reply {
  const { state, clock, perform } = parts;
  try {
    if (fault.failure !== undefined) throw fault.failure;
    const rest = { id: matched.id, origin: incoming.origin, deliveries: state.deliveries };
    const doIt = (work: Call["work"]) => matched.run({ ...rest, work });
    const request = { id: incoming.id, idempotency_key: incoming.idempotencyKey };
    const object =
      matched.route.method === "GET" ? doIt(workAt(state, clock.seconds())) : perform(doIt, { request });
    if (fault.afterwards !== undefined) throw fault.afterwards;
    return reply(200, object);
  } catch (error) {
    if (error instanceof StripeError) return errorReply(error, incoming.id);
    throw error;
  }
}
