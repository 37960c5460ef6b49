import type { DisputeStatus } from "../../../domain/dispute.ts";
import type {
  ObservedDispute,
  ObservedInvoice,
  ObservedRefund,
  ObservedSubscription,
  SeenEvent,
} from "../../../domain/observation.ts";
import type { Status } from "../../../domain/status.ts";
import type { Instant } from "../../../domain/time.ts";
import { DAY } from "../../../domain/time.ts";
import { dispute, MONTH, paid, unpaid } from "../builders.ts";

/** What the provider says at one moment. */
export interface Moment {
  readonly at: Instant;
  readonly subscription: ObservedSubscription;
  readonly invoices: readonly ObservedInvoice[];
  readonly refunds: readonly ObservedRefund[];
  readonly disputes: readonly ObservedDispute[];
}

/** A moment with the events that it emits. */
export interface World {
  readonly moment: Moment;
  readonly emitted: readonly { readonly event: SeenEvent; readonly named: string | null }[];
}

/** One way in which the truth can go on. */
export type Step = (world: World) => World;

const said = (type: string, at: Instant): SeenEvent => ({
  provider: "stripe",
  id: `evt_${type}_${at}`,
  type,
});

const failure = (invoiceId: string, attempt: number, at: Instant): SeenEvent => ({
  ...said("invoice.payment_failed", at),
  id: `evt_failed_${invoiceId}_${attempt}`,
  failedAttempt: { invoiceId, attempt },
});

/** `in_1_3`: the third of `sub_1`. */
const nextInvoiceOf = ({ subscription, invoices }: Moment): string =>
  `${subscription.id.replace("sub_", "in_")}_${invoices.length + 1}`;

export const invoiced = (id: string, createdAt: Instant): ObservedInvoice => ({
  id,
  state: "open",
  due: { amount: 2_900, currency: "usd" },
  createdAt,
  paidAt: null,
  attempts: 0,
  nextAttemptAt: null,
  payments: [unpaid(`pi_${id}`)],
});

/** One more automatic attempt, which failed. */
const tried = (invoice: ObservedInvoice, nextAttemptAt: Instant | null): ObservedInvoice => ({
  ...invoice,
  attempts: invoice.attempts + 1,
  nextAttemptAt,
});

/** One more automatic attempt, which succeeded. */
export const settled = (invoice: ObservedInvoice, paidAt: Instant): ObservedInvoice => ({
  ...invoice,
  state: "paid",
  attempts: invoice.attempts + 1,
  paidAt,
  nextAttemptAt: null,
  payments: [paid(`pi_${invoice.id}`)],
});

/** The subscription's status follows the latest invoice, as Stripe's does. */
const restored = (moment: Moment): Moment => {
  const { subscription } = moment;
  const isOver = subscription.status === "canceled" || subscription.status === "incomplete_expired";
  const isPaid = moment.invoices.at(-1)?.state === "paid";
  return isOver || !isPaid ? moment : { ...moment, subscription: { ...subscription, status: "active" } };
};

const withInvoice = (moment: Moment, next: ObservedInvoice): Moment => ({
  ...moment,
  invoices: moment.invoices.some((each) => each.id === next.id)
    ? moment.invoices.map((each) => (each.id === next.id ? next : each))
    : [...moment.invoices, next],
});

const changed = (moment: Moment, change: Partial<ObservedSubscription>): Moment => ({
  ...moment,
  subscription: { ...moment.subscription, ...change },
});

/** The moment with events of these types. */
export const telling = (moment: Moment, ...types: readonly string[]): World => ({
  moment,
  emitted: types.map((type) => ({ event: said(type, moment.at), named: null })),
});

const paying =
  (invoice: ObservedInvoice, how: (invoice: ObservedInvoice, at: Instant) => ObservedInvoice): Step =>
  ({ moment }) =>
    telling(
      restored(withInvoice(moment, how(invoice, moment.at))),
      "invoice.paid",
      "invoice.payment_succeeded",
      "customer.subscription.updated",
    );

/** An automatic attempt succeeds. */
export const pay = (invoice: ObservedInvoice): Step => paying(invoice, settled);

const uncounted = (invoice: ObservedInvoice, at: Instant): ObservedInvoice => ({
  ...settled(invoice, at),
  attempts: invoice.attempts,
});

/** By hand on the provider's page, or by the attempt that is under way: the count of attempts stays. */
export const payUncounted = (invoice: ObservedInvoice): Step => paying(invoice, uncounted);

/** By another payment; the one that failed is canceled. */
export const payOtherwise = (invoice: ObservedInvoice): Step =>
  paying(invoice, (each, at) => ({
    ...uncounted(each, at),
    payments: [unpaid(`pi_${each.id}`, "canceled"), paid(`pi_${each.id}_other`)],
  }));

/** An attempt fails; `more` is 1 for a new one, 0 for the one that was under way. */
export const fail =
  (invoice: ObservedInvoice, more: 0 | 1, status: Status = "past_due"): Step =>
  ({ moment }) => {
    const attempts = invoice.attempts + more;
    const nextAttemptAt = attempts < 4 ? moment.at + 3 * DAY : null;
    const next = changed(withInvoice(moment, { ...invoice, attempts, nextAttemptAt }), { status });
    const { emitted } = telling(next, "customer.subscription.updated");
    return {
      moment: next,
      emitted: [...emitted, { event: failure(invoice.id, attempts, moment.at), named: null }],
    };
  };

