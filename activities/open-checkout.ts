import type { CheckoutId, SubscriptionId } from "../domain/ids.ts";
import type { CallRequest, CallResult, PaymentProvider } from "../providers/provider.ts";
import { CUSTOMER_GONE, ProviderError } from "../providers/provider.ts";
import { attemptOf } from "../store/calls.ts";
import type { CheckoutRow } from "../store/checkouts.ts";
import { findCheckout } from "../store/checkouts.ts";
import type { Customer } from "../store/customers.ts";
import { findCustomer, replaceProviderCustomer, saveProviderCustomer } from "../store/customers.ts";
import { livesOfProviderCustomer } from "../store/subscriptions.ts";
import { CallOff } from "./call-off.ts";
import { carryOut } from "./carry-out.ts";
import type { Deps } from "./deps.ts";
import { providerOf } from "./deps.ts";

/** The customer, then the session; both anew where the provider no longer has the customer that we know. */
export async function openCheckout(
  deps: Deps,
  id: SubscriptionId,
  checkoutId: CheckoutId,
): Promise<CallResult> {
  const row = await findCheckout(deps.pool, checkoutId);
  if (row === undefined) throw new CallOff("checkout_closed", "there is no such checkout");
  const provider = providerOf(deps, row.checkout.provider);
  const ask: Ask = (key, request) => carryOut(deps.pool, provider, id, `${provider.name}/${key}`, request);
  const customer = await customerAt(deps, row, ask);
  try {
    return await openFor(deps, id, row, customer, ask);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.code !== CUSTOMER_GONE) throw error;
    return openFor(deps, id, row, await customerInsteadOf(customer, deps, row, ask), ask);
  }
}

/** The end of the session that this one replaces, then the session (R9). */
async function openFor(
  deps: Deps,
  id: SubscriptionId,
  row: CheckoutRow,
  providerCustomerId: string,
  ask: Ask,
): Promise<CallResult> {
  const checkoutId = row.checkout.id;
  const provider = providerOf(deps, row.checkout.provider);
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
  const customer = await customerOf(deps, row);
  if (customer.stripeCustomerId !== null) return customer.stripeCustomerId;
  const made = await createCustomer(customer, `customer/${customer.id}`, ask);
  // At once: what somebody sells this customer in the dashboard before the first turn is this customer's (R14).
  await saveProviderCustomer(deps.pool, customer.id, row.checkout.provider, made);
  return made;
}

/**
 * Somebody has deleted the customer at the provider: another takes its place.
 * @throws ProviderError unavailable while a subscription of ours is not known to have ended with it
 */
async function customerInsteadOf(gone: string, deps: Deps, row: CheckoutRow, ask: Ask): Promise<string> {
  const { provider } = row.checkout;
  const lives = await livesOfProviderCustomer(deps.pool, provider, gone);
  if (lives.length > 0) {
    for (const life of lives) await deps.gateway.wakeNow(life);
    throw new ProviderError(provider, "unavailable", `customer ${gone} is gone, not what runs for it`, {
      code: "customer_in_use",
    });
  }
  const customer = await customerOf(deps, row);
  const made = await createCustomer(customer, `customer/${customer.id}/instead_of/${gone}`, ask);
  await replaceProviderCustomer(deps.pool, customer.id, provider, gone, made);
  return made;
}

async function customerOf(deps: Deps, { customerId }: CheckoutRow): Promise<Customer> {
  const customer = await findCustomer(deps.pool, customerId);
  if (customer === undefined) throw new CallOff("checkout_closed", "its customer is gone");
  return customer;
}

async function createCustomer({ id, email }: Customer, key: string, ask: Ask): Promise<string> {
  const result = await ask(key, { name: "create_customer", customerId: id, email });
  if (result.name !== "create_customer") throw new Error(`${result.name} answers create_customer`);
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
