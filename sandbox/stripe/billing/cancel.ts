import type { CancellationReason, Subscription } from "../records.ts";
import { subscriptionView } from "../views/subscription.ts";
import { emit, type Work } from "../world.ts";
import { voidInvoice } from "./invoicing.ts";
import { endSchedule } from "./schedule.ts";
import { updateInvoice, updateSubscription } from "./update.ts";

/** Ends a subscription now. What it still owes stays open, but nobody asks for it any more. */
export function endSubscription(work: Work, sub: Subscription, reason: CancellationReason | null): void {
  if (sub.status === "incomplete") {
    expireIncomplete(work, sub, reason);
    return;
  }
  sub.status = "canceled";
  sub.ended_at = work.now;
  sub.canceled_at ??= work.now;
  sub.cancellation.reason = reason ?? sub.cancellation.reason;
  sub.pause_collection = null;
  for (const invoice of Object.values(work.state.invoices)) {
    if (invoice.subscription !== sub.id || (invoice.status !== "draft" && invoice.status !== "open"))
      continue;
    updateInvoice(work, invoice, (it) => {
      it.auto_advance = false;
      it.automatically_finalizes_at = null;
      it.next_payment_attempt = null;
    });
  }
  endSchedule(work, sub);
  emit(work, "customer.subscription.deleted", subscriptionView(work, sub));
}

/**
 * The first payment never came: the subscription is over before it began. That is also what becomes of one that
 * somebody cancels before it is paid (pay-rails/pay#91, dj-stripe#1168: told as an update); `by` is then the reason.
 */
export function expireIncomplete(work: Work, sub: Subscription, by: CancellationReason | null): void {
  const invoice = sub.latest_invoice === null ? undefined : work.state.invoices[sub.latest_invoice];
  if (invoice?.status === "open") voidInvoice(work, invoice);
  updateSubscription(work, sub, (it) => {
    it.status = "incomplete_expired";
    it.ended_at = work.now;
    if (by === null) return;
    it.canceled_at = work.now;
    it.cancellation.reason = by;
  });
  endSchedule(work, sub);
}

/** A change of the planned end. Left out = unchanged. */
export interface PlannedEnd {
  at_period_end?: boolean;
  at?: number | null;
}

/** Sets or clears the planned end on the record; the caller announces it. */
export function planEnd(work: Work, sub: Subscription, end: PlannedEnd): void {
  const wasPlanned = sub.cancel_at_period_end || sub.cancel_at !== null;
  if (end.at_period_end !== undefined) {
    sub.cancel_at_period_end = end.at_period_end;
    // classic mode shows the boolean as a time too; flexible mode keeps them apart
    if (sub.billing_mode === "classic") sub.cancel_at = end.at_period_end ? sub.current_period_end : null;
  }
  if (end.at !== undefined) sub.cancel_at = end.at;
  const isPlanned = sub.cancel_at_period_end || sub.cancel_at !== null;
  if (isPlanned && !wasPlanned) {
    sub.canceled_at = work.now;
    sub.cancellation.reason = "cancellation_requested";
  }
  if (!isPlanned && wasPlanned) {
    sub.canceled_at = null;
    sub.cancellation = { reason: null, feedback: null, comment: null };
  }
}
