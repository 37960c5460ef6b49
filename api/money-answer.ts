import type { ObservedRefund } from "../domain/observation.ts";
import type { Payment } from "../domain/payment.ts";
import type { RecordedDispute } from "../store/disputes.ts";
import { iso } from "./iso.ts";

/** The money of a subscription, as it is recorded. */
export interface Money {
  readonly payments: readonly Payment[];
  readonly refunds: readonly ObservedRefund[];
  readonly disputes: readonly RecordedDispute[];
}

export const moneyAnswer = ({ payments, refunds, disputes }: Money) => ({
  payments: payments.map((payment) => ({
    id: payment.id,
    invoice_id: payment.invoiceId,
    status: payment.status,
    ...payment.money,
    failed_attempts: payment.failedAttempts,
    paid_at: iso(payment.paidAt),
  })),
  refunds: refunds.map((refund) => ({
    id: refund.id,
    payment_id: refund.paymentId,
    status: refund.status,
    ...refund.refunded,
    refunded_at: iso(refund.createdAt),
  })),
  disputes: disputes.map((dispute) => ({
    id: dispute.id,
    payment_id: dispute.paymentId,
    status: dispute.status,
    ...dispute.disputed,
    taken: dispute.taken,
    disputed_at: iso(dispute.disputedAt),
  })),
});
