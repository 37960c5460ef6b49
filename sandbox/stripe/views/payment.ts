import { cardOf } from "../cards.ts";
import { find } from "../errors.ts";
import type { Charge, PaymentIntent } from "../money-records.ts";
import type { StripeObject, Work } from "../world.ts";
import { paymentMethodView } from "./customer.ts";
import { emptyAddress } from "./list.ts";

export function paymentIntentView(work: Work, intent: PaymentIntent): StripeObject {
  return {
    id: intent.id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: intent.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: intent.status === "succeeded" ? intent.amount : 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: intent.canceled_at,
    cancellation_reason: intent.status === "canceled" ? "void_invoice" : null,
    capture_method: "automatic",
    client_secret: intent.client_secret,
    confirmation_method: "automatic",
    created: intent.created,
    currency: intent.currency,
    customer: intent.customer,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: null,
    last_payment_error: lastError(work, intent),
    latest_charge: intent.latest_charge,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_action:
      intent.status === "requires_action"
        ? { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect" } }
        : null,
    on_behalf_of: null,
    payment_method: intent.status === "requires_payment_method" ? null : intent.payment_method,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: "automatic" },
    },
    payment_method_types: ["card"],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: "off_session",
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: intent.status,
    transfer_data: null,
    transfer_group: null,
  };
}

function lastError(work: Work, intent: PaymentIntent): StripeObject | null {
  const { last_decline: decline, payment_method: id } = intent;
  if (decline === null) return null;
  const method = id === null ? undefined : work.state.payment_methods[id];
  return {
    ...(decline.charge === null ? {} : { charge: decline.charge }),
    code: decline.code,
    ...(decline.decline_code === null ? {} : { decline_code: decline.decline_code }),
    doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll("_", "-")}`,
    message: decline.message,
    ...(method === undefined ? {} : { payment_method: paymentMethodView(work, method) }),
    type: "card_error",
  };
}

export function chargeView(work: Work, charge: Charge): StripeObject {
  const method = find(work.state.payment_methods, charge.payment_method, "PaymentMethod");
  const paid = charge.status === "succeeded";
  return {
    id: charge.id,
    object: "charge",
    amount: charge.amount,
    amount_captured: paid ? charge.amount : 0,
    amount_refunded: charge.amount_refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: charge.balance_transaction,
    billing_details: { address: emptyAddress, ...charge.billing, phone: null, tax_id: null },
    calculated_statement_descriptor: "PERENNIAL SANDBOX",
    captured: paid,
    created: charge.created,
    currency: charge.currency,
    customer: charge.customer,
    description: charge.description,
    disputed: charge.disputed,
    failure_balance_transaction: null,
    failure_code: charge.decline?.code ?? null,
    failure_message: charge.decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: {},
    on_behalf_of: null,
    outcome: {
      advice_code: paid ? null : "try_again_later",
      network_advice_code: null,
      network_decline_code: paid ? null : "05",
      network_status: paid ? "approved_by_network" : "declined_by_network",
      reason: charge.decline?.decline_code ?? null,
      risk_level: "normal",
      risk_score: 20,
      seller_message: paid
        ? "Payment complete."
        : "The bank did not return any further details with this decline.",
      type: paid ? "authorized" : "issuer_declined",
    },
    paid,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    payment_method_details: {
      card: {
        amount_authorized: paid ? charge.amount : null,
        authorization_code: null,
        brand: cardOf(method).brand,
        checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
        country: "US",
        exp_month: method.exp_month,
        exp_year: method.exp_year,
        fingerprint: `sandbox${method.number.slice(-9)}`,
        funding: "credit",
        installments: null,
        last4: method.number.slice(-4),
        mandate: null,
        network: cardOf(method).brand,
        network_token: { used: false },
        network_transaction_id: charge.id.slice(-15),
        regulated_status: "unregulated",
        three_d_secure: null,
        transaction_link_id: null,
        wallet: null,
      },
      type: "card",
    },
    radar_options: {},
    receipt_email: null,
    receipt_number: null,
    receipt_url: paid ? `https://pay.stripe.com/receipts/payment/${charge.id}` : null,
    refunded: charge.amount_refunded >= charge.amount && paid,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: charge.status,
    transfer_data: null,
    transfer_group: null,
  };
}
