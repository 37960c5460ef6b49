import type { z } from "zod";
import { planEnd } from "../billing/cancel.ts";
import { billChange, changedItems } from "../billing/change-items.ts";
import { finalizeInvoice } from "../billing/invoicing.ts";
import { refuseManagedEnd, runningPhase, scheduleOf } from "../billing/schedule.ts";
import { charge } from "../billing/settle.ts";
import { cardError } from "../billing/subscribe.ts";
import { endTrial, moveTrial } from "../billing/trial.ts";
import { isOver } from "../billing/update.ts";
import { find, invalid } from "../errors.ts";
import { mergeMetadata } from "../http/params.ts";
import type { Invoice } from "../money-records.ts";
import { methodNamed } from "../payment-methods.ts";
import type { PaymentMethod, Subscription } from "../records.ts";
import { scheduleView } from "../views/schedule.ts";
import { subscriptionView } from "../views/subscription.ts";
import { change, type Work } from "../world.ts";
import type { updateParams } from "./params.ts";

type Params = z.infer<z.ZodObject<typeof updateParams>>;

/** POST /v1/subscriptions/:id. Everything is checked first, then changed, then billed. */
export function updateFromParams(work: Work, sub: Subscription, params: Params): Subscription {
  refuseEnded(sub, params);
  const items = params.items === undefined ? sub.items : changedItems(work, sub, params.items);
  const end = plannedEnd(sub, params);
  if (end.at !== undefined || end.at_period_end !== undefined) refuseManagedEnd(work, sub);
  const method = newMethod(work, sub, params);
  const before = structuredClone(sub);
  let invoice: Invoice | null = null;
  change(work, "customer.subscription.updated", sub, subscriptionView, (it) => {
    it.items = items;
    it.metadata = mergeMetadata(it.metadata, params.metadata);
    if (params.description !== undefined) it.description = params.description;
    if (method !== null) it.default_payment_method = method.id;
    if (params.pause_collection !== undefined) {
      const pause = params.pause_collection;
      it.pause_collection =
        pause === "" ? null : { behavior: pause.behavior, resumes_at: pause.resumes_at ?? null };
    }
    planEnd(work, it, end);
    if (params.cancellation_details?.comment !== undefined)
      it.cancellation.comment = params.cancellation_details.comment;
    if (params.cancellation_details?.feedback !== undefined)
      it.cancellation.feedback = params.cancellation_details.feedback;
    it.missing_payment_method =
      params.trial_settings?.end_behavior.missing_payment_method ?? it.missing_payment_method;
    it.save_default_payment_method =
      params.payment_settings?.save_default_payment_method ?? it.save_default_payment_method;
    if (typeof params.trial_end === "number") moveTrial(work, it, params.trial_end);
    invoice = billChange(
      work,
      it,
      before,
      params.proration_behavior ?? "create_prorations",
      params.proration_date ?? work.now,
    );
  });
  if (params.items !== undefined) followItems(work, sub);
  if (invoice !== null) chargeChange(work, invoice, params);
  if (params.trial_end === "now" && sub.status === "trialing") endTrial(work, sub);
  return sub;
}

function refuseEnded(sub: Subscription, params: Params): void {
  if (!isOver(sub)) return;
  const harmless = new Set(["metadata", "cancellation_details"]);
  const other = Object.entries(params).find(([name, value]) => value !== undefined && !harmless.has(name));
  if (other !== undefined) {
    throw invalid("A canceled subscription can only update its cancellation_details and metadata.", {
      param: other[0],
    });
  }
}

function plannedEnd(sub: Subscription, params: Params): { at_period_end?: boolean; at?: number | null } {
  const { cancel_at: at, cancel_at_period_end: flag } = params;
  if (flag !== undefined && at !== undefined) {
    throw invalid("You may only specify one of these parameters: cancel_at_period_end, cancel_at.", {
      param: "cancel_at",
    });
  }
  return {
    ...(flag === undefined ? {} : { at_period_end: flag }),
    ...(at === undefined
      ? {}
      : { at: at === "" ? null : typeof at === "number" ? at : sub.current_period_end }),
  };
}

/** What a schedule's running phase sells is what the subscription sells. */
function followItems(work: Work, sub: Subscription): void {
  const schedule = scheduleOf(work.state, sub);
  if (schedule === null) return;
  const items = sub.items.map(({ price, quantity }) => ({ price, quantity, metadata: {} }));
  change(work, "subscription_schedule.updated", schedule, scheduleView, (it) => {
    it.phases[it.current] = { ...runningPhase(it), items };
  });
}

/** With `error_if_incomplete` a decline throws before anything is kept: all of the change is undone. */
function chargeChange(work: Work, invoice: Invoice, params: Params): void {
  const mustBePaid = params.payment_behavior === "error_if_incomplete";
  finalizeInvoice(work, invoice);
  const present = params.off_session !== true && !mustBePaid;
  const outcome = charge(work, invoice, { automatic: true, present });
  if (!outcome.paid && mustBePaid) throw cardError(outcome);
}

function newMethod(work: Work, sub: Subscription, params: Params): PaymentMethod | null {
  if (params.default_payment_method === undefined) return null;
  const customer = find(work.state.customers, sub.customer, "customer");
  return methodNamed(work, params.default_payment_method, customer, "default_payment_method");
}
