import { ApiError } from "./api-error.ts";

/** The one API key there is so far; its idempotency keys outlive a change of the key itself. */
export const CALLER = "api";

/** @throws ApiError 400 when there is none, or one that cannot be kept */
export function parseIdempotencyKey(header: string): string {
  if (header === "") {
    throw new ApiError(
      400,
      "idempotency_key_required",
      "Send an Idempotency-Key header, a new one for each request: it makes repeating the request safe",
    );
  }
  if (!/^[\x20-\x7e]{1,255}$/.test(header)) {
    throw new ApiError(
      400,
      "idempotency_key_invalid",
      "An Idempotency-Key has 1 to 255 printable ASCII characters",
    );
  }
  return header;
}

/** Why a key cannot be claimed now. */
export const keyTaken = (kind: "running" | "other_request"): ApiError =>
  kind === "running"
    ? new ApiError(
        409,
        "request_in_progress",
        "The first request with this Idempotency-Key is still running",
        { headers: { "Retry-After": "1" } },
      )
    : new ApiError(
        422,
        "idempotency_key_reused",
        "This Idempotency-Key came with another request before. Use a new one for each request.",
      );
