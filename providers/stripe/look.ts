import type { Stripe } from "stripe";
import type { ObservedDispute, ObservedInvoice, ObservedRefund } from "../../domain/observation.ts";
import type { EventSubject, Look, Seen } from "../provider.ts";
import type { Ask } from "./ask.ts";
import { orNull } from "./ask.ts";
import { listed } from "./list.ts";
import {
  idOf,
  readDispute,
  readInvoice,
  readRefund,
  readSession,
  readSubscription,
  subscriptionOf,
} from "./read.ts";
import { EXPANDED } from "./schedules.ts";
import { tracedSubscription } from "./trace.ts";

/** How many of the newest invoices are read at each look; older ones only when an event names them. */
const INVOICES_A_LOOK = 20;
/** How many named objects are fetched at once: Stripe limits requests a second, and all must fit one errand. */
const AT_ONCE = 5;

/** By object id: what could not be found or read. */
type Problems = Map<string, string>;

/** Reads the current truth, and by its id each object that an event names (R4). */
export async function look(ask: Ask, at: Look): Promise<Seen> {
  const problems: Problems = new Map();
  const { sessionId } = at;
  const found =
    sessionId === null ? null : await orNull(ask((stripe) => stripe.checkout.sessions.retrieve(sessionId)));
  const session = found && readSession(found);
  if (found !== null && session === null) {
    problems.set(found.id, `the state of session ${found.id} is unknown to this version: ${found.status}`);
  }
  const subscriptionId = at.subscriptionId ?? idOf(found?.subscription) ?? (await namedSubscription(ask, at));
  for (const { subscriptionId: other } of at.named) {
    if (other !== null && other !== subscriptionId) {
      problems.set(other, `${other} is not the subscription looked at, ${subscriptionId}`);
    }
  }
  const [subscription, invoices, refunds, disputes] = await Promise.all([
    subscriptionId === null
      ? null
      : orNull(ask((stripe) => stripe.subscriptions.retrieve(subscriptionId, EXPANDED))),
    subscriptionId === null ? [] : invoicesOf(ask, subscriptionId, at.named, problems),
    refundsOf(ask, at.named, problems),
    disputesOf(ask, at.named, problems),
  ]);
  return {
    session,
    subscription: subscription && readSubscription(subscription),
    invoices,
    refunds,
    disputes,
    problems,
  };
}

/** The subscription that the events are about: named by one, else, of an adopted one, by Stripe's own joins. */
async function namedSubscription(ask: Ask, { sessionId, named }: Look): Promise<string | null> {
  const [first] = named.flatMap((subject) => subject.subscriptionId ?? []);
  if (first !== undefined || sessionId !== null) return first ?? null;
  for (const subject of named) {
    const traced = await tracedSubscription(ask, subject);
    if (traced !== null) return traced;
  }
  return null;
}

async function invoicesOf(
  ask: Ask,
  subscriptionId: string,
  named: readonly EventSubject[],
  problems: Problems,
): Promise<readonly ObservedInvoice[]> {
  const newest = await orNull(
    ask((stripe) =>
      stripe.invoices.list({
        subscription: subscriptionId,
        limit: INVOICES_A_LOOK,
        expand: ["data.payments"],
      }),
    ),
  );
  const invoices = newest?.data ?? [];
  const known = new Set(invoices.map((invoice) => invoice.id));
  const older = named.flatMap(({ invoiceId }) => invoiceId ?? []).filter((id) => !known.has(id));
  await fewAtOnce(older, async (id) => {
    const invoice = await orNull(ask((stripe) => stripe.invoices.retrieve(id, { expand: ["payments"] })));
    const owner = invoice && subscriptionOf(invoice);
    if (invoice === null) problems.set(id, `Stripe has no invoice ${id}`);
    else if (owner === subscriptionId) invoices.push(invoice);
    else problems.set(id, `invoice ${id} is of ${owner ?? "no subscription"}, not of ${subscriptionId}`);
  });
  return invoices
    .flatMap((invoice) => {
      const read = readInvoice(invoice);
      if (read === null) {
        const what = `the state of invoice ${invoice.id} is unknown to this version: ${invoice.status}`;
        problems.set(invoice.id, what);
      }
      return read ?? [];
    })
    .toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

async function refundsOf(
  ask: Ask,
  named: readonly EventSubject[],
  problems: Problems,
): Promise<readonly ObservedRefund[]> {
  const refunds = new Map<string, Stripe.Refund>();
  const byId = named.flatMap(({ refundId }) => refundId ?? []);
  // charge.refunded names the charge only: its refunds are listed (facts: providers A1).
  const byCharge = named.flatMap(({ objectId, chargeId }) =>
    chargeId !== null && chargeId === objectId ? chargeId : [],
  );
  await fewAtOnce(byId, async (id) => {
    const refund = await orNull(ask((stripe) => stripe.refunds.retrieve(id)));
    if (refund === null) problems.set(id, `Stripe has no refund ${id}`);
    else refunds.set(id, refund);
  });
  await fewAtOnce(byCharge, async (charge) => {
    const all = listed(ask, (stripe, position) => stripe.refunds.list({ charge, ...position }));
    for await (const refund of all) refunds.set(refund.id, refund);
  });
  return [...refunds.values()]
    .flatMap((refund) => {
      const read = readRefund(refund);
      if (read === null) problems.set(refund.id, `refund ${refund.id} names no payment`);
      return read ?? [];
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function disputesOf(
  ask: Ask,
  named: readonly EventSubject[],
  problems: Problems,
): Promise<readonly ObservedDispute[]> {
  const disputes: ObservedDispute[] = [];
  const ids = named.flatMap(({ disputeId }) => disputeId ?? []);
  await fewAtOnce(ids, async (id) => {
    const dispute = await orNull(ask((stripe) => stripe.disputes.retrieve(id)));
    const read = dispute && readDispute(dispute);
    if (dispute === null) problems.set(id, `Stripe has no dispute ${id}`);
    else if (read === null) {
      problems.set(id, `the state of dispute ${id} is unknown to this version: ${dispute.status}`);
    } else disputes.push(read);
  });
  return disputes.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Does the work for each different id, a few at a time. */
async function fewAtOnce(ids: readonly string[], work: (id: string) => Promise<void>): Promise<void> {
  const each = [...new Set(ids)];
  for (let from = 0; from < each.length; from += AT_ONCE) {
    await Promise.all(each.slice(from, from + AT_ONCE).map(work));
  }
}
