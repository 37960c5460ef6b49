import { Stripe } from "stripe";
import { z } from "zod";
import type { Rejection, VerifiedEvent } from "../provider.ts";
import { WebhookRejected } from "../provider.ts";

const Envelope = z.object({
  id: z.string().min(1),
  type: z.string().min(1),
  api_version: z.string().nullish(),
  livemode: z.boolean(),
});

/**
 * Checks Stripe's signature on the raw bytes (docs.stripe.com/webhooks/signature), which may be 300 s old. One from
 * the future passes: only the secret makes it, and an event counts once however long it can be sent again. All
 * ways of failing become one error with a reason and no cause: Stripe's own holds the payload (R10).
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
  if (!envelope.success) throw new WebhookRejected("bad_json");
  if (envelope.data.livemode !== livemode) throw new WebhookRejected("other_livemode");
  return {
    id: envelope.data.id,
    type: envelope.data.type,
    apiVersion: envelope.data.api_version ?? null,
    livemode: envelope.data.livemode,
    payload,
  };
}

/** One call of the SDK takes one secret, so each is tried. Without a secret nothing is genuine. */
function constructed(rawBody: Buffer, header: string, secrets: readonly string[]): unknown {
  for (const secret of secrets) {
    try {
      return Stripe.webhooks.constructEvent(rawBody, header, secret);
    } catch (error) {
      const reason = reasonOf(error);
      // The signature is checked first: any other complaint proves that this secret was the right one.
      if (reason !== "bad_signature") throw new WebhookRejected(reason);
    }
  }
  throw new WebhookRejected("bad_signature");
}

function reasonOf(error: unknown): Rejection {
  if (error instanceof Stripe.errors.StripeSignatureVerificationError) {
    return error.message.includes("Timestamp outside the tolerance zone") ? "too_old" : "bad_signature";
  }
  const isThin = error instanceof Error && error.message.includes("thin event");
  return isThin ? "thin_event" : "bad_json";
}
