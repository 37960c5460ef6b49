import { Stripe } from "stripe";
import type { PaymentProvider } from "../provider.ts";
import { call, find, parameters } from "./calls.ts";
import { interest } from "./interest.ts";
import { look, trace } from "./look.ts";
import { verify } from "./verify.ts";

export interface StripeSettings {
  readonly secretKey: string;
  /** Any of them may have signed a delivery: secrets are rolled, and endpoints overlap. */
  readonly webhookSecrets: readonly string[];
  /** Another address for Stripe's API, such as http://127.0.0.1:12111, or null: Stripe's own. */
  readonly apiBase: string | null;
}

/** The API version whose shapes `read.ts` reads, pinned by the SDK. */
export const STRIPE_API_VERSION = "2026-10-28.endive";

/** How long one request may take, in milliseconds; an activity allows for one retry. */
const TIMEOUT_MS = 8_000;

export function createStripeProvider(settings: StripeSettings): PaymentProvider {
  const stripe = new Stripe(settings.secretKey, {
    apiVersion: STRIPE_API_VERSION,
    maxNetworkRetries: 1,
    timeout: TIMEOUT_MS,
    telemetry: false,
    ...addressed(settings.apiBase),
  });
  const livemode = /^(sk|rk)_live_/.test(settings.secretKey);
  return {
    name: "stripe",
    verify: (rawBody, headers) =>
      verify(rawBody, headers["stripe-signature"], settings.webhookSecrets, livemode),
    interest,
    look: (at) => look(stripe, at),
    trace: (subject) => trace(stripe, subject),
    parameters,
    call: (request, sent, idempotencyKey) => call(stripe, request, sent, idempotencyKey),
    find: (request, since) => find(stripe, request, since),
  };
}

function addressed(apiBase: string | null): Stripe.StripeConfig {
  if (apiBase === null) return {};
  const url = new URL(apiBase);
  const protocol = url.protocol === "http:" ? "http" : "https";
  return { protocol, host: url.hostname, port: url.port || (protocol === "http" ? "80" : "443") };
}
