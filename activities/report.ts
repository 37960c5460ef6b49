import type { Outcome } from "../domain/command.ts";
import type { SubscriptionId } from "../domain/ids.ts";
import { duplicateOf } from "../domain/live-subscription.ts";
import type { Provider } from "../domain/provider.ts";
import type { Instant } from "../domain/time.ts";
import { hasUndelivered } from "../store/alerts.ts";
import { pendingCalls } from "../store/calls.ts";
import { findCheckoutDeadline, findCheckoutOf } from "../store/checkouts.ts";
import { openCommands, outcomesOf } from "../store/commands.ts";
import { findCustomer } from "../store/customers.ts";
import { hasUnappliedEvents } from "../store/events.ts";
import type { Db } from "../store/pool.ts";
import type { SubscriptionRow } from "../store/subscription-row.ts";
import { findSubscription, subscriptionsOfCustomer } from "../store/subscriptions.ts";
import { whyOf } from "../store/timeline.ts";
import type { Standing } from "../workflows/contract.ts";

/** What a workflow needs to know after a turn, read back from the rows: the same for a turn run once or twice. */
export interface Report {
  readonly standing: Standing;
  readonly listed: Listed;
  readonly nextDeadline: Instant | null;
  readonly answers: readonly { readonly commandId: string; readonly outcome: Outcome }[];
  readonly callsPending: boolean;
  readonly commandsOpen: boolean;
  readonly eventsRemain: boolean;
  readonly alertsPending: boolean;
  /** Other subscriptions of the customer whose place among them has changed: they write that themselves (R5). */
  readonly wakes: readonly SubscriptionId[];
}

/** What operators list it by. */
export interface Listed {
  readonly status: string;
  readonly provider: Provider | null;
  readonly tier: string | null;
  readonly receipt: string | null;
  readonly providerSubscriptionId: string | null;
  readonly needsAttention: boolean;
  readonly periodEnd: string | null;
}

const iso = (at: Instant | null): string | null => (at === null ? null : new Date(at).toISOString());

export async function report(
  db: Db,
  id: SubscriptionId,
  awaited: readonly string[],
  now: Instant,
): Promise<Report> {
  const row = await findSubscription(db, id);
  const checkout = await findCheckoutOf(db, id);
  const owner = row?.customerId ?? checkout?.customerId;
  const customer = owner === undefined ? undefined : await findCustomer(db, owner);
  const state = row?.subscription.status ?? (checkout === undefined ? "none" : "checkout");
  const nextDeadline = row?.nextDeadline ?? (await findCheckoutDeadline(db, id));
  const siblings =
    owner === undefined || row === undefined
      ? []
      : (await subscriptionsOfCustomer(db, owner)).filter((other) => other.id !== id);
  const live = customer?.liveSubscriptionId ?? null;
  return {
    standing: {
      state,
      since: iso(row?.subscription.since ?? null),
      why:
        (await whyOf(db, id)) ??
        (checkout === undefined ? "Not known to us" : `The checkout is ${checkout.checkout.state}`),
      nextDeadline: iso(nextDeadline),
      needsAttention: row?.needsAttention ?? null,
    },
    listed: {
      status: state,
      provider: row?.subscription.terms.provider ?? checkout?.checkout.provider ?? null,
      tier: row?.subscription.terms.tier ?? checkout?.checkout.tier ?? null,
      receipt: customer?.receipt ?? null,
      providerSubscriptionId: row?.subscription.terms.providerSubscriptionId ?? null,
      needsAttention: row?.needsAttention !== undefined && row.needsAttention !== null,
      periodEnd: iso(row?.subscription.period.end ?? null),
    },
    nextDeadline,
    answers: await outcomesOf(db, id, awaited),
    callsPending: (await pendingCalls(db, id)).length > 0,
    commandsOpen: (await openCommands(db, id)).length > 0,
    eventsRemain: await hasUnappliedEvents(db, id),
    alertsPending: await hasUndelivered(db, id),
    wakes: siblings.filter((other) => isOutOfPlace(other, live, now)).map((other) => other.id),
  };
}

/** Whether its place among the customer's subscriptions is another than its row says (R9). */
function isOutOfPlace(
  { id, subscription, duplicateOf: known }: SubscriptionRow,
  live: SubscriptionId | null,
  now: Instant,
): boolean {
  return known !== duplicateOf({ id, subscription }, live, now);
}
