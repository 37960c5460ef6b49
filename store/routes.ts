import type { SubscriptionId } from "../domain/ids.ts";
import { asSubscriptionId } from "../domain/ids.ts";
import type { Provider } from "../domain/provider.ts";
import { findCheckoutBySession, findCheckoutOf } from "./checkouts.ts";
import { ownerByMates } from "./invoice-mates.ts";
import { subscriptionOfPayment } from "./payments.ts";
import type { Db } from "./pool.ts";
import { findSubscription, subscriptionByProviderId } from "./subscriptions.ts";

/** The ids by which an event's subscription can be found without asking the provider. */
export interface NamedIds {
  /** Our own subscription id, as the event says. Text of strangers. */
  readonly reference: string | null;
  readonly subscriptionId: string | null;
  readonly sessionId: string | null;
  readonly paymentId: string | null;
  readonly invoiceId: string | null;
}

/** Which of our subscriptions an event is about, by what we have recorded; undefined: only the provider knows. */
export async function findRoute(
  db: Db,
  provider: Provider,
  named: NamedIds,
): Promise<SubscriptionId | undefined> {
  const reference = asSubscriptionId(named.reference);
  if (reference !== undefined && (await isOurs(db, reference))) return reference;
  if (named.subscriptionId !== null) {
    const owner = await subscriptionByProviderId(db, provider, named.subscriptionId);
    if (owner !== undefined) return owner;
  }
  if (named.sessionId !== null) {
    const row = await findCheckoutBySession(db, provider, named.sessionId);
    if (row !== undefined) return row.checkout.subscriptionId;
  }
  if (named.paymentId === null && named.invoiceId === null) return undefined;
  const owner = await subscriptionOfPayment(db, provider, named.paymentId, named.invoiceId);
  if (owner !== undefined || named.invoiceId === null || named.subscriptionId !== null) return owner;
  return ownerByMates(db, provider, named.invoiceId);
}

const isOurs = async (db: Db, id: SubscriptionId): Promise<boolean> =>
  (await findCheckoutOf(db, id)) !== undefined || (await findSubscription(db, id)) !== undefined;
