import { z } from "zod";
import { ApiError } from "./api-error.ts";
import { parseBody } from "./parse-body.ts";

const FLOWS = ["payment_method_update", "subscription_cancel", "subscription_update"] as const;

const Body = z.strictObject({
  return_url: z
    .url({ protocol: /^https?$/, error: "expected an http(s) address" })
    .max(2_000)
    .optional(),
  flow: z.enum(FLOWS).optional(),
});

interface PortalRequest {
  /** Where the customer goes back to. */
  readonly returnUrl: string;
  readonly flow: (typeof FLOWS)[number] | null;
}

/** @throws ApiError 400 naming each field that is wrong, and never its value */
export function parsePortalRequest(body: unknown, publicUrl: string): PortalRequest {
  const { return_url, flow } = parseBody(Body, body);
  return { returnUrl: return_url ?? publicUrl, flow: flow ?? null };
}

/** @throws ApiError 400: of a customer it cannot be said which subscription is meant */
export function onlyOfCustomer(
  flow: PortalRequest["flow"],
): { readonly type: "payment_method_update" } | null {
  if (flow === null || flow === "payment_method_update") return flow && { type: flow };
  const message = `flow: ${flow} is of one subscription; ask at /api/billing/subscriptions/<id>/portal`;
  throw new ApiError(400, "invalid_request", message);
}
