import { z } from "zod";
import type { StripeError } from "../errors.ts";
import { invalid } from "../errors.ts";
import type { Form } from "./form.ts";

/** The kinds of value that a form can carry. */
export const text = z.string().min(1);
/** Text that an empty value unsets: '' is read as null. */
export const clearable = z.string().transform((value) => (value === "" ? null : value));
export const integer = z
  .string()
  .regex(/^-?\d+$/, "integer")
  .transform(Number);
export const quantity = z.string().regex(/^\d+$/, "integer").transform(Number);
export const boolean = z.enum(["true", "false"], "boolean").transform((value) => value === "true");
const metadataMap = z.record(z.string(), z.string());
/** '' clears everything; '' for one key removes that key. */
export const metadata = z.union([z.literal("").transform(() => null), metadataMap]);
/** What Stripe takes and what has no effect in the sandbox. */
export const accepted = z.unknown();
/** A number of seconds, or bounds. */
export const range = z.union([
  integer,
  z.strictObject({ gt: integer, gte: integer, lt: integer, lte: integer }).partial(),
]);
export const expand = z.array(text);

/** The parameters that every list takes. */
export const paging = {
  limit: integer.optional(),
  starting_after: text.optional(),
  ending_before: text.optional(),
};

/** Reads the parameters, or throws what Stripe answers for the first wrong one. */
export function readParams<T extends z.ZodType>(schema: T, form: Form): z.infer<T> {
  const result = schema.safeParse(form);
  if (result.success) return result.data;
  const issues = result.error.issues;
  const unknown = issues.find((issue) => deepest(issue).code === "unrecognized_keys");
  throw complaint(unknown ?? issues[0], form);
}

type Issue = z.core.$ZodIssue;

/** Inside a union, the branch that came furthest says what is wrong. */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const branches = issue.errors.flat().map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  const longest = branches.toSorted((a, b) => b.path.length - a.path.length)[0];
  return longest === undefined ? issue : deepest(longest);
}

function complaint(found: Issue | undefined, form: Form): StripeError {
  if (found === undefined) return invalid("Invalid request.");
  const issue = deepest(found);
  const param = bracketed(issue.path);
  if (issue.code === "unrecognized_keys") {
    const unknown = bracketed([...issue.path, issue.keys[0] ?? ""]);
    return invalid(`Received unknown parameter: ${unknown}`, { code: "parameter_unknown", param: unknown });
  }
  const given = at(form, issue.path);
  if (given === undefined)
    return invalid(`Missing required param: ${param}.`, { code: "parameter_missing", param });
  if (given === "") {
    return invalid(
      `You passed an empty string for '${param}'. We assume empty values are an attempt to unset a parameter; however '${param}' cannot be unset. You should remove '${param}' from your request or supply a non-empty value.`,
      { code: "parameter_invalid_empty", param },
    );
  }
  const shown = typeof given === "string" ? given : JSON.stringify(given);
  if (issue.message === "integer")
    return invalid(`Invalid integer: ${shown}`, { code: "parameter_invalid_integer", param });
  if (issue.message === "boolean") return invalid(`Invalid boolean: ${shown}`, { param });
  if (issue.code === "invalid_value")
    return invalid(`Invalid ${param}: must be one of ${issue.values.join(", ")}`, { param });
  return invalid(`Invalid ${param}: ${shown}`, { param });
}

function bracketed(path: readonly PropertyKey[]): string {
  return path.map((key, position) => (position === 0 ? String(key) : `[${String(key)}]`)).join("");
}

function at(form: unknown, path: readonly PropertyKey[]): unknown {
  let value = form;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}

/** Stripe's merge of metadata: an empty value removes its key, '' (null here) removes all. */
export function mergeMetadata(
  before: Record<string, string>,
  change: Record<string, string> | null | undefined,
): Record<string, string> {
  if (change === undefined) return before;
  if (change === null) return {};
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== ""));
}

/** Throws unless it is an address that a browser can be sent to. */
export function requireUrl(param: string, value: string): void {
  if (URL.canParse(value) && /^https?:/i.test(value)) return;
  throw invalid("Not a valid URL", { code: "url_invalid", param });
}

/** Whether a time lies within the bounds. */
export function within(time: number, bounds: z.infer<typeof range> | undefined): boolean {
  if (bounds === undefined) return true;
  if (typeof bounds === "number") return time === bounds;
  return (
    (bounds.gt === undefined || time > bounds.gt) &&
    (bounds.gte === undefined || time >= bounds.gte) &&
    (bounds.lt === undefined || time < bounds.lt) &&
    (bounds.lte === undefined || time <= bounds.lte)
  );
}
