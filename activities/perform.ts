import type { CallRefusal, Operation, OrderedOperation } from "../domain/call.ts";
import { isOrdered, isOwn } from "../domain/call.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import { revoked } from "../domain/order.ts";
import type { CallRequest, CallResult } from "../providers/provider.ts";
import { END_ARRANGED, ProviderError } from "../providers/provider.ts";
import { endCall, pendingCalls } from "../store/calls.ts";
import { findSubscription } from "../store/subscriptions.ts";
import { byPolicy } from "./by-policy.ts";
import { CallOff } from "./call-off.ts";
import { carryOut } from "./carry-out.ts";
import type { Deps } from "./deps.ts";
import { providerOf } from "./deps.ts";
import { openCheckout } from "./open-checkout.ts";

/**
 * Carries out the calls that turns have decided, each for itself: one that has to wait keeps nothing from the others. An
 * end comes first, and what else was asked of the subscription is judged by it in the next turn.
 * @throws ProviderError when the provider is away: to be tried again
 */
export async function perform(deps: Deps, id: SubscriptionId): Promise<void> {
  const failures: unknown[] = [];
  const pending = await pendingCalls(deps.pool, id);
  const end = pending.find(({ operation }) => operation.name === "cancel_subscription");
  const now =
    end === undefined ? pending : [end, ...pending.filter(({ operation }) => !isOrdered(operation))];
  for (const { key, operation } of now) {
    try {
      const result = await carryOutOperation(deps, id, key, operation);
      await endCall(deps.pool, key, { state: "done", result });
    } catch (error) {
      const refusal = refusalOf(error, operation);
      if (refusal === null) failures.push(error);
      else await endCall(deps.pool, key, { state: "refused", ...refusal });
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** What ends a call for good, or null: it is to be tried again. */
function refusalOf(
  error: unknown,
  operation: Operation,
): { readonly reason: CallRefusal; readonly error: string } | null {
  if (error instanceof CallOff) return { reason: error.reason, error: error.message };
  if (!(error instanceof ProviderError) || !isFinal(error, operation)) return null;
  const what = `${error.kind} ${error.code ?? ""}`.trim();
  if (error.code === END_ARRANGED) return { reason: "not_needed", error: "Its end is arranged by now" };
  const isDeclined = error.kind === "declined" && collects(operation);
  return { reason: isDeclined ? "payment_failed" : "provider_refused", error: what };
}

function carryOutOperation(
  deps: Deps,
  id: SubscriptionId,
  key: string,
  operation: Operation,
): Promise<CallResult> {
  if (operation.name === "open_checkout") return openCheckout(deps, id, operation.checkoutId);
  return isOwn(operation) ? byPolicy(deps, id, key, operation) : order(deps, id, `${key}/request`, operation);
}

/**
 * Whether asking the same again would only be answered the same. A price that the provider does not take is stored
 * with the change: a catalog that is put right mends the next one. A checkout is tried again, at the price of its row.
 */
const isFinal = ({ kind, isAboutPrice }: ProviderError, { name }: Operation): boolean =>
  kind === "refused" ||
  kind === "declined" ||
  kind === "not_found" ||
  (isAboutPrice && (name === "change_price" || name === "schedule_change"));

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
  return carryOut(deps.pool, provider, id, key, requestOf(operation), () => {
    const why = row === undefined ? null : revoked(operation, row.subscription);
    if (why !== null) throw new CallOff("not_needed", why);
  });
}

function requestOf(operation: OrderedOperation): CallRequest {
  switch (operation.name) {
    case "pay_invoice":
      return operation;
    case "change_price": {
      const { name, providerSubscriptionId, priceId, quantity } = operation;
      return { name, subscriptionId: providerSubscriptionId, priceId, quantity };
    }
    case "schedule_change": {
      const { name, providerSubscriptionId, priceId, interval, quantity } = operation;
      return { name, subscriptionId: providerSubscriptionId, priceId, interval, quantity };
    }
    case "cancel_subscription":
    case "arrange_end":
    case "withdraw_end":
    case "pause_collection":
    case "resume_collection":
    case "withdraw_change":
      return { name: operation.name, subscriptionId: operation.providerSubscriptionId };
    default:
      return operation satisfies never;
  }
}
