import { day } from "../calendar.ts";
import { cardOf } from "../cards.ts";
import { find } from "../errors.ts";
import type { Dispute, Refund } from "../money-records.ts";
import type { StripeObject, Work } from "../world.ts";

export function refundView(work: Work, refund: Refund): StripeObject {
  const charge = find(work.state.charges, refund.charge, "charge");
  return {
    id: refund.id,
    object: "refund",
    amount: refund.amount,
    balance_transaction: refund.balance_transaction,
    charge: refund.charge,
    created: refund.created,
    currency: refund.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: { reference_status: "pending", reference_type: "acquirer_reference_number", type: "refund" },
      type: "card",
    },
    ...(refund.failure_reason === null ? {} : { failure_reason: refund.failure_reason }),
    metadata: refund.metadata,
    payment_intent: refund.payment_intent,
    payment_method: charge.payment_method,
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  };
}

/** Every piece of evidence that a dispute can carry; none is ever given here. */
const noEvidence = Object.fromEntries(
  [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
  ].map((name) => [name, null]),
);

export function disputeView(work: Work, dispute: Dispute): StripeObject {
  const charge = find(work.state.charges, dispute.charge, "charge");
  const method = find(work.state.payment_methods, charge.payment_method, "PaymentMethod");
  return {
    id: dispute.id,
    object: "dispute",
    amount: dispute.amount,
    balance_transactions: [],
    charge: dispute.charge,
    created: dispute.created,
    currency: dispute.currency,
    enhanced_eligibility_types: [],
    evidence: { ...noEvidence, enhanced_evidence: {} },
    evidence_details: {
      due_by: dispute.status === "needs_response" ? dispute.due_by : null,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: work.now > dispute.due_by,
      submission_count: 0,
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: dispute.metadata,
    payment_intent: dispute.payment_intent,
    payment_method_details: {
      card: {
        brand: cardOf(method).brand,
        case_type: "chargeback",
        network: cardOf(method).brand,
        network_reason_code: "10.4",
      },
      type: "card",
    },
    reason: dispute.reason,
    status: dispute.status,
  };
}

/** How long a merchant has to answer a dispute, seconds. */
export const disputeAnswerTime = 9 * day;
