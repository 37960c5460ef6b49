import { createHash } from "node:crypto";
import { z } from "zod";
import type { Interval } from "../../domain/catalog.ts";
import { INTERVALS } from "../../domain/catalog.ts";
import type { Receipt } from "../../domain/ids.ts";
import { receipt } from "../../domain/ids.ts";
import { ApiError } from "../api-error.ts";

/** Stripe takes no larger quantity of one line. */
const MOST = 999_999;

const Body = z.strictObject({
  receipt: z.string(),
  tier: z.string().regex(/^[\x21-\x7e]{1,64}$/, "expected the name of a tier"),
  email: z.email().max(254).nullish(),
  interval: z.enum(INTERVALS).default("month"),
  quantity: z.int().min(1).max(MOST).default(1),
});

/** What a caller wants to sell to one of its customers. */
export interface CheckoutRequest {
  readonly receipt: Receipt;
  readonly tier: string;
  readonly email: string | null;
  readonly interval: Interval;
  readonly quantity: number;
}

/** @throws ApiError 400 naming each field that is wrong, and never its value */
export function parseCheckoutRequest(body: unknown): CheckoutRequest {
  const parsed = Body.safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(problemOf);
    throw new ApiError(
      400,
      "invalid_request",
      problems.map(({ field, problem }) => (field === "" ? problem : `${field}: ${problem}`)).join("; "),
      { fields: { problems } },
    );
  }
  const { data } = parsed;
  return { ...data, receipt: parseReceipt(data.receipt), email: data.email ?? null };
}

function problemOf(issue: z.core.$ZodIssue): { readonly field: string; readonly problem: string } {
  return issue.code === "unrecognized_keys"
    ? { field: issue.keys.join(", "), problem: "unknown field" }
    : { field: issue.path.join("."), problem: issue.message };
}

function parseReceipt(text: string): Receipt {
  if (text.includes("@")) {
    throw new ApiError(
      400,
      "receipt_is_personal",
      "The receipt looks like an e-mail address. Send your own stable id of the customer instead: the receipt is shown to operators and kept in histories, where personal data has no place.",
    );
  }
  const wrong = new ApiError(
    400,
    "invalid_request",
    "receipt: expected 1 to 200 characters without white space",
    {
      fields: {
        problems: [{ field: "receipt", problem: "expected 1 to 200 characters without white space" }],
      },
    },
  );
  // Postgres keeps no NUL, and nobody's id has control characters.
  if (/\p{Cc}/u.test(text)) throw wrong;
  try {
    return receipt(text);
  } catch {
    throw wrong;
  }
}

/** Names the request, defaults applied: the same key must come with the same one. */
export const hashOf = (request: CheckoutRequest): string =>
  createHash("sha256")
    .update(
      JSON.stringify([request.receipt, request.tier, request.email, request.interval, request.quantity]),
    )
    .digest("hex");

/** @throws ApiError 400 when there is none, or one that cannot be kept */
export function parseIdempotencyKey(header: string): string {
  if (header === "") {
    throw new ApiError(
      400,
      "idempotency_key_required",
      "Send an Idempotency-Key header, a new one for each checkout: it makes repeating the request safe",
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
