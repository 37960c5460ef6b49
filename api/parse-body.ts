import type { RouterContext } from "@koa/router";
import type { z } from "zod";
import { ApiError } from "./api-error.ts";

/** @throws ApiError 415 for a body that is no JSON */
export function requireJson(ctx: Pick<RouterContext, "is">): void {
  if (ctx.is("json") !== false) return;
  throw new ApiError(415, "unsupported_media_type", "Send a JSON object with Content-Type: application/json");
}

/** @throws ApiError 400 naming each field that is wrong, and never its value */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(problemOf);
  throw new ApiError(
    400,
    "invalid_request",
    problems.map(({ field, problem }) => (field === "" ? problem : `${field}: ${problem}`)).join("; "),
    { fields: { problems } },
  );
}

function problemOf(issue: z.core.$ZodIssue): { readonly field: string; readonly problem: string } {
  return issue.code === "unrecognized_keys"
    ? { field: issue.keys.join(", "), problem: "unknown field" }
    : { field: issue.path.join("."), problem: issue.message };
}
