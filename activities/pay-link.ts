import type { Alert } from "../domain/alert.ts";
import { asSubscriptionId } from "../domain/ids.ts";
import { findSubscription } from "../store/subscriptions.ts";
import type { Deps } from "./deps.ts";
import { providerOf } from "./deps.ts";

/**
 * Where the customer can pay what the alert is about, or null: nowhere, or no longer. Read at sending, as a link that
 * pays is kept nowhere (R10).
 * @throws ProviderError
 */
export async function payLinkOf(
  deps: Pick<Deps, "pool" | "providers">,
  { fields: { subscription, invoice } }: Alert,
): Promise<string | null> {
  const id = typeof subscription === "string" ? asSubscriptionId(subscription) : undefined;
  if (id === undefined || typeof invoice !== "string") return null;
  const row = await findSubscription(deps.pool, id);
  return row === undefined ? null : providerOf(deps, row.subscription.terms.provider).payLink(invoice);
}
