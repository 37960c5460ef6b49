import { Stripe } from "stripe";
import { z } from "zod";
import type { VerifiedEvent } from "../provider.ts";
import { WebhookRejected } from "../provider.ts";

const Envelope = z.object({
  id: z.string().min(1),
  type: z.string().min(1),
  api_version: z.string().nullish(),
  livemode: z.boolean(),
});

/**
 * Checks Stripe's signature on the raw bytes (docs.stripe.com/webhooks/signature).
 * One call of the SDK takes one secret, so each is tried; all its ways of failing become one error with a reason.
 */
export function verify(
  rawBody: Buffer,
  header: string | string[] | undefined,
  secrets: readonly string[],
  livemode: boolean,
): VerifiedEvent {
  if (header === undefined || header === "") throw new WebhookRejected("missing_signature");
  // Node joins a repeated header with a comma; a genuine one has a single time.
  if (typeof header !== "string" || (header.match(/(^|,)\s*t=/g) ?? []).length > 1) {
    throw new WebhookRejected("repeated_signature");
  }
  const payload = constructed(rawBody, header, secrets);
  const envelope = Envelope.safeParse(payload);
  if (!envelope.success) throw new WebhookRejected("bad_json", { cause: envelope.error });
  if (envelope.data.livemode !== livemode) throw new WebhookRejected("other_livemode");
  return {
    id: envelope.data.id,
    type: envelope.data.type,
    apiVersion: envelope.data.api_version ?? null,
    livemode: envelope.data.livemode,
    payload,
  };
}

function constructed(rawBody: Buffer, header: string, secrets: readonly string[]): unknown {
  let last: unknown;
  for (const secret of secrets) {
    try {
      return Stripe.webhooks.constructEvent(rawBody, header, secret);
    } catch (error) {
      last = error;
      const reason = reasonOf(error);
      // The signature is checked first: any other complaint proves that this secret was the right one.
      if (reason !== "bad_signature") throw new WebhookRejected(reason, { cause: error });
    }
  }
  throw new WebhookRejected("bad_signature", { cause: last });
}

function reasonOf(error: unknown): "bad_signature" | "too_old" | "bad_json" | "thin_event" {
  if (error instanceof SyntaxError) return "bad_json";
  if (error instanceof Stripe.errors.StripeSignatureVerificationError) {
    return error.message.includes("Timestamp outside the tolerance zone") ? "too_old" : "bad_signature";
  }
  return "thin_event";
}
