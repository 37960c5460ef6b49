import { eventParked } from "../domain/alerts.ts";
import type { Command } from "../domain/command.ts";
import type { Decision } from "../domain/decide.ts";
import { decide } from "../domain/decide.ts";
import { recordOf } from "../domain/decision-record.ts";
import { changedByLook } from "../domain/drift.ts";
import type { CustomerId, SubscriptionId } from "../domain/ids.ts";
import type { Life, Turn } from "../domain/life.ts";
import type { Observation } from "../domain/observation.ts";
import type { Payment } from "../domain/payment.ts";
import type { Provider } from "../domain/provider.ts";
import type { Subscription } from "../domain/subscription.ts";
import type { Instant } from "../domain/time.ts";
import { announcedKeys, insertAlert } from "../store/alerts.ts";
import { endingDuplicates, finishedCalls, insertCall, pendingCalls, settleCalls } from "../store/calls.ts";
import { catalogInForce } from "../store/catalogs.ts";
import type { CheckoutRow } from "../store/checkouts.ts";
import { findCheckoutOf, lockCheckoutOf, saveCheckout } from "../store/checkouts.ts";
import { settleCheck } from "../store/checks.ts";
import { answerCommandRow, insertCommand, openCommands } from "../store/commands.ts";
import {
  lockCustomer,
  lockCustomerByProviderId,
  lockKnownCustomer,
  saveLiveSubscription,
  saveProviderCustomer,
} from "../store/customers.ts";
import { saveDispute } from "../store/disputes.ts";
import type { StoredEvent } from "../store/events.ts";
import { endEvent, unparkEvents } from "../store/events.ts";
import { paymentsOfSubscription, savePayment, saveRefund } from "../store/payments.ts";
import type { Db } from "../store/pool.ts";
import { transaction } from "../store/pool.ts";
import type { SubscriptionRow } from "../store/subscription-row.ts";
import {
  findSubscription,
  lockSubscription,
  saveSubscription,
  subscriptionsOfCustomer,
} from "../store/subscriptions.ts";
import { insertEntry, isRecorded, knownSince } from "../store/timeline.ts";
import type { Deps } from "./deps.ts";
import type { Report } from "./report.ts";
import { report } from "./report.ts";

export interface SettleInput {
  readonly subscriptionId: SubscriptionId;
  /** One turn has one id, however often it is run: the second time finds the first (R5). */
  readonly turnId: string;
  /** The version that was observed. */
  readonly version: number;
  readonly now: Instant;
  /** What woke the turn. */
  readonly cause: string;
  readonly observation: Observation;
  /** Commands that came by Temporal and may not be in Postgres yet. */
  readonly asked: readonly Command[];
  /** Commands whose askers wait for an answer. */
  readonly awaited: readonly string[];
}

export type Settled =
  /** Somebody else has written since the look: look again. */
  { readonly kind: "conflict" } | ({ readonly kind: "done" | "already_done" } & Report);

