import type { AskedBy } from "./contract.ts";

const MAX_WORDS = 200;

/**
 * Looks at the shape only; whether the command is allowed is decided in its turn. Synchronous: the SDK does not
 * await validators, and one that is async accepts everything (facts: temporal 0.3).
 */
export function checkAskedBy(asked: AskedBy): void {
  const { by, why, id } = asked ?? {};
  if (typeof by !== "string" || by.trim() === "" || by.length > MAX_WORDS) {
    throw new Error(`say who asks, such as {"by": "maria"}; at most ${MAX_WORDS} characters`);
  }
  if (why !== undefined && (typeof why !== "string" || why.length > MAX_WORDS)) {
    throw new Error(`"why" is a text of at most ${MAX_WORDS} characters`);
  }
  if (id !== undefined && (typeof id !== "string" || !/^[\x21-\x7e]{1,255}$/.test(id))) {
    throw new Error('"id" is a text of at most 255 printable characters without spaces');
  }
  // Temporal keeps what is written here for ever (R10).
  if (`${by}${why ?? ""}${id ?? ""}`.includes("@")) throw new Error("leave e-mail addresses out of it");
}

/** The same for the API's own command. */
export function checkCheckoutId(asked: { readonly id: string }): void {
  const { id } = asked ?? {};
  if (typeof id !== "string" || !/^[0-9a-f-]{36}$/.test(id))
    throw new Error('expected {"id": the checkout\'s id}');
}
