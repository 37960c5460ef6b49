import { Stripe } from "stripe";
import type { PaymentProvider } from "../provider.ts";
import { beginErrand } from "./ask.ts";
import { call, parameters } from "./calls.ts";
import { find } from "./find.ts";
import { createHttpClient } from "./http-client.ts";
import { interest } from "./interest.ts";
import { listEvents } from "./list-events.ts";
import { listSubscriptions } from "./list-subscriptions.ts";
import { look } from "./look.ts";
import { payLink } from "./pay-link.ts";
import { invoices, portal, preview } from "./reads.ts";
import { trace } from "./trace.ts";
import { verify } from "./verify.ts";

export interface StripeSettings {
  readonly secretKey: string;
  /** Any of them may have signed a delivery: secrets are rolled, and endpoints overlap. */
  readonly webhookSecrets: readonly string[];
  /** Another address for Stripe's API, such as http://127.0.0.1:12111, or null: Stripe's own. */
  readonly apiBase: string | null;
  /** How long one errand at Stripe may take with all its requests, in milliseconds; 10 s if not given. */
  readonly limitMs?: number;
}

/** The API version whose shapes `read.ts` reads, pinned by the SDK. */
const STRIPE_API_VERSION = "2026-10-28.endive";

/** An activity has 15 s to look in and 30 s to ask in; what comes later helps nobody. */
const LIMIT_MS = 10_000;
const SOON_MS = 4_000;
/** What a request may take besides its two tries: the SDK waits half a second between them. */
const BETWEEN_TRIES_MS = 1_000;

export function createStripeProvider(settings: StripeSettings): PaymentProvider {
  const { secretKey, webhookSecrets, apiBase, limitMs = LIMIT_MS } = settings;
  const stripe = new Stripe(secretKey, {
    apiVersion: STRIPE_API_VERSION,
    maxNetworkRetries: 1,
    timeout: Math.floor((limitMs - BETWEEN_TRIES_MS) / 2),
    telemetry: false,
    httpClient: createHttpClient(),
    ...(apiBase === null ? {} : addressed(apiBase)),
  });
  const livemode = /^(sk|rk)_live_/.test(secretKey);
  /** For somebody who waits: the caller of our API hears something within 5 s. */
  const soon = () => beginErrand(stripe, Math.min(limitMs, SOON_MS));
  return {
    name: "stripe",
    verify: (rawBody, headers) => verify(rawBody, headers["stripe-signature"], webhookSecrets, livemode),
    interest,
    look: (at) => look(beginErrand(stripe, limitMs), at),
    trace: (subject) => trace(beginErrand(stripe, limitMs), subject),
    parameters,
    call: (request, sent, idempotencyKey) =>
      call(beginErrand(stripe, limitMs), request, sent, idempotencyKey),
    find: (request, since) => find(beginErrand(stripe, limitMs), request, since),
    payLink: (invoiceId) => payLink(beginErrand(stripe, limitMs), invoiceId),
    listEvents: (since, place) => listEvents(beginErrand(stripe, limitMs), since, place),
    listSubscriptions: (place) => listSubscriptions(beginErrand(stripe, limitMs), place),
    preview: (wanted) => preview(soon(), wanted),
    portal: (wanted) => portal(soon(), wanted),
    invoices: (subscriptionId, place, limit) => invoices(soon(), subscriptionId, place, limit),
  };
}

/** @throws TypeError for what the SDK would take silently for another address: it knows no path and no user */
function addressed(apiBase: string): Stripe.StripeConfig {
  const url = new URL(apiBase);
  const protocol = url.protocol === "http:" ? "http" : "https";
  if (url.href !== `${protocol}://${url.host}/`) {
    throw new TypeError("the address of Stripe's API must be http(s)://host:port, with nothing after it");
  }
  return {
    protocol,
    // An IPv6 address stands in brackets in a URL only.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port || (protocol === "http" ? "80" : "443"),
  };
}