/** Decides what the look means and writes all of it, or nothing, in one transaction (R3, R5). */
export async function settle(deps: Deps, input: SettleInput): Promise<Settled> {
  return transaction(deps.pool, async (db) => {
    const { subscriptionId: id } = input;
    const done = async (kind: "done" | "already_done"): Promise<Settled> => ({
      kind,
      ...(await report(db, id, input.awaited, input.now)),
    });
    // The customer first: what is done for one customer is done in turn (R9).
    const owner = await lockOwner(db, id);
    const checkout = await lockCheckoutOf(db, id);
    const before = await lockSubscription(db, id);
    if (await isRecorded(db, input.turnId)) return done("already_done");
    const version = before?.version ?? checkout?.version ?? 0;
    if (version !== input.version) return { kind: "conflict" };

    const catalog = await catalogInForce(db);
    if (catalog === undefined) throw new Error("no catalog is published: run `npm run migrate`");
    for (const command of input.asked) await insertCommand(db, id, command, input.now);
    const finished = await finishedCalls(db, id);
    const turn: Turn = {
      life: await lifeOf(db, input, owner, checkout, before),
      observation: input.observation,
      commands: await openCommands(db, id),
      calls: finished.map(({ call }) => call),
      pending: (await pendingCalls(db, id)).flatMap(({ commandId }) => commandId ?? []),
      catalog,
      now: input.now,
    };
    const decision = decide(turn);
    const provider = decision.subscription?.terms.provider ?? checkout?.checkout.provider;
    const customer = owner ?? (await adopt(db, decision.subscription));

    const next = await birthOrGrowth(db, { id, customer, before, decision, version });
    // What is not ours has no row that could count its versions; its events hold the reason (R14).
    const isOurs = next !== null || decision.checkout !== null;
    // What is told for the first time, or asked of the provider, is an entry too: day 3 of a calendar has no event.
    const isNews = await tellAndAsk(db, deps, id, provider, decision);
    const changed = isOurs && (isNews || isNoteworthy(turn, decision, before, next));
    const nextVersion = changed ? version + 1 : version;
    const session = finished.find((each) => each.session !== null)?.session ?? null;
    if (decision.checkout !== null) {
      await saveCheckout(
        db,
        decision.checkout,
        nextVersion,
        decision.subscription === null ? decision.nextDeadline : null,
        session,
      );
    }
    if (next !== null) await saveSubscription(db, { ...next, version: nextVersion });
    if (provider !== undefined) {
      for (const payment of decision.payments) await savePayment(db, provider, id, payment);
      for (const refund of decision.refunds) await saveRefund(db, provider, id, refund);
      for (const dispute of decision.disputes) await saveDispute(db, provider, id, dispute);
      if (customer !== null && decision.subscription !== null) {
        await saveProviderCustomer(db, customer, provider, decision.subscription.terms.providerCustomerId);
      }
    }
    for (const { event, state, reason } of decision.events) {
      await endEvent(db, event.provider, event.id, state, reason);
    }
    for (const { commandId, outcome } of decision.answers) {
      await answerCommandRow(db, id, commandId, outcome, input.now);
    }
    if (decision.unpark) await unparkEvents(db, id);
    await settleCheck(db, id, {
      told: input.observation.events.length > 0,
      differences: changedByLook(turn, decision.subscription),
      version: nextVersion,
      now: input.now,
    });
    await settleCalls(
      db,
      finished.map(({ call }) => call.key),
    );
    if (changed) {
      await insertEntry(db, {
        subscriptionId: id,
        version: nextVersion,
        turnId: input.turnId,
        at: input.now,
        cause: {
          woken_by: input.cause,
          events: input.observation.events.map((event) => ({ id: event.id, type: event.type })),
          commands: turn.commands,
        },
        from: before?.subscription.status ?? null,
        to: decision.subscription?.status ?? null,
        why: decision.why,
        inputs: { ...turn, catalog: catalog.version },
        decision: recordOf(decision),
        catalogVersion: catalog.version,
        codeVersion: deps.settings.codeVersion,
      });
    }
    return done("done");
  });
}

/** Records what is to be told and what is to be asked of the provider. True: some of it for the first time. */
async function tellAndAsk(
  db: Db,
  { channels }: Deps,
  id: SubscriptionId,
  provider: Provider | undefined,
  { alerts, calls }: Decision,
): Promise<boolean> {
  let isNews = false;
  for (const alert of alerts) isNews = (await insertAlert(db, alert, id, channels)) || isNews;
  if (provider === undefined) return isNews;
  for (const call of calls) isNews = (await insertCall(db, id, provider, call)) || isNews;
  return isNews;
}

/** Locks the customer that the subscription belongs to; null: it was never ours so far. */
async function lockOwner(db: Db, id: SubscriptionId): Promise<CustomerId | null> {
  const known = (await findCheckoutOf(db, id))?.customerId ?? (await findSubscription(db, id))?.customerId;
  return known === undefined ? null : ((await lockCustomer(db, known))?.id ?? null);
}

/** The customer of a subscription that becomes ours now, made from the provider's id. One that does not leaves none (R14). */
async function adopt(db: Db, subscription: Subscription | null): Promise<CustomerId | null> {
  if (subscription === null) return null;
  const { provider, providerCustomerId } = subscription.terms;
  return (await lockCustomerByProviderId(db, provider, providerCustomerId)).id;
}

