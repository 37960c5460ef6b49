import type { EventSubject } from "../../providers/provider.ts";
import {
  CHARGE,
  CUSTOMER,
  DISPUTE,
  FIRST_INVOICE,
  PAYMENT,
  REFERENCE,
  REFUND,
  RENEWAL,
  SESSION,
  SUBSCRIPTION,
} from "./stripe-fixtures.ts";

export const NOTHING: EventSubject = {
  objectId: null,
  reference: null,
  subscriptionId: null,
  sessionId: null,
  customerId: null,
  invoiceId: null,
  paymentId: null,
  chargeId: null,
  refundId: null,
  disputeId: null,
  disputeLost: false,
  trialEnd: null,
  failedAttempt: null,
};

const subscription: Partial<EventSubject> = {
  objectId: SUBSCRIPTION,
  reference: REFERENCE,
  subscriptionId: SUBSCRIPTION,
  customerId: CUSTOMER,
};
const invoice = (id: string): Partial<EventSubject> => ({
  objectId: id,
  reference: REFERENCE,
  subscriptionId: SUBSCRIPTION,
  customerId: CUSTOMER,
  invoiceId: id,
});
const session: Partial<EventSubject> = {
  objectId: SESSION,
  reference: REFERENCE,
  sessionId: SESSION,
  customerId: CUSTOMER,
};
const charge: Partial<EventSubject> = {
  objectId: CHARGE,
  customerId: CUSTOMER,
  paymentId: PAYMENT,
  chargeId: CHARGE,
};
const refund: Partial<EventSubject> = {
  objectId: REFUND,
  paymentId: PAYMENT,
  chargeId: CHARGE,
  refundId: REFUND,
};

const dispute: Partial<EventSubject> = {
  objectId: DISPUTE,
  paymentId: PAYMENT,
  chargeId: CHARGE,
  disputeId: DISPUTE,
};
const upcoming: Partial<EventSubject> = { ...invoice(RENEWAL), objectId: null, invoiceId: null };
const trial: Partial<EventSubject> = { ...subscription, trialEnd: Date.parse("2026-11-09T10:15:30Z") };

/** What each recorded event is about, read from the recordings by eye. */
export const SUBJECTS: Readonly<Record<string, Partial<EventSubject>>> = {
  "charge.dispute.closed": { ...dispute, disputeLost: true },
  "charge.dispute.closed.pre-basil": { ...dispute, disputeLost: true },
  "charge.dispute.created": dispute,
  "charge.dispute.created.pre-basil": dispute,
  "charge.dispute.funds_reinstated": dispute,
  "charge.dispute.funds_withdrawn": dispute,
  "charge.dispute.updated": dispute,
  "charge.refunded": charge,
  "charge.refunded.pre-basil": { ...charge, invoiceId: FIRST_INVOICE },
  "checkout.session.completed": { ...session, subscriptionId: SUBSCRIPTION },
  "checkout.session.completed.pre-basil": { ...session, subscriptionId: SUBSCRIPTION },
  "checkout.session.expired": session,
  "checkout.session.expired.pre-basil": session,
  "customer.subscription.created": subscription,
  "customer.subscription.created.pre-basil": subscription,
  "customer.subscription.deleted": subscription,
  "customer.subscription.deleted.pre-basil": subscription,
  "customer.subscription.paused": subscription,
  "customer.subscription.paused.pre-basil": subscription,
  "customer.subscription.pending_update_applied": subscription,
  "customer.subscription.pending_update_expired": subscription,
  "customer.subscription.resumed": subscription,
  "customer.subscription.resumed.pre-basil": subscription,
  "customer.subscription.trial_will_end": trial,
  "customer.subscription.trial_will_end.pre-basil": trial,
  "customer.subscription.updated": subscription,
  "customer.subscription.updated.pre-basil": subscription,
  "invoice.marked_uncollectible": invoice(RENEWAL),
  "invoice.marked_uncollectible.pre-basil": invoice(RENEWAL),
  "invoice.paid": invoice(FIRST_INVOICE),
  "invoice.paid.pre-basil": invoice(FIRST_INVOICE),
  "invoice.payment_action_required": invoice(RENEWAL),
  "invoice.payment_action_required.pre-basil": invoice(RENEWAL),
  "invoice.payment_failed": { ...invoice(RENEWAL), failedAttempt: 2 },
  "invoice.payment_failed.pre-basil": { ...invoice(RENEWAL), failedAttempt: 2 },
  "invoice.payment_succeeded": invoice(FIRST_INVOICE),
  "invoice.payment_succeeded.pre-basil": invoice(FIRST_INVOICE),
  "invoice.upcoming": upcoming,
  "invoice.upcoming.pre-basil": upcoming,
  "invoice.voided": invoice(RENEWAL),
  "invoice.voided.pre-basil": invoice(RENEWAL),
  "invoice_payment.paid": {
    objectId: "inpay_1SPlA6Kd7XwR4fJ9bNmQwErT",
    invoiceId: FIRST_INVOICE,
    paymentId: PAYMENT,
  },
  "refund.created": refund,
  "refund.failed": refund,
  "refund.updated": refund,
};
