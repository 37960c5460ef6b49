import type { OwnOperation } from "../domain/call.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import type { ObservedInvoice } from "../domain/observation.ts";
import type { Status } from "../domain/status.ts";
import { asStatus, isTerminal } from "../domain/status.ts";
import type { CallRequest, CallResult, PaymentProvider } from "../providers/provider.ts";
import { clockOffset } from "../store/clock.ts";
import { findSubscription } from "../store/subscriptions.ts";
import { CallOff } from "./call-off.ts";
import { carryOut } from "./carry-out.ts";
import type { Deps } from "./deps.ts";
import { providerOf } from "./deps.ts";

type Own<Name extends OwnOperation["name"]> = Extract<OwnOperation, { name: Name }>;

interface Now {
  /** Null: the provider shows no such subscription, or one in a state that we do not know. */
  readonly status: Status | null;
  readonly invoices: readonly ObservedInvoice[];
}

/** Does what our policy has decided. @throws CallOff when there is no reason to any more */
export function byPolicy(
  deps: Deps,
  id: SubscriptionId,
  key: string,
  operation: OwnOperation,
): Promise<CallResult> {
  switch (operation.name) {
    case "end_unpaid":
      return endUnpaid(deps, id, key, operation);
    case "end_duplicate":
      return endDuplicate(deps, id, key, operation);
    case "refund_payment":
      return refundPayment(deps, id, key, operation);
    default:
      return operation satisfies never;
  }
}

/** What we end by ourselves is looked at once more, right before: a payment may have come in meanwhile (R8). */
async function lookAt(provider: PaymentProvider, subscriptionId: string): Promise<Now> {
  const { subscription, invoices } = await provider.look({ subscriptionId, sessionId: null, named: [] });
  return { status: asStatus(subscription?.status ?? "") ?? null, invoices };
}

const isOver = ({ status }: Now): boolean => status !== null && isTerminal(status);

/**
 * Cancels what nobody has paid, then voids what is open of it: in this order, because a subscription whose open
 * invoice is void is in good standing again.
 */
async function endUnpaid(
  deps: Deps,
  id: SubscriptionId,
  key: string,
  { providerSubscriptionId }: Own<"end_unpaid">,
): Promise<CallResult> {
  const provider = await providerFor(deps, id);
  const ask = asker(deps, provider, id, key);
  await assertDue(deps, id);
  const now = await lookAt(provider, providerSubscriptionId);
  if (!isOver(now) && now.status !== "past_due" && now.status !== "unpaid") {
    throw new CallOff("not_needed", `it is ${now.status ?? "not shown"} by now`);
  }
  const canceled = await ask("cancel", {
    name: "cancel_subscription",
    subscriptionId: providerSubscriptionId,
  });
  const open = now.invoices.filter(({ state }) => state === "open");
  for (const { id: invoiceId } of open) {
    await ask(`void/${invoiceId}`, { name: "void_invoice", invoiceId });
  }
  return canceled;
}

/** While the provider was away an operator may have put the end off, or the catalog may. */
async function assertDue(deps: Deps, id: SubscriptionId): Promise<void> {
  const row = await findSubscription(deps.pool, id);
  if (row === undefined || !("graceUntil" in row.subscription)) return;
  const now = Date.now() + (await clockOffset(deps.pool));
  if (row.subscription.graceUntil > now) throw new CallOff("not_needed", "its end was put off");
}

/** R9: the one that gives access is looked at, so that never both are ended. */
async function endDuplicate(
  deps: Deps,
  id: SubscriptionId,
  key: string,
  { providerSubscriptionId, live, credit }: Own<"end_duplicate">,
): Promise<CallResult> {
  const provider = await providerFor(deps, id);
  const other = await findSubscription(deps.pool, live);
  if (other === undefined) throw new CallOff("not_needed", "the other one is gone");
  const { terms } = other.subscription;
  const theirs = await lookAt(providerOf(deps, terms.provider), terms.providerSubscriptionId);
  if (!isPaidFor(theirs.status)) {
    throw new CallOff("not_needed", `the other one is ${theirs.status ?? "not shown"} by now`);
  }
  return asker(
    deps,
    provider,
    id,
    key,
  )("cancel", {
    name: "cancel_subscription",
    subscriptionId: providerSubscriptionId,
    credit,
  });
}

function isPaidFor(status: Status | null): boolean {
  switch (status) {
    case "active":
    case "trialing":
    case "past_due":
      return true;
    case "incomplete":
    case "incomplete_expired":
    case "unpaid":
    case "paused":
    case "canceled":
    case null:
      return false;
    default:
      return status satisfies never;
  }
}

async function refundPayment(
  deps: Deps,
  id: SubscriptionId,
  key: string,
  operation: Own<"refund_payment">,
): Promise<CallResult> {
  return asker(deps, await providerFor(deps, id), id, key)("request", operation);
}

async function providerFor(deps: Deps, id: SubscriptionId): Promise<PaymentProvider> {
  const row = await findSubscription(deps.pool, id);
  return providerOf(deps, row?.subscription.terms.provider ?? "stripe");
}

type Ask = (step: string, request: CallRequest) => Promise<CallResult>;

const asker =
  (deps: Deps, provider: PaymentProvider, id: SubscriptionId, key: string): Ask =>
  (step, request) =>
    carryOut(deps.pool, provider, id, `${key}/${step}`, request);
