import { createHash } from "node:crypto";
import { z } from "zod";
import type { Interval } from "../../domain/catalog.ts";
import { INTERVALS } from "../../domain/catalog.ts";
import type { Receipt } from "../../domain/ids.ts";
import { receipt } from "../../domain/ids.ts";
import { ApiError } from "../api-error.ts";
import { parseBody } from "../parse-body.ts";

/** Stripe takes no larger quantity of one line. */
export const MOST_OF_ONE = 999_999;

const Body = z.strictObject({
  receipt: z.string(),
  tier: z.string().regex(/^[\x21-\x7e]{1,64}$/, "expected the name of a tier"),
  email: z.email().max(254).nullish(),
  interval: z.enum(INTERVALS).default("month"),
  quantity: z.int().min(1).max(MOST_OF_ONE).default(1),
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
  const data = parseBody(Body, body);
  return { ...data, receipt: parseReceipt(data.receipt), email: data.email ?? null };
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
