import { find } from "../errors.ts";
import type { Invoice, InvoiceItem, InvoiceLine, InvoicePayment } from "../money-records.ts";
import type { StripeObject, Work } from "../world.ts";
import { listOf } from "./list.ts";

export function invoiceView(work: Work, invoice: Invoice): StripeObject {
  const finalized = invoice.finalized_at !== null;
  return {
    id: invoice.id,
    object: "invoice",
    account_country: "US",
    account_name: "Perennial sandbox",
    account_tax_ids: null,
    amount_due: invoice.amount_due,
    amount_overpaid: 0,
    amount_paid: invoice.amount_paid,
    amount_paid_off_stripe: 0,
    amount_remaining: Math.max(0, invoice.amount_due - invoice.amount_paid),
    amount_shipping: 0,
    application: null,
    attempt_count: invoice.attempt_count,
    attempted: invoice.attempted,
    auto_advance: invoice.auto_advance,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: invoice.automatically_finalizes_at,
    billing_reason: invoice.billing_reason,
    collection_method: "charge_automatically",
    created: invoice.created,
    currency: invoice.currency,
    custom_fields: null,
    customer: invoice.customer,
    customer_account: null,
    customer_address: null,
    customer_email: invoice.customer_email,
    customer_name: invoice.customer_name,
    customer_phone: null,
    customer_shipping: null,
    customer_tax_exempt: "none",
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: null,
    effective_at: invoice.finalized_at,
    ending_balance: invoice.ending_balance,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: finalized
      ? `https://invoice.stripe.com/i/${work.state.account}/test_${invoice.id}`
      : null,
    invoice_pdf: finalized
      ? `https://pay.stripe.com/invoice/${work.state.account}/test_${invoice.id}/pdf`
      : null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines: listOf(
      `/v1/invoices/${invoice.id}/lines`,
      invoice.lines.map((line) => lineView(work, invoice, line)),
    ),
    livemode: false,
    metadata: invoice.metadata,
    next_payment_attempt: invoice.next_payment_attempt,
    number: invoice.number,
    on_behalf_of: null,
    parent: {
      quote_details: null,
      subscription_details: {
        metadata: invoice.subscription_metadata,
        subscription: invoice.subscription,
        ...(invoice.subscription_proration_date === null
          ? {}
          : { subscription_proration_date: invoice.subscription_proration_date }),
      },
      type: "subscription_details",
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: invoice.period_end,
    period_start: invoice.period_start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: invoice.starting_balance,
    statement_descriptor: null,
    status: invoice.status,
    status_transitions: {
      finalized_at: invoice.finalized_at,
      marked_uncollectible_at: invoice.marked_uncollectible_at,
      paid_at: invoice.paid_at,
      voided_at: invoice.voided_at,
    },
    subtotal: invoice.total,
    subtotal_excluding_tax: invoice.total,
    test_clock: null,
    total: invoice.total,
    total_discount_amounts: [],
    total_excluding_tax: invoice.total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: invoice.finalized_at,
  };
}

export function lineView(work: Work, invoice: Invoice, line: InvoiceLine): StripeObject {
  const price = find(work.state.prices, line.price, "price");
  const prorated = { credited_items: null };
  return {
    id: line.id,
    object: "line_item",
    amount: line.amount,
    currency: invoice.currency,
    description: line.description,
    discount_amounts: [],
    discountable: !line.proration,
    discounts: [],
    invoice: invoice.id,
    livemode: false,
    metadata: invoice.subscription_metadata,
    parent:
      line.invoice_item === null
        ? {
            invoice_item_details: null,
            subscription_item_details: {
              invoice_item: null,
              proration: line.proration,
              proration_details: prorated,
              subscription: invoice.subscription,
              subscription_item: line.subscription_item,
            },
            type: "subscription_item_details",
          }
        : {
            invoice_item_details: {
              invoice_item: line.invoice_item,
              proration: line.proration,
              proration_details: prorated,
              subscription: invoice.subscription,
            },
            subscription_item_details: null,
            type: "invoice_item_details",
          },
    period: line.period,
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: "price_details",
      unit_amount_decimal: String(price.unit_amount),
    },
    quantity: line.quantity,
    quantity_decimal: String(line.quantity),
    subscription: invoice.subscription,
    subtotal: line.amount,
    taxes: [],
  };
}

/** The invoice that Stripe announces some days ahead: it has no id yet. */
export function upcomingView(work: Work, invoice: Invoice): StripeObject {
  const { id: _none, ...rest } = invoiceView(work, invoice);
  return {
    ...rest,
    lines: listOf(`/v1/invoices/upcoming/lines?subscription=${invoice.subscription}`, listData(rest)),
  };
}

function listData(view: StripeObject): unknown[] {
  const lines = view["lines"];
  return typeof lines === "object" && lines !== null && "data" in lines && Array.isArray(lines.data)
    ? lines.data
    : [];
}

export function invoicePaymentView(_work: Work, payment: InvoicePayment): StripeObject {
  return {
    id: payment.id,
    object: "invoice_payment",
    amount_paid: payment.amount_paid,
    amount_requested: payment.amount_requested,
    created: payment.created,
    currency: payment.currency,
    invoice: payment.invoice,
    is_default: true,
    livemode: false,
    payment: { payment_intent: payment.payment_intent, type: "payment_intent" },
    status: payment.status,
    status_transitions: { canceled_at: payment.canceled_at, paid_at: payment.paid_at },
  };
}

export function invoiceItemView(work: Work, item: InvoiceItem): StripeObject {
  const price = find(work.state.prices, item.line.price, "price");
  return {
    id: item.id,
    object: "invoiceitem",
    amount: item.line.amount,
    currency: item.currency,
    customer: item.customer,
    customer_account: null,
    date: item.created,
    description: item.line.description,
    discountable: false,
    discounts: [],
    invoice: item.invoice,
    livemode: false,
    metadata: {},
    net_amount: item.line.amount,
    parent: {
      subscription_details: {
        subscription: item.subscription,
        subscription_item: item.line.subscription_item,
      },
      type: "subscription_details",
    },
    period: item.line.period,
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: "price_details",
      unit_amount_decimal: String(price.unit_amount),
    },
    proration: item.line.proration,
    quantity: item.line.quantity,
    quantity_decimal: String(item.line.quantity),
    tax_rates: [],
    test_clock: null,
  };
}
