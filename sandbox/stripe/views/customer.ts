import { cardOf } from "../cards.ts";
import type { Customer, PaymentMethod, PortalFlow, PortalSession } from "../records.ts";
import type { StripeObject, Work } from "../world.ts";
import { emptyAddress } from "./list.ts";

export function customerView(_work: Work, customer: Customer): StripeObject {
  if (customer.deleted) return { id: customer.id, object: "customer", deleted: true };
  return {
    id: customer.id,
    object: "customer",
    address: null,
    balance: customer.balance,
    created: customer.created,
    currency: customer.currency,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: customer.description,
    discount: null,
    email: customer.email,
    invoice_prefix: customer.id.slice(-8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: customer.default_payment_method,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: customer.metadata,
    name: customer.name,
    next_invoice_sequence: 1,
    phone: customer.phone,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
}

export function paymentMethodView(work: Work, method: PaymentMethod): StripeObject {
  const customer = method.customer === null ? undefined : work.state.customers[method.customer];
  return {
    id: method.id,
    object: "payment_method",
    allow_redisplay: "limited",
    billing_details: {
      address: emptyAddress,
      email: customer?.email ?? null,
      name: customer?.name ?? null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand: cardOf(method).brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
      country: "US",
      display_brand: cardOf(method).brand,
      exp_month: method.exp_month,
      exp_year: method.exp_year,
      fingerprint: `sandbox${method.number.slice(-9)}`,
      funding: "credit",
      generated_from: null,
      last4: method.number.slice(-4),
      networks: { available: [cardOf(method).brand], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: method.created,
    customer: method.customer,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: "card",
  };
}

export function portalSessionView(_work: Work, session: PortalSession): StripeObject {
  return {
    id: session.id,
    object: "billing_portal.session",
    configuration: "bpc_1SandboxDefault",
    created: session.created,
    customer: session.customer,
    customer_account: null,
    flow: flowView(session.flow ?? null),
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: session.return_url,
    url: session.url,
  };
}

function flowView(flow: PortalFlow | null): StripeObject | null {
  if (flow === null) return null;
  const { type, subscription, after } = flow;
  return {
    after_completion: {
      hosted_confirmation: null,
      redirect: after === null ? null : { return_url: after },
      type: after === null ? "portal_homepage" : "redirect",
    },
    customer_update: null,
    subscription_cancel: type === "subscription_cancel" ? { retention: null, subscription } : null,
    subscription_update: type === "subscription_update" ? { subscription } : null,
    subscription_update_confirm: null,
    type,
  };
}
