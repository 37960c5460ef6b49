import type { AskedBy } from "./contract.ts";

const MAX_WORDS = 200;

/**
 * Looks at the shape only; whether the command is allowed is decided in its turn. Synchronous: the SDK does not
 * await validators, and one that is async accepts everything (facts: temporal 0.3).
 */
export function checkAskedBy(asked: AskedBy): void {
  const { by, why } = asked ?? {};
  if (typeof by !== "string" || by.trim() === "" || by.length > MAX_WORDS) {
    throw new Error(`say who asks, such as {"by": "maria"}; at most ${MAX_WORDS} characters`);
  }
  if (why !== undefined && (typeof why !== "string" || why.length > MAX_WORDS)) {
    throw new Error(`"why" is a text of at most ${MAX_WORDS} characters`);
  }
  // Temporal keeps what is written here for ever (R10).
  if (`${by}${why ?? ""}`.includes("@")) throw new Error("leave e-mail addresses out of it");
}
