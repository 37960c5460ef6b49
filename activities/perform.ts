import type { CallRefusal, Operation, OrderedOperation } from "../domain/call.ts";
import type { CheckoutId, SubscriptionId } from "../domain/ids.ts";
import {
  type CallRequest,
  type CallResult,
  type PaymentProvider,
  ProviderError,
  type ProviderErrorKind,
} from "../providers/provider.ts";
import { attemptOf, endCall, pendingCalls } from "../store/calls.ts";
import type { CheckoutRow } from "../store/checkouts.ts";
import { findCheckout } from "../store/checkouts.ts";
import { findCustomer, saveProviderCustomer } from "../store/customers.ts";
import { findSubscription } from "../store/subscriptions.ts";
import { carryOut } from "./carry-out.ts";
import type { Deps } from "./deps.ts";
import { providerOf } from "./deps.ts";

/** What it was for is over: the decided call ends refused, and the next turn says so. */
class CallOff extends Error {
  override readonly name = "CallOff";
  readonly reason: CallRefusal;
  constructor(reason: CallRefusal, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Carries out the calls that turns have decided. @throws ProviderError when the provider is away: to be tried again */
export async function perform(deps: Deps, id: SubscriptionId): Promise<void> {
  for (const { key, operation } of await pendingCalls(deps.pool, id)) {
    try {
      const result =
        operation.name === "open_checkout"
          ? await openCheckout(deps, id, operation.checkoutId)
          : await order(deps, id, `${key}/request`, operation);
      await endCall(deps.pool, key, { state: "done", result });
    } catch (error) {
      if (error instanceof CallOff) {
        await endCall(deps.pool, key, { state: "refused", reason: error.reason, error: error.message });
      } else if (error instanceof ProviderError && isFinal(error.kind)) {
        const what = `${error.kind} ${error.code ?? ""}`.trim();
        const reason =
          error.kind === "declined" && collects(operation) ? "payment_failed" : "provider_refused";
        await endCall(deps.pool, key, { state: "refused", reason, error: what });
      } else {
        throw error;
      }
    }
  }
}

/** Whether asking the same again would only be answered the same. */
const isFinal = (kind: ProviderErrorKind): boolean =>
  kind === "refused" || kind === "declined" || kind === "not_found";

/** Whether the customer's bank is asked. Who takes no money and hears "declined" has hit on something that needs a look. */
const collects = ({ name }: Operation): boolean => name === "pay_invoice" || name === "change_price";

/** What a command asks of the provider of the subscription that is there. */
async function order(
  deps: Deps,
  id: SubscriptionId,
  key: string,
  operation: OrderedOperation,
): Promise<CallResult> {
  const row = await findSubscription(deps.pool, id);
  const provider = providerOf(deps, row?.subscription.terms.provider ?? "stripe");
  return carryOut(deps.pool, provider, id, key, requestOf(operation));
}

function requestOf(operation: OrderedOperation): CallRequest {
  switch (operation.name) {
    case "pay_invoice":
      return operation;
    case "change_price": {
      const { name, providerSubscriptionId, priceId, quantity } = operation;
      return { name, subscriptionId: providerSubscriptionId, priceId, quantity };
    }
    case "cancel_subscription":
    case "arrange_end":
    case "withdraw_end":
    case "pause_collection":
    case "resume_collection":
      return { name: operation.name, subscriptionId: operation.providerSubscriptionId };
    default:
      return operation satisfies never;
  }
}

/** The customer, then the end of the session that this one replaces, then the session (R9). */
async function openCheckout(deps: Deps, id: SubscriptionId, checkoutId: CheckoutId): Promise<CallResult> {
  const row = await findCheckout(deps.pool, checkoutId);
  if (row === undefined) throw new CallOff("checkout_closed", "there is no such checkout");
  const provider = providerOf(deps, row.checkout.provider);
  const ask = (key: string, request: CallRequest): Promise<CallResult> =>
    carryOut(deps.pool, provider, id, `${provider.name}/${key}`, request);
  const providerCustomerId = await customerAt(deps, row, ask);
  const sessionKey = `session/${checkoutId}`;
  const request = sessionRequest(deps, row, providerCustomerId);
  const closeIfClosed = async (state: CheckoutRow["checkout"]["state"]): Promise<void> => {
    if (state === "opening") return;
    await closeOpened(deps, provider, id, `${provider.name}/${sessionKey}`, request, ask);
    throw new CallOff("checkout_closed", `the checkout is ${state}`);
  };
  await closeIfClosed(row.checkout.state);
  await endReplaced(deps, provider, row, providerCustomerId, ask);
  const result = await ask(sessionKey, request);
  // Whoever replaced it while it opened may have looked too early to find its session.
  await closeIfClosed((await findCheckout(deps.pool, checkoutId))?.checkout.state ?? "opening");
  return result;
}

type Ask = (key: string, request: CallRequest) => Promise<CallResult>;

async function customerAt(deps: Deps, row: CheckoutRow, ask: Ask): Promise<string> {
  const customer = await findCustomer(deps.pool, row.customerId);
  if (customer === undefined) throw new CallOff("checkout_closed", "its customer is gone");
  if (customer.stripeCustomerId !== null) return customer.stripeCustomerId;
  const result = await ask(`customer/${customer.id}`, {
    name: "create_customer",
    customerId: customer.id,
    email: customer.email,
  });
  if (result.name !== "create_customer") throw new Error(`${result.name} answers create_customer`);
  // At once: what somebody sells this customer in the dashboard before the first turn is this customer's (R14).
  await saveProviderCustomer(deps.pool, customer.id, row.checkout.provider, result.providerCustomerId);
  return result.providerCustomerId;
}

const sessionRequest = (deps: Deps, { checkout }: CheckoutRow, providerCustomerId: string): CallRequest => ({
  name: "open_session",
  checkout,
  providerCustomerId,
  successUrl: `${deps.settings.publicUrl}/api/billing/success?session_id={CHECKOUT_SESSION_ID}`,
  cancelUrl: `${deps.settings.publicUrl}/api/billing/cancel?checkout=${checkout.id}`,
});

/**
 * Expires the session of the checkout that this one replaces, also one whose opening we never heard of. One that was
 * itself replaced before it opened has left its own predecessor's open: so back to the first that had opened.
 */
async function endReplaced(
  deps: Deps,
  provider: PaymentProvider,
  row: CheckoutRow,
  providerCustomerId: string,
  ask: Ask,
): Promise<void> {
  for (let before = row.replaces; before !== null; ) {
    const replaced = await findCheckout(deps.pool, before);
    if (replaced === undefined) return;
    const { id, subscriptionId } = replaced.checkout;
    const sessionId =
      replaced.checkout.sessionId ??
      (await openedSession(
        deps,
        provider,
        subscriptionId,
        `${provider.name}/session/${id}`,
        sessionRequest(deps, replaced, providerCustomerId),
      ));
    if (sessionId !== null) {
      if ((await expire(sessionId, ask)) === "expired") return;
      throw new CallOff("paid_meanwhile", "the checkout that it replaces was paid");
    }
    before = replaced.replaces;
  }
}

/** A checkout that was replaced while it opened: what may be open at the provider is closed. */
async function closeOpened(
  deps: Deps,
  provider: PaymentProvider,
  id: SubscriptionId,
  key: string,
  request: CallRequest,
  ask: Ask,
): Promise<void> {
  const sessionId = await openedSession(deps, provider, id, key, request);
  if (sessionId !== null) await expire(sessionId, ask);
}

/** The session that an earlier attempt may have opened, or null: none was asked for, or none was made. */
async function openedSession(
  deps: Deps,
  provider: PaymentProvider,
  id: SubscriptionId,
  key: string,
  request: CallRequest,
): Promise<string | null> {
  const { attemptedAt } = await attemptOf(deps.pool, key, id, provider.name);
  const found = attemptedAt === null ? null : await provider.find(request, attemptedAt);
  return found?.name === "open_session" ? found.sessionId : null;
}

async function expire(sessionId: string, ask: Ask): Promise<"expired" | "complete"> {
  const result = await ask(`expire/${sessionId}`, { name: "expire_session", sessionId });
  return result.name === "expire_session" ? result.state : "expired";
}
