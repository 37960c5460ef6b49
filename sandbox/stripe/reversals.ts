import { endSubscription } from "./billing/cancel.ts";
import { isOver } from "./billing/update.ts";
import { find, invalid } from "./errors.ts";
import { newId } from "./ids.ts";
import type { Charge, Dispute, Refund } from "./money-records.ts";
import type { Metadata } from "./records.ts";
import { chargeView } from "./views/payment.ts";
import { disputeAnswerTime, disputeView, refundView } from "./views/reversal.ts";
import { change, emit, type Work } from "./world.ts";

/** Gives money of a charge back: all that is left, or `amount`. */
export function refundCharge(
  work: Work,
  charge: Charge,
  given: {
    amount?: number | undefined;
    reason?: Refund["reason"] | undefined;
    metadata?: Metadata | undefined;
  },
): Refund {
  const left = charge.amount - charge.amount_refunded;
  if (charge.status !== "succeeded")
    throw invalid(`Charge ${charge.id} has not succeeded and cannot be refunded.`, { param: "charge" });
  if (left <= 0)
    throw invalid(`Charge ${charge.id} has already been refunded.`, { code: "charge_already_refunded" });
  if (charge.disputed)
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: "charge_disputed",
    });
  const amount = given.amount ?? left;
  if (amount <= 0)
    throw invalid("Invalid positive integer", { code: "parameter_invalid_integer", param: "amount" });
  if (amount > left)
    throw invalid(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: "amount",
    });
  const refund: Refund = {
    id: newId("refund"),
    created: work.now,
    amount,
    currency: charge.currency,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    reason: given.reason ?? null,
    status: "succeeded",
    failure_reason: null,
    metadata: given.metadata ?? {},
    balance_transaction: newId("balance_transaction"),
  };
  work.state.refunds[refund.id] = refund;
  emit(work, "refund.created", refundView(work, refund));
  change(work, "charge.refunded", charge, chargeView, (it) => {
    it.amount_refunded += amount;
  });
  return refund;
}

/** A refund that went through turns out not to have: the bank sent the money back. */
export function failRefund(work: Work, refund: Refund): void {
  if (refund.status === "failed") throw invalid(`Refund ${refund.id} has already failed.`);
  const charge = find(work.state.charges, refund.charge, "charge");
  change(work, "refund.updated", refund, refundView, (it) => {
    it.status = "failed";
    it.failure_reason = "lost_or_stolen_card";
  });
  emit(work, "refund.failed", refundView(work, refund));
  change(work, "charge.updated", charge, chargeView, (it) => {
    it.amount_refunded -= refund.amount;
  });
}

/** The customer's bank asks for the money back, and takes it at once. */
export function openDispute(work: Work, charge: Charge, reason: string): Dispute {
  if (charge.disputed) throw invalid(`Charge ${charge.id} is already disputed.`);
  if (charge.status !== "succeeded") throw invalid(`Charge ${charge.id} was never paid.`);
  const dispute: Dispute = {
    id: newId("dispute"),
    created: work.now,
    amount: charge.amount - charge.amount_refunded,
    currency: charge.currency,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    reason,
    status: "needs_response",
    due_by: work.now + disputeAnswerTime,
    metadata: {},
  };
  work.state.disputes[dispute.id] = dispute;
  charge.disputed = true;
  emit(work, "charge.dispute.created", disputeView(work, dispute));
  emit(work, "charge.dispute.funds_withdrawn", disputeView(work, dispute));
  return dispute;
}

/** The bank decides. Winning brings the money back; losing can also end the subscription (an account setting). */
export function closeDispute(work: Work, dispute: Dispute, won: boolean, cancelSubscription: boolean): void {
  if (dispute.status === "won" || dispute.status === "lost")
    throw invalid(`Dispute ${dispute.id} is already closed.`);
  change(work, "charge.dispute.updated", dispute, disputeView, (it) => {
    it.status = won ? "won" : "lost";
  });
  if (won) emit(work, "charge.dispute.funds_reinstated", disputeView(work, dispute));
  emit(work, "charge.dispute.closed", disputeView(work, dispute));
  if (!cancelSubscription) return;
  const paid = Object.values(work.state.invoice_payments).find(
    (it) => it.payment_intent === dispute.payment_intent,
  );
  const invoice = paid === undefined ? undefined : work.state.invoices[paid.invoice];
  const sub = invoice === undefined ? undefined : work.state.subscriptions[invoice.subscription];
  if (sub !== undefined && !isOver(sub)) endSubscription(work, sub, "payment_disputed");
}
