import { find } from "../errors.ts";
import type { CheckoutSession } from "../records.ts";
import type { StripeObject, Work } from "../world.ts";
import { priceView } from "./price.ts";

export function sessionView(work: Work, session: CheckoutSession): StripeObject {
  const customer = session.customer === null ? undefined : work.state.customers[session.customer];
  const email = customer?.email ?? session.customer_email;
  return {
    id: session.id,
    object: "checkout.session",
    adaptive_pricing: null,
    after_expiration: null,
    allow_promotion_codes: session.allow_promotion_codes,
    allowed_payment_method_types: null,
    amount_subtotal: session.amount_total,
    amount_total: session.amount_total,
    automatic_tax: automaticTaxView(session),
    billing_address_collection: null,
    cancel_url: session.cancel_url,
    client_reference_id: session.client_reference_id,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: session.created,
    currency: session.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: session.customer,
    customer_account: null,
    customer_creation: session.customer === null || session.customer_email !== null ? "always" : null,
    customer_details:
      email === null
        ? null
        : {
            address: null,
            business_name: null,
            email,
            individual_name: null,
            name: customer?.name ?? null,
            phone: null,
            tax_exempt: "none",
            tax_ids: null,
          },
    customer_email: session.customer_email,
    discounts: null,
    expires_at: session.expires_at,
    integration_identifier: null,
    invoice: session.invoice,
    invoice_creation: null,
    livemode: false,
    locale: session.locale,
    managed_payments: null,
    metadata: session.metadata,
    mode: "subscription",
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: session.payment_method_collection,
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: ["card"],
    payment_status: session.payment_status,
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: session.status,
    submit_type: null,
    subscription: session.subscription,
    success_url: session.success_url,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: session.status === "open" ? session.url : null,
    wallet_options: null,
  };
}

/** The sandbox knows where nobody lives: taxes stay to be worked out until the customer has paid, then they are 0. */
function automaticTaxView(session: CheckoutSession): StripeObject {
  if (session.automatic_tax !== true)
    return { enabled: false, liability: null, provider: null, status: null };
  const status = session.status === "complete" ? "complete" : "requires_location_inputs";
  return { enabled: true, liability: { type: "self" }, provider: "stripe", status };
}

export function sessionLineView(work: Work, line: CheckoutSession["line_items"][number]): StripeObject {
  const price = find(work.state.prices, line.price, "price");
  const amount = price.unit_amount * line.quantity;
  return {
    id: line.id,
    object: "item",
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: find(work.state.products, price.product, "product").name,
    metadata: {},
    price: priceView(work, price),
    quantity: line.quantity,
  };
}
