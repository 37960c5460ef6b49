import { z } from "zod";
import type { SubscriptionId } from "../domain/ids.ts";
import type { Observation, SeenEvent } from "../domain/observation.ts";
import type { Provider } from "../domain/provider.ts";
import type { EventSubject, Seen } from "../providers/provider.ts";
import { findCheckoutOf } from "../store/checkouts.ts";
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

const Subject = z.object({
  objectId: z.string().nullable(),
  reference: z.string().nullable(),
  subscriptionId: z.string().nullable(),
  sessionId: z.string().nullable(),
  customerId: z.string().nullable(),
  invoiceId: z.string().nullable(),
  paymentId: z.string().nullable(),
  chargeId: z.string().nullable(),
  refundId: z.string().nullable(),
  failedAttempt: z.number().nullable(),
});

const UNSEEN: Seen = { session: null, subscription: null, invoices: [], refunds: [], problems: new Map() };

/** What the provider says now. The events are read first, so that none can be marked that the look came too early for (R3). */
export async function observe(deps: Deps, id: SubscriptionId): Promise<Observed> {
  const [offsetMs, subscription, checkout, events] = [
    await clockOffset(deps.pool),
    await findSubscription(deps.pool, id),
    await findCheckoutOf(deps.pool, id),
    await unappliedEvents(deps.pool, id, EVENTS_A_TURN),
  ];
  const provider: Provider | undefined =
    subscription?.subscription.terms.provider ?? checkout?.checkout.provider ?? events[0]?.provider;
  const named = events.map((event) => ({ event, subject: Subject.parse(event.subject) }));
  const seen =
    provider === undefined
      ? UNSEEN
      : await providerOf(deps, provider).look({
          subscriptionId: subscription?.subscription.terms.providerSubscriptionId ?? null,
          sessionId: checkout?.checkout.sessionId ?? null,
          named: named.map(({ subject }) => subject),
        });
  const { problems, ...truth } = seen;
  return {
    version: subscription?.version ?? checkout?.version ?? 0,
    offsetMs,
    observation: { events: named.map(({ event, subject }) => toSeen(event, subject, problems)), ...truth },
  };
}

function toSeen(event: StoredEvent, subject: EventSubject, problems: ReadonlyMap<string, string>): SeenEvent {
  const problem = [subject.invoiceId, subject.refundId].flatMap((id) => problems.get(id ?? "") ?? [])[0];
  return {
    provider: event.provider,
    id: event.id,
    type: event.type,
    ...(problem === undefined ? {} : { problem }),
    ...(subject.invoiceId !== null && subject.failedAttempt !== null
      ? { failedAttempt: { invoiceId: subject.invoiceId, attempt: subject.failedAttempt } }
      : {}),
  };
}