async function lifeOf(
  db: Db,
  { subscriptionId: id, observation }: SettleInput,
  owner: CustomerId | null,
  checkout: CheckoutRow | undefined,
  row: SubscriptionRow | undefined,
): Promise<Life> {
  return {
    id,
    checkout: checkout?.checkout ?? null,
    subscription: row?.subscription ?? null,
    payments: await paymentsOfSubscription(db, id),
    announced: await announcedKeys(db, id),
    ...(await amongSiblings(db, id, owner ?? (await ownerAtProvider(db, observation)))),
    adoptedAt: checkout === undefined ? await knownSince(db, id) : null,
    needsAttention: row?.needsAttention ?? null,
  };
}

/** Locks the customer whom the provider names for a subscription that we see for the first time; null: nobody we know. */
async function ownerAtProvider(db: Db, { subscription }: Observation): Promise<CustomerId | null> {
  if (subscription === null) return null;
  const { provider, customerId } = subscription;
  return (await lockKnownCustomer(db, provider, customerId))?.id ?? null;
}

/** The customer's other subscriptions, and which of all are being ended: with these its place is decided (R9). */
async function amongSiblings(
  db: Db,
  id: SubscriptionId,
  customer: CustomerId | null,
): Promise<Pick<Life, "siblings" | "isEnding">> {
  if (customer === null) return { siblings: [] };
  const others = (await subscriptionsOfCustomer(db, customer)).filter((row) => row.id !== id);
  const ending = await endingDuplicates(db, [id, ...others.map((row) => row.id)]);
  const ifEnding = (one: SubscriptionId) => (ending.has(one) ? { isEnding: true } : {});
  const siblings = others.map((row) => ({
    id: row.id,
    subscription: row.subscription,
    ...ifEnding(row.id),
  }));
  return { siblings, ...ifEnding(id) };
}

interface Growth {
  readonly id: SubscriptionId;
  readonly customer: CustomerId | null;
  readonly before: SubscriptionRow | undefined;
  readonly decision: Decision;
  readonly version: number;
}

/** The row as it will be, or null: there is none yet. */
async function birthOrGrowth(db: Db, growth: Growth): Promise<SubscriptionRow | null> {
  const { id, customer, before, decision, version } = growth;
  if (decision.subscription === null || customer === null) return null;
  const row: SubscriptionRow = {
    id,
    customerId: customer,
    subscription: decision.subscription,
    duplicateOf: decision.place?.duplicateOf ?? null,
    needsAttention: decision.needsAttention,
    nextDeadline: decision.nextDeadline,
    version: Math.max(1, version),
  };
  // The row must be there before the customer can point at it.
  if (before === undefined) await saveSubscription(db, row);
  await saveLiveSubscription(db, customer, decision.place?.live ?? null);
  return row;
}

/** Whether the turn says anything that was not known: then, and only then, it has an entry and a new version. */
function isNoteworthy(
  turn: Turn,
  decision: Decision,
  before: SubscriptionRow | undefined,
  next: SubscriptionRow | null,
): boolean {
  return (
    turn.observation.events.length > 0 ||
    turn.commands.length > 0 ||
    turn.calls.length > 0 ||
    decision.payments.some((payment) => !isRecordedIn(turn.life, payment)) ||
    JSON.stringify([
      turn.life.checkout,
      before?.subscription,
      before?.duplicateOf,
      before?.needsAttention,
    ]) !== JSON.stringify([decision.checkout, next?.subscription, next?.duplicateOf, next?.needsAttention])
  );
}

/** Whether a look, without any event, has shown nothing new of a payment. */
const isRecordedIn = ({ payments }: Life, { id, status, failedAttempts }: Payment): boolean =>
  payments.some(
    (known) =>
      known.id === id &&
      (known.status === status || known.status === "succeeded") &&
      known.failedAttempts >= failedAttempts,
  );

/** Parks an event that belongs to no subscription that could park it, with its alert (R2). */
export async function parkUnrouted(
  deps: Deps,
  event: Pick<StoredEvent, "provider" | "id" | "type" | "attempts">,
  reason: string,
  now: Instant,
): Promise<void> {
  await transaction(deps.pool, async (db) => {
    if (!(await endEvent(db, event.provider, event.id, "parked", reason))) return;
    const seen = { ...event, endedBefore: event.attempts };
    await insertAlert(db, eventParked(null, seen, reason, now), null, deps.channels);
  });
}
