import { z } from "zod";

const errorKind = z.enum([
  "500",
  "500_after",
  "503",
  "429",
  "401",
  "402",
  "card_declined",
  "slow",
  "timeout_before",
  "timeout_after",
  "reset_before",
  "reset_after",
]);

const errorKnob = z.strictObject({
  match: z
    .strictObject({
      method: z.string().optional(),
      /** a prefix ("/v1/refunds") or a regular expression between slashes ("/\/v1\/.*\/pay$/") */
      path: z.string().refine(isPattern, "this is no regular expression").optional(),
    })
    .default({}),
  /** how many requests it still hits; absent = until reset */
  times: z.number().int().min(0).optional(),
  kind: errorKind,
  /** ms; of the waiting kinds */
  delay_ms: z.number().min(0).optional(),
  /** for "500": keep it for the idempotency key, as when the work began and failed */
  stored: z.boolean().optional(),
});

const deliveryKnobs = z.strictObject({
  /** extra copies of each delivery */
  duplicate: z.number().int().min(0).max(20).optional(),
  delay_ms: z.tuple([z.number().min(0), z.number().min(0)]).optional(),
  shuffle: z.union([z.boolean(), z.number().int()]).optional(),
  /** event types that are never delivered, or the share (0–1) that is lost */
  drop: z.union([z.array(z.string()), z.number().min(0).max(1)]).optional(),
  hold: z.boolean().optional(),
});

const billingKnobs = z.strictObject({
  /** days from one failed attempt to the next; when the list ends, retries are exhausted */
  retry_days: z.array(z.number().positive()).optional(),
  after_retries: z.enum(["canceled", "unpaid", "past_due"]).optional(),
});

/** What the control API accepts; what is left out stays as it is. */
export const knobChange = z.strictObject({
  delivery: deliveryKnobs.optional(),
  errors: z.array(errorKnob).optional(),
  billing: billingKnobs.optional(),
  webhook: z
    .strictObject({ url: z.url().nullable(), secrets: z.array(z.string().min(1)).optional() })
    .optional(),
});

export type ErrorKnob = z.infer<typeof errorKnob>;

/** The ways in which the sandbox can be made to misbehave. */
export interface Knobs {
  delivery: {
    duplicate: number;
    delay_ms: [number, number] | null;
    shuffle: boolean | number;
    drop: string[] | number;
    hold: boolean;
  };
  errors: ErrorKnob[];
  billing: { retry_days: number[]; after_retries: "canceled" | "unpaid" | "past_due" };
}

/** A well-behaved provider. */
export function defaultKnobs(): Knobs {
  return {
    delivery: { duplicate: 0, delay_ms: null, shuffle: false, drop: [], hold: false },
    errors: [],
    billing: { retry_days: [3, 5, 7], after_retries: "canceled" },
  };
}

/** Applies a change: named delivery and billing settings replace theirs, errors are added. */
export function turn(knobs: Knobs, change: z.infer<typeof knobChange>): void {
  Object.assign(knobs.delivery, withoutUndefined(change.delivery ?? {}));
  Object.assign(knobs.billing, withoutUndefined(change.billing ?? {}));
  knobs.errors.push(...(change.errors ?? []));
}

/** Takes the first error knob that matches the request, and counts it down. */
export function takeError(knobs: Knobs, method: string, path: string): ErrorKnob | undefined {
  const found = knobs.errors.find((knob) => matches(knob, method, path));
  if (found?.times !== undefined) {
    found.times -= 1;
    knobs.errors = knobs.errors.filter((knob) => knob.times === undefined || knob.times > 0);
  }
  return found;
}

function matches(knob: ErrorKnob, method: string, path: string): boolean {
  if (knob.times === 0) return false;
  const { method: wanted, path: pattern } = knob.match;
  if (wanted !== undefined && wanted.toUpperCase() !== method) return false;
  if (pattern === undefined) return true;
  const expression = expressionIn(pattern);
  return expression === null ? path.startsWith(pattern) : new RegExp(expression).test(path);
}

/** "/v1/…" is a prefix although it starts with a slash; "/…/" ends with one. */
function expressionIn(pattern: string): string | null {
  return pattern.length > 2 && pattern.startsWith("/") && pattern.endsWith("/") ? pattern.slice(1, -1) : null;
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(expressionIn(pattern) ?? "") instanceof RegExp;
  } catch {
    return false;
  }
}

function withoutUndefined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
