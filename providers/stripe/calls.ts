import type { Stripe } from "stripe";
import { asStatus, isTerminal } from "../../domain/status.ts";
import type { CallRequest, CallResult } from "../provider.ts";
import { ProviderError } from "../provider.ts";
import type { Ask } from "./ask.ts";
import { orNull } from "./ask.ts";
import { makeChange, parametersOfChange } from "./changes.ts";
import { METADATA_CHECKOUT, METADATA_CUSTOMER, METADATA_SUBSCRIPTION } from "./metadata.ts";
import { sessionState } from "./read.ts";

type Sent = Readonly<Record<string, unknown>>;

/** What is sent for a request, exactly; stored before it is sent (R6). */
export function parameters(request: CallRequest): Sent {
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
    case "arrange_end":
    case "withdraw_end":
    case "pause_collection":
    case "resume_collection":
    case "pay_invoice":
    case "change_price":
      return parametersOfChange(request);
    default:
      return request satisfies never;
  }
}

export async function call(
  ask: Ask,
  request: CallRequest,
  sent: Sent,
  idempotencyKey: string,
): Promise<CallResult> {
  const options = { idempotencyKey };
  switch (request.name) {
    case "create_customer": {
      const customer = await ask((stripe) => stripe.customers.create({ ...sent }, options));
      return { name: request.name, providerCustomerId: customer.id };
    }
    case "open_session":
      return open(ask, request, sent, options);
    case "expire_session":
      return expire(ask, request, sent, options);
    case "cancel_subscription":
      return cancel(ask, request.subscriptionId, sent, options);
    case "arrange_end":
    case "withdraw_end":
    case "pause_collection":
    case "resume_collection":
    case "pay_invoice":
    case "change_price":
      return makeChange(ask, request, sent, options);
    default:
      return request satisfies never;
  }
}

type Request<Name> = Extract<CallRequest, { name: Name }>;

async function open(
  ask: Ask,
  request: Request<"open_session">,
  sent: Sent,
  options: Stripe.RequestOptions,
): Promise<CallResult> {
  const made = await ask((stripe) => stripe.checkout.sessions.create({ ...sent }, options));
  // What is said again was true when it was said first: by now the session may be over.
  const isOld = made.lastResponse.headers["idempotent-replayed"] === "true";
  const session = isOld ? await ask((stripe) => stripe.checkout.sessions.retrieve(made.id)) : made;
  if (sessionState(session) !== "expired") return opened(request, session);
  throw new ProviderError("stripe", "unavailable", `Stripe: session ${made.id} has expired`, {
    code: "session_expired",
    replayed: true,
  });
}

/** @throws ProviderError when a customer can do nothing with it */
export function opened(request: Request<"open_session">, session: Stripe.Checkout.Session): CallResult {
  const url =
    sessionState(session) === "complete"
      ? // It has no page any more; whoever has paid goes on from here.
        request.successUrl.replace("{CHECKOUT_SESSION_ID}", session.id)
      : session.url;
  if (!url) {
    throw new ProviderError("stripe", "refused", `Stripe: session ${session.id} has no page`, {
      code: "session_without_url",
    });
  }
  return {
    name: "open_session",
    sessionId: session.id,
    url,
    expiresAt: session.expires_at * 1_000,
  };
}

async function expire(
  ask: Ask,
  { name, sessionId }: Request<"expire_session">,
  sent: Sent,
  options: Stripe.RequestOptions,
): Promise<CallResult> {
  try {
    await ask((stripe) => stripe.checkout.sessions.expire(sessionId, { ...sent }, options));
    return { name, state: "expired" };
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "refused") throw error;
    // Only an open session can be expired. What it is instead is the answer.
    const state = sessionState(await ask((stripe) => stripe.checkout.sessions.retrieve(sessionId)));
    if (state === "open" || state === null) throw error;
    return { name, state };
  }
}

async function cancel(
  ask: Ask,
  subscriptionId: string,
  sent: Sent,
  options: Stripe.RequestOptions,
): Promise<CallResult> {
  try {
    await ask((stripe) => stripe.subscriptions.cancel(subscriptionId, { ...sent }, options));
  } catch (error) {
    if (!(error instanceof ProviderError) || (error.kind !== "refused" && error.kind !== "not_found")) {
      throw error;
    }
    // To Stripe, what has ended is gone: "No such subscription", though it can be read.
    if (!(await isOver(ask, subscriptionId))) throw error;
  }
  return { name: "cancel_subscription", state: "canceled" };
}

/** Whether there is nothing to cancel: it has ended, or it never was. */
export async function isOver(ask: Ask, subscriptionId: string): Promise<boolean> {
  const subscription = await orNull(ask((stripe) => stripe.subscriptions.retrieve(subscriptionId)));
  if (subscription === null) return true;
  const status = asStatus(subscription.status);
  return status !== undefined && isTerminal(status);
}
