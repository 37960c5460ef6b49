import { z } from "zod";
import type { SubscriptionId } from "../domain/ids.ts";
import type { Observation, SeenEvent } from "../domain/observation.ts";
import type { Provider } from "../domain/provider.ts";
import type { EventSubject, Seen } from "../providers/provider.ts";
import { findCheckoutOf } from "../store/checkouts.ts";
import { listedAs } from "../store/checks.ts";
import { clockOffset } from "../store/clock.ts";
import type { StoredEvent } from "../store/events.ts";
import { unappliedEvents } from "../store/events.ts";
import { findSubscription } from "../store/subscriptions.ts";
import type { Deps } from "./deps.ts";
import { providerOf } from "./deps.ts";

export interface Observed {
  /** The version that the look belongs to: settle writes only onto this one (R5). */
  readonly version: number;
  readonly offsetMs: number;
  readonly observation: Observation;
}

/** How many events one turn takes in; the rest waits for the next. */
const EVENTS_A_TURN = 100;

/** Null where the version that stored it knew no such field. */
const Id = z.string().nullable().default(null);
const Subject = z.object({
  objectId: Id,
  reference: Id,
  subscriptionId: Id,
  sessionId: Id,
  customerId: Id,
  invoiceId: Id,
  paymentId: Id,
  chargeId: Id,
  refundId: Id,
  disputeId: Id,
  disputeLost: z.boolean().default(false),
  trialEnd: z.number().nullable().default(null),
  failedAttempt: z.number().nullable().default(null),
});

const UNSEEN: Seen = {
  session: null,
  subscription: null,
  invoices: [],
  refunds: [],
  disputes: [],
  problems: new Map(),
};

/** What the provider says now. The events are read first, so that none can be marked that the look came too early for (R3). */
export async function observe(deps: Deps, id: SubscriptionId): Promise<Observed> {
  const [offsetMs, subscription, checkout, events] = [
    await clockOffset(deps.pool),
    await findSubscription(deps.pool, id),
    await findCheckoutOf(deps.pool, id),
    await unappliedEvents(deps.pool, id, EVENTS_A_TURN),
  ];
  // One that verification has found: no event names it.
  const listed = subscription === undefined ? await listedAs(deps.pool, id) : undefined;
  const provider: Provider | undefined =
    subscription?.subscription.terms.provider ??
    checkout?.checkout.provider ??
    events[0]?.provider ??
    listed?.provider;
  const named = events.map((event) => ({ event, subject: subjectOf(event) }));
  const seen =
    provider === undefined
      ? UNSEEN
      : await providerOf(deps, provider).look({
          subscriptionId:
            subscription?.subscription.terms.providerSubscriptionId ?? listed?.providerSubscriptionId ?? null,
          sessionId: checkout?.checkout.sessionId ?? null,
          named: named.flatMap(({ subject }) => subject ?? []),
        });
  const { problems, ...truth } = seen;
  return {
    version: subscription?.version ?? checkout?.version ?? 0,
    offsetMs,
    observation: { events: named.map(({ event, subject }) => toSeen(event, subject, problems)), ...truth },
  };
}

/** What an event names, or null: nobody can say any more, and it alone suffers for that (R7). */
const subjectOf = (event: StoredEvent): EventSubject | null => Subject.safeParse(event.subject).data ?? null;

function toSeen(
  event: StoredEvent,
  subject: EventSubject | null,
  problems: ReadonlyMap<string, string>,
): SeenEvent {
  const { provider, id, type, attempts } = event;
  const seen: SeenEvent = { provider, id, type, ...(attempts === 0 ? {} : { endedBefore: attempts }) };
  if (subject === null) return { ...seen, problem: "what it names is lost: replay it" };
  const named = [subject.objectId, subject.invoiceId, subject.refundId, subject.disputeId];
  const problem = named.flatMap((each) => problems.get(each ?? "") ?? [])[0];
  return {
    ...seen,
    ...(problem === undefined ? {} : { problem }),
    ...(subject.invoiceId !== null && subject.failedAttempt !== null
      ? { failedAttempt: { invoiceId: subject.invoiceId, attempt: subject.failedAttempt } }
      : {}),
    ...(subject.disputeId !== null && subject.disputeLost ? { lostDispute: subject.disputeId } : {}),
    ...(subject.trialEnd === null ? {} : { announcedTrialEnd: subject.trialEnd }),
  };
}
