import type { AskedBy, AskedChange, AskedExtension } from "./contract.ts";

const MAX_WORDS = 200;

/**
 * Looks at the shape only; whether the command is allowed is decided in its turn. Synchronous: the SDK does not
 * await validators, and one that is async accepts everything (facts: temporal 0.3).
 */
export function checkAskedBy(asked: AskedBy, ...more: readonly unknown[]): void {
  const { by, why, id, ...others } = asked ?? {};
  if (typeof by !== "string" || by.trim() === "" || by.length > MAX_WORDS) {
    throw new Error(`say who asks, such as {"by": "maria"}; at most ${MAX_WORDS} characters`);
  }
  if (why !== undefined && (typeof why !== "string" || why.length > MAX_WORDS)) {
    throw new Error(`"why" is a text of at most ${MAX_WORDS} characters`);
  }
  if (id !== undefined && (typeof id !== "string" || !/^[\x21-\x7e]{1,255}$/.test(id))) {
    throw new Error('"id" is a text of at most 255 printable characters without spaces');
  }
  refuseMore('"by", "why" and "id"', others, more);
  for (const text of [by, why ?? "", id ?? ""]) refuseUnfit(text);
}

/** Stripe takes no larger quantity of one line. */
const MOST = 999_999;

/** The same for a change: of the tier, the interval, the quantity. Which there are is decided in the turn. */
export function checkAskedChange(asked: AskedChange, ...more: readonly unknown[]): void {
  const { tier, interval, quantity, at, ...others } = asked ?? {};
  checkAskedBy(others, ...more);
  if (tier === undefined && interval === undefined && quantity === undefined) {
    throw new Error(
      'say what to change, such as {"by": "maria", "tier": "scale"}, or "interval" or "quantity"',
    );
  }
  if (interval !== undefined && interval !== "month" && interval !== "year") {
    throw new Error('"interval" is "month" or "year"');
  }
  if (at !== undefined && at !== "now" && at !== "period_end") {
    throw new Error('"at" is "now" or "period_end"');
  }
  if (tier !== undefined && (typeof tier !== "string" || !/^[\w-]{1,64}$/.test(tier))) {
    throw new Error('"tier" is the name of a tier');
  }
  if (quantity !== undefined && !(Number.isInteger(quantity) && quantity >= 1 && quantity <= MOST)) {
    throw new Error(`"quantity" is a whole number from 1 to ${MOST}`);
  }
}

/** So far can one command put the end of access off; it can be given again. */
const MOST_DAYS = 90;

/** The same for an extension of the grace. */
export function checkAskedExtension(asked: AskedExtension, ...more: readonly unknown[]): void {
  const { days, ...others } = asked ?? {};
  checkAskedBy(others, ...more);
  if (!(Number.isInteger(days) && days >= 1 && days <= MOST_DAYS)) {
    throw new Error(`"days" is a whole number from 1 to ${MOST_DAYS}`);
  }
}

/** The same for the API's own command. */
export function checkCheckoutId(asked: { readonly id: string }, ...more: readonly unknown[]): void {
  const { id, ...others } = asked ?? {};
  if (typeof id !== "string" || !/^[0-9a-f-]{36}$/.test(id)) {
    throw new Error('expected {"id": the checkout\'s id}');
  }
  refuseMore('"id"', others, more);
}

/** What nobody reads would be kept all the same, unlooked at. */
function refuseMore(known: string, others: object, more: readonly unknown[]): void {
  if (Object.keys(others).length > 0) throw new Error(`only ${known} mean something here`);
  if (more.length > 0) throw new Error("one argument is enough");
}

/** Postgres keeps no NUL and no half of a surrogate pair: the command could never be recorded, nor any turn with it. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;
const ADDRESS = /@|:\/\//;
const SECRET = /\b(?:sk|rk|whsec)_\w{6,}/;
const CARD = /(?<![\w-])[3-6](?:[ -]?\d){13,18}(?![\w-])/;

/** Temporal keeps for ever what is written here (R10). */
function refuseUnfit(text: string): void {
  if (UNSTORABLE.test(text)) throw new Error("use ordinary characters on one line");
  if (ADDRESS.test(text)) throw new Error("leave e-mail addresses and links out of it");
  if (SECRET.test(text) || CARD.test(text)) throw new Error("leave keys and card numbers out of it");
}