/** The next period begins, with the terms that were arranged for it. */
export const renew =
  (how: "paid" | "failed" | "debited"): Step =>
  ({ moment }) => {
    const { period, scheduled } = moment.subscription;
    const at = Math.max(moment.at, period.end);
    const { priceId, quantity } = scheduled ?? moment.subscription;
    const terms = { priceId, quantity, scheduled: null, period: { start: at, end: at + MONTH } };
    const next = changed({ ...moment, at }, terms);
    const invoice = invoiced(nextInvoiceOf(moment), at);
    switch (how) {
      case "paid":
        return pay(invoice)({ moment: next, emitted: [] });
      case "failed":
        return fail(invoice, 1)({ moment: next, emitted: [] });
      case "debited":
        return telling(withInvoice(next, tried(invoice, null)), "customer.subscription.updated");
    }
  };

export const endTrial =
  (isPaid: boolean): Step =>
  ({ moment }) => {
    const at = Math.max(moment.at, moment.subscription.trialEnd ?? 0);
    const next = changed({ ...moment, at }, { status: "active", trialEnd: at });
    const invoice = invoiced(nextInvoiceOf(moment), at);
    const step = isPaid ? pay(invoice) : fail(invoice, 1);
    return step({ moment: next, emitted: [] });
  };

export const end =
  (status: "canceled" | "incomplete_expired", invoices: "open" | "void" = "open"): Step =>
  ({ moment }) => {
    const closed = moment.invoices.map((each) =>
      each.state === "open" ? { ...each, state: invoices, nextAttemptAt: null } : each,
    );
    const next = changed(
      { ...moment, invoices: closed },
      { status, endedAt: moment.at, canceledAt: moment.at },
    );
    return telling(next, "customer.subscription.deleted");
  };

/** Arranges the end, or undoes it. */
export const arrange: Step = ({ moment }) => {
  const { cancelAt, period } = moment.subscription;
  return telling(
    changed(moment, { cancelAt: cancelAt === null ? period.end : null }),
    "customer.subscription.updated",
  );
};

export const changeTier: Step = ({ moment }) => {
  const priceId = moment.subscription.priceId === "price_pro" ? "price_scale" : "price_pro";
  return telling(changed(moment, { priceId }), "customer.subscription.updated");
};

/** Other terms from the next period on, or not after all. */
export const schedule: Step = ({ moment }) => {
  const { scheduled, priceId, period } = moment.subscription;
  const other = priceId === "price_pro" ? "price_scale" : "price_pro";
  const next = scheduled ? null : { at: period.end, priceId: other, quantity: 2 };
  return telling(changed(moment, { scheduled: next }), "customer.subscription.updated");
};

export const become =
  (status: "paused" | "unpaid" | "active"): Step =>
  ({ moment }) =>
    telling(changed(moment, { status }), "customer.subscription.updated");

export const giveUp =
  (invoice: ObservedInvoice): Step =>
  ({ moment }) =>
    telling(
      changed(withInvoice(moment, { ...invoice, state: "uncollectible", nextAttemptAt: null }), {
        status: "active",
      }),
      "invoice.marked_uncollectible",
      "customer.subscription.updated",
    );

export const makeRefund =
  (paymentId: string): Step =>
  ({ moment }) => {
    const id = `re_${moment.refunds.length + 1}`;
    const made: ObservedRefund = {
      id,
      paymentId,
      status: "succeeded",
      refunded: { amount: 1_000, currency: "usd" },
      createdAt: moment.at,
    };
    return {
      moment: { ...moment, refunds: [...moment.refunds, made] },
      emitted: [{ event: said("refund.created", moment.at), named: id }],
    };
  };

export const failRefund =
  (made: ObservedRefund): Step =>
  ({ moment }) => ({
    moment: {
      ...moment,
      refunds: moment.refunds.map((each) => (each.id === made.id ? { ...each, status: "failed" } : each)),
    },
    emitted: [{ event: said("refund.failed", moment.at), named: made.id }],
  });

/** A payment is disputed, or its dispute comes to a new state. */
export const disputing =
  (paymentId: string, status: DisputeStatus): Step =>
  ({ moment }) => {
    const id = `du_${paymentId}`;
    const next = dispute({ id, paymentId, status, createdAt: moment.at });
    const others = moment.disputes.filter((each) => each.id !== id);
    const type = status === "won" || status === "lost" ? "closed" : "updated";
    const event = said(`charge.dispute.${type}`, moment.at);
    return {
      moment: {
        ...moment,
        disputes: [...others, { ...next, createdAt: known(moment, id) ?? next.createdAt }],
      },
      emitted: [{ event: status === "lost" ? { ...event, lostDispute: id } : event, named: id }],
    };
  };

const known = ({ disputes }: Moment, id: string): Instant | undefined =>
  disputes.find((each) => each.id === id)?.createdAt;

/** The provider says ahead when the trial ends. */
export const announceTrialEnd =
  (trialEnd: Instant): Step =>
  ({ moment }) => {
    const event = said("customer.subscription.trial_will_end", moment.at);
    return { moment, emitted: [{ event: { ...event, announcedTrialEnd: trialEnd }, named: null }] };
  };

/** Somebody gives the customer more time to try. */
export const extendTrial: Step = ({ moment }) => {
  const trialEnd = (moment.subscription.trialEnd ?? moment.at) + 7 * DAY;
  return telling(changed(moment, { trialEnd }), "customer.subscription.updated");
};
