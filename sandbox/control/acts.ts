import { z } from "zod";
import { endSubscription } from "../stripe/billing/cancel.ts";
import { isOver } from "../stripe/billing/update.ts";
import { type CheckoutOutcome, type Payment, payCheckout } from "../stripe/checkout/pay.ts";
import { liveCustomer } from "../stripe/customers.ts";
import { find, invalid, StripeError } from "../stripe/errors.ts";
import { newId } from "../stripe/ids.ts";
import { replaceCard } from "../stripe/payment-methods.ts";
import { closeDispute, failRefund, openDispute } from "../stripe/reversals.ts";
import { pay } from "../stripe/routes/invoices.ts";
import type { StripeObject, Work } from "../stripe/world.ts";

/** What people do who are not the API's caller: the customer, their bank, somebody in the dashboard. */
export interface Act<S extends z.ZodType = z.ZodType> {
  /** with `:id` for the object's id */
  path: string;
  body: S;
  run: (work: Work, id: string, body: z.infer<S>) => StripeObject;
}

const none = z.strictObject({});
const done = { done: true };

const act = <S extends z.ZodType>(path: string, body: S, run: Act<S>["run"]): Act => ({
  path,
  body,
  run: (work, id, given) => run(work, id, body.parse(given)),
});

export const acts: readonly Act[] = [
  act(
    "/sandbox/checkouts/:id/pay",
    z.strictObject({ card: z.string(), email: z.string().optional() }),
    (work, id, { card, email }) => {
      const outcome = payAt(work, id, { card, ...(email === undefined ? {} : { email }) });
      if (!outcome.paid) throw declined(outcome.message);
      return { paid: true, subscription: outcome.session.subscription };
    },
  ),
  act("/sandbox/customers/:id/card", z.strictObject({ card: z.string() }), (work, id, { card }) => ({
    payment_method: replaceCard(work, liveCustomer(work, id), card).id,
  })),
  act("/sandbox/invoices/:id/pay", none, (work, id) => {
    pay(work, find(work.state.invoices, id, "invoice"), undefined, false);
    return { paid: true };
  }),
  act(
    "/sandbox/charges/:id/dispute",
    z.strictObject({ reason: z.string().min(1).default("fraudulent") }),
    (work, id, { reason }) => ({
      dispute: openDispute(work, find(work.state.charges, id, "charge"), reason).id,
    }),
  ),
  act(
    "/sandbox/disputes/:id/close",
    z.strictObject({ won: z.boolean(), cancel_subscription: z.boolean().default(false) }),
    (work, id, { won, cancel_subscription: cancel }) => {
      closeDispute(work, find(work.state.disputes, id, "dispute"), won, cancel);
      return done;
    },
  ),
  act("/sandbox/refunds/:id/fail", none, (work, id) => {
    failRefund(work, find(work.state.refunds, id, "refund"));
    return done;
  }),
  act("/sandbox/subscriptions/:id/cancel", none, (work, id) => {
    const sub = find(work.state.subscriptions, id, "subscription");
    if (isOver(sub)) throw invalid(`Subscription ${id} is over already.`);
    endSubscription(work, sub, "cancellation_requested");
    return done;
  }),
  act(
    "/sandbox/events",
    z.strictObject({
      type: z.string().min(1),
      object: z.unknown(),
      api_version: z.string().nullable().optional(),
    }),
    (work, _id, { type, object, api_version }) => {
      const event = {
        id: newId("event"),
        type,
        created: work.now,
        request: work.request,
        object,
        previous_attributes: null,
        ...(api_version === undefined ? {} : { api_version }),
      };
      work.events.push(event);
      return { event: event.id };
    },
  ),
];

/** Pays a hosted checkout. */
export function payAt(work: Work, session: string, payment: Payment): CheckoutOutcome {
  return payCheckout(work, find(work.state.sessions, session, "checkout.session"), payment);
}

function declined(message: string): StripeError {
  return new StripeError(402, "card_error", message);
}
