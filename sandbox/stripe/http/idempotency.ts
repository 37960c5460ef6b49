import { createHash } from "node:crypto";
import { invalid, lookUp, StripeError } from "../errors.ts";
import type { StripeState } from "../records.ts";
import type { Form } from "./form.ts";
import type { Reply } from "./reply.ts";

/** How long a key is kept, ms of sandbox time. After that it can be used anew. */
const keptMs = 24 * 3_600_000;

/** A request under an idempotency key. */
export interface Keyed {
  key: string;
  fingerprint: string;
  /** request id */
  request: string;
  /** sandbox time, ms */
  now: number;
}

/** What makes two requests the same: method, path and parameters, in whatever order these were sent. */
export function fingerprint(method: string, path: string, form: Form): string {
  const text = JSON.stringify([method, path, form], (_key, value: unknown) => sorted(value));
  return createHash("sha256").update(text).digest("hex");
}

/** The first answer under this key; null when there is none. Throws for another request and for one under way. */
export function recall(state: StripeState, keyed: Keyed): Reply | null {
  const { key } = keyed;
  if (key.length > 255) throw invalid("Idempotency keys can be at most 255 characters long.");
  const found = lookUp(state.idempotency, key);
  if (found === undefined) return null;
  if (keyed.now - found.at >= keptMs) {
    delete state.idempotency[key];
    return null;
  }
  if (found.fingerprint !== keyed.fingerprint) {
    throw new StripeError(
      400,
      "idempotency_error",
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  }
  if (found.reply === null) {
    throw new StripeError(
      409,
      "idempotency_error",
      `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
      { code: "idempotency_key_in_use" },
    );
  }
  return { ...found.reply, replayed: true };
}

/** Takes the key for a request that begins. */
export function claim(state: StripeState, { key, fingerprint: print, request, now }: Keyed): void {
  state.idempotency[key] = { fingerprint: print, at: now, request, reply: null };
}

/** Keeps the answer, or with null gives the key back: nothing was done under it. */
export function conclude(state: StripeState, { key }: Keyed, answer: Reply | null): void {
  const entry = state.idempotency[key];
  if (entry === undefined) return;
  if (answer === null) delete state.idempotency[key];
  else entry.reply = { status: answer.status, body: answer.body };
}

/** After a restart nobody is working on a request any more. */
export function forgetUnfinished(state: StripeState): void {
  for (const [key, entry] of Object.entries(state.idempotency)) {
    if (entry.reply === null) delete state.idempotency[key];
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
