import type { Stripe } from "stripe";
import { type CallRequest, type CallResult, ProviderError } from "../provider.ts";
import { asking, askingFor } from "./errors.ts";
import { METADATA_CHECKOUT, METADATA_CUSTOMER, METADATA_SUBSCRIPTION } from "./metadata.ts";

/** What is sent for a request, exactly; stored before it is sent (R6). */
export function parameters(request: CallRequest): Readonly<Record<string, unknown>> {
  switch (request.name) {
    case "create_customer":
      return {
        ...(request.email === null ? {} : { email: request.email }),
        metadata: { [METADATA_CUSTOMER]: request.customerId },
      } satisfies Stripe.CustomerCreateParams;
    case "open_session": {
      const { checkout } = request;
      const metadata = { [METADATA_SUBSCRIPTION]: checkout.subscriptionId, [METADATA_CHECKOUT]: checkout.id };
      return {
        mode: "subscription",
        customer: request.providerCustomerId,
        client_reference_id: checkout.id,
        line_items: [{ price: checkout.priceId, quantity: checkout.quantity }],
        success_url: request.successUrl,
        cancel_url: request.cancelUrl,
        metadata,
        // A session's metadata is not copied to its subscription; this is (facts: providers A1).
        subscription_data: { metadata },
      } satisfies Stripe.Checkout.SessionCreateParams;
    }
    case "expire_session":
    case "cancel_subscription":
      return {};
    default:
      return request satisfies never;
  }
}

export async function call(
  stripe: Stripe,
  request: CallRequest,
  sent: Readonly<Record<string, unknown>>,
  idempotencyKey: string,
): Promise<CallResult> {
  const options = { idempotencyKey };
  switch (request.name) {
    case "create_customer": {
      const customer = await asking(() => stripe.customers.create({ ...sent }, options));
      return { name: request.name, providerCustomerId: customer.id };
    }
    case "open_session": {
      const session = await asking(() => stripe.checkout.sessions.create({ ...sent }, options));
      return opened(session);
    }
    case "expire_session":
      return expire(stripe, request.sessionId, options);
    case "cancel_subscription": {
      await asking(() => stripe.subscriptions.cancel(request.subscriptionId, {}, options));
      return { name: request.name, state: "canceled" };
    }
    default:
      return request satisfies never;
  }
}

async function expire(
  stripe: Stripe,
  sessionId: string,
  options: Stripe.RequestOptions,
): Promise<CallResult> {
  try {
    await asking(() => stripe.checkout.sessions.expire(sessionId, {}, options));
    return { name: "expire_session", state: "expired" };
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "refused") throw error;
    // Only an open session can be expired. What it is instead is the answer.
    const session = await asking(() => stripe.checkout.sessions.retrieve(sessionId));
    if (session.status === "open") throw error;
    return { name: "expire_session", state: session.status === "complete" ? "complete" : "expired" };
  }
}

function opened(session: Stripe.Checkout.Session): CallResult {
  return {
    name: "open_session",
    sessionId: session.id,
    url: session.url ?? "",
    expiresAt: session.expires_at * 1_000,
  };
}

/** How many of the newest objects are searched for one that we may have made. */
const SEARCH_LIMIT = 1_000;

/** Looks for what an earlier attempt may have done. Lists are consistent at Stripe; its search API is not. */
export async function find(stripe: Stripe, request: CallRequest, since: number): Promise<CallResult | null> {
  switch (request.name) {
    case "create_customer": {
      const created = { gte: Math.floor(since / 1_000) - 60 };
      const filter = request.email === null ? { created } : { email: request.email, created };
      return asking(async () => {
        const customers = await stripe.customers
          .list({ ...filter, limit: 100 })
          .autoPagingToArray({ limit: SEARCH_LIMIT });
        const ours = customers.find(
          (customer) => customer.metadata[METADATA_CUSTOMER] === request.customerId,
        );
        return ours === undefined ? null : { name: request.name, providerCustomerId: ours.id };
      });
    }
    case "open_session":
      return asking(async () => {
        const sessions = await stripe.checkout.sessions
          .list({ customer: request.providerCustomerId, limit: 100 })
          .autoPagingToArray({ limit: SEARCH_LIMIT });
        const ours = sessions.find((session) => session.client_reference_id === request.checkout.id);
        return ours === undefined ? null : opened(ours);
      });
    case "expire_session": {
      const session = await askingFor(() => stripe.checkout.sessions.retrieve(request.sessionId));
      if (session === null || session.status === "open") return null;
      return { name: request.name, state: session.status === "complete" ? "complete" : "expired" };
    }
    case "cancel_subscription": {
      const subscription = await askingFor(() => stripe.subscriptions.retrieve(request.subscriptionId));
      return subscription?.status === "canceled" ? { name: request.name, state: "canceled" } : null;
    }
    default:
      return request satisfies never;
  }
}
