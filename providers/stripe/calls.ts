import type { Stripe } from "stripe";
import type { Checkout } from "../../domain/checkout.ts";
import { asStatus, isTerminal } from "../../domain/status.ts";
import type { CallRequest, CallResult } from "../provider.ts";
import { CUSTOMER_GONE, ProviderError } from "../provider.ts";
import type { Ask } from "./ask.ts";
import { orNull } from "./ask.ts";
import { makeChange, parametersOfChange } from "./changes.ts";
import { METADATA_CHECKOUT, METADATA_CUSTOMER, METADATA_SUBSCRIPTION } from "./metadata.ts";
import { giveBack, parametersOfMoneyBack } from "./money-back.ts";
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
        subscription_data: { metadata, ...trialOf(checkout) },
        ...optionsOf(checkout),
      } satisfies Stripe.Checkout.SessionCreateParams;
    }
    case "expire_session":
      return {};
    case "cancel_subscription":
      return request.credit === true
        ? ({ invoice_now: true, prorate: true } satisfies Stripe.SubscriptionCancelParams)
        : {};
    case "void_invoice":
    case "refund_payment":
      return parametersOfMoneyBack(request);
    case "arrange_end":
    case "withdraw_end":
    case "pause_collection":
    case "resume_collection":
    case "withdraw_change":
    case "pay_invoice":
    case "change_price":
    case "schedule_change":
      return parametersOfChange(request);
    default:
      return request satisfies never;
  }
}

type Opened = Pick<Checkout, "offered">;

/** A card is asked for at once. Whoever takes it back before the trial ends has not agreed to pay, and owes nothing. */
const trialOf = ({ offered }: Opened): Stripe.Checkout.SessionCreateParams.SubscriptionData =>
  offered === undefined || offered.trialDays === 0
    ? {}
    : {
        trial_period_days: offered.trialDays,
        trial_settings: { end_behavior: { missing_payment_method: "cancel" } },
      };

/** What is off is not sent. */
const optionsOf = ({ offered }: Opened): Partial<Stripe.Checkout.SessionCreateParams> => ({
  ...(offered !== undefined && offered.trialDays > 0 ? { payment_method_collection: "always" } : {}),
  ...(offered?.promotionCodes === true ? { allow_promotion_codes: true } : {}),
  // A customer whose address Stripe does not know is refused, unless the page may keep the one that is typed there.
  ...(offered?.automaticTax === true
    ? { automatic_tax: { enabled: true }, customer_update: { address: "auto" } }
    : {}),
});

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
    case "void_invoice":
    case "refund_payment":
      return giveBack(ask, request, sent, options);
    case "arrange_end":
    case "withdraw_end":
    case "pause_collection":
    case "resume_collection":
    case "withdraw_change":
    case "pay_invoice":
    case "change_price":
    case "schedule_change":
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
  const made = await create(ask, request, sent, options);
  // What is said again was true when it was said first: by now the session may be over.
  const isOld = made.lastResponse.headers["idempotent-replayed"] === "true";
  const session = isOld ? await ask((stripe) => stripe.checkout.sessions.retrieve(made.id)) : made;
  if (sessionState(session) !== "expired") return opened(request, session);
  throw new ProviderError("stripe", "unavailable", `Stripe: session ${made.id} has expired`, {
    code: "session_expired",
    replayed: true,
  });
}

async function create(
  ask: Ask,
  { providerCustomerId }: Request<"open_session">,
  sent: Sent,
  options: Stripe.RequestOptions,
): Promise<Stripe.Response<Stripe.Checkout.Session>> {
  try {
    return await ask((stripe) => stripe.checkout.sessions.create({ ...sent }, options));
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "not_found") throw error;
    // To Stripe, a customer that was deleted is none: "No such customer", though it can be read.
    const customer = await orNull(ask((stripe) => stripe.customers.retrieve(providerCustomerId)));
    if (customer !== null && customer.deleted !== true) throw error;
    throw new ProviderError("stripe", "not_found", `Stripe: customer ${providerCustomerId} is gone`, {
      code: CUSTOMER_GONE,
      cause: error,
    });
  }
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
