/**
 * What the sandbox remembers of each Stripe object: the part that changes. `views/` turns a record into the
 * object as Stripe sends it. Times are whole seconds since 1970, money is integer minor units.
 */

import type {
  Charge,
  Dispute,
  Invoice,
  InvoiceItem,
  InvoicePayment,
  PaymentIntent,
  Refund,
} from "./money-records.ts";
import type { Schedule } from "./schedule-records.ts";

export type Metadata = Record<string, string>;

export interface Customer {
  id: string;
  created: number;
  email: string | null;
  name: string | null;
  phone: string | null;
  description: string | null;
  metadata: Metadata;
  default_payment_method: string | null;
  /** negative = credit that pays later invoices */
  balance: number;
  currency: string | null;
  deleted: boolean;
}

export interface Product {
  id: string;
  created: number;
  name: string;
  active: boolean;
  metadata: Metadata;
}

export interface Price {
  id: string;
  created: number;
  product: string;
  unit_amount: number;
  currency: string;
  interval: "day" | "week" | "month" | "year";
  interval_count: number;
  active: boolean;
  lookup_key: string | null;
  metadata: Metadata;
}

export interface PaymentMethod {
  id: string;
  created: number;
  customer: string | null;
  /** the full test number: it decides what the card does */
  number: string;
  exp_month: number;
  exp_year: number;
}

export interface CheckoutSession {
  id: string;
  created: number;
  expires_at: number;
  status: "open" | "complete" | "expired";
  payment_status: "paid" | "unpaid" | "no_payment_required";
  customer: string | null;
  customer_email: string | null;
  client_reference_id: string | null;
  metadata: Metadata;
  line_items: { id: string; price: string; quantity: number }[];
  currency: string;
  amount_total: number;
  success_url: string;
  cancel_url: string | null;
  url: string;
  locale: string | null;
  allow_promotion_codes: boolean | null;
  /** absent in what was stored before there was any */
  automatic_tax?: boolean;
  payment_method_collection: "always" | "if_required";
  subscription_data: {
    metadata: Metadata;
    description: string | null;
    trial_period_days: number | null;
    missing_payment_method: MissingPaymentMethod;
    billing_mode: "classic" | "flexible";
  };
  subscription: string | null;
  invoice: string | null;
}

export type MissingPaymentMethod = "cancel" | "create_invoice" | "pause";

type SubscriptionStatus =
  | "incomplete"
  | "incomplete_expired"
  | "trialing"
  | "active"
  | "past_due"
  | "unpaid"
  | "paused"
  | "canceled";

export type CancellationReason = "cancellation_requested" | "payment_failed" | "payment_disputed";

export interface SubscriptionItem {
  id: string;
  created: number;
  price: string;
  quantity: number;
  metadata: Metadata;
}

interface PauseCollection {
  behavior: "keep_as_draft" | "mark_uncollectible" | "void";
  resumes_at: number | null;
}

export interface Subscription {
  id: string;
  created: number;
  customer: string;
  status: SubscriptionStatus;
  currency: string;
  items: SubscriptionItem[];
  metadata: Metadata;
  description: string | null;
  default_payment_method: string | null;
  billing_cycle_anchor: number;
  billing_mode: "classic" | "flexible";
  current_period_start: number;
  current_period_end: number;
  cancel_at: number | null;
  cancel_at_period_end: boolean;
  canceled_at: number | null;
  ended_at: number | null;
  cancellation: {
    reason: CancellationReason | null;
    feedback: string | null;
    comment: string | null;
  };
  trial_start: number | null;
  trial_end: number | null;
  missing_payment_method: MissingPaymentMethod;
  save_default_payment_method: "off" | "on_subscription";
  pause_collection: PauseCollection | null;
  paused: { type: string; transitioned_at: number } | null;
  latest_invoice: string | null;
  /** what manages it; absent in what was stored before there were any */
  schedule?: string | null;
  /** what has been announced, so that it is announced once */
  announced: { trial_will_end: boolean; upcoming_for: number | null };
}

/** What a customer was sent to the portal to do; the page shows everything all the same. */
export interface PortalFlow {
  type: "customer_update" | "payment_method_update" | "subscription_cancel" | "subscription_update";
  subscription: string | null;
  /** where the customer goes when it is done; null = to the portal's own page */
  after: string | null;
}

export interface PortalSession {
  id: string;
  created: number;
  customer: string;
  return_url: string | null;
  /** absent in what was stored before there were any */
  flow?: PortalFlow | null;
  url: string;
}

export interface WebhookEndpoint {
  id: string;
  created: number;
  url: string;
  secrets: string[];
  enabled_events: string[];
  description: string | null;
  metadata: Metadata;
  status: "enabled" | "disabled";
}

export interface StoredEvent {
  id: string;
  type: string;
  created: number;
  request: { id: string | null; idempotency_key: string | null };
  /** the snapshot, as it was when the event happened; of a made-up event anything at all */
  object: unknown;
  /** the version that a made-up event claims to have; absent = the sandbox's own */
  api_version?: string | null;
  previous_attributes: Record<string, unknown> | null;
}

/** The first answer to an idempotency key. */
interface StoredReply {
  fingerprint: string;
  /** sandbox time, ms */
  at: number;
  request: string;
  /** null while the first request is still being worked on */
  reply: { status: number; body: string } | null;
}

/** Everything Stripe-like that the sandbox remembers. */
export interface StripeState {
  account: string;
  customers: Record<string, Customer>;
  products: Record<string, Product>;
  prices: Record<string, Price>;
  payment_methods: Record<string, PaymentMethod>;
  sessions: Record<string, CheckoutSession>;
  subscriptions: Record<string, Subscription>;
  schedules: Record<string, Schedule>;
  invoices: Record<string, Invoice>;
  invoice_items: Record<string, InvoiceItem>;
  invoice_payments: Record<string, InvoicePayment>;
  payment_intents: Record<string, PaymentIntent>;
  charges: Record<string, Charge>;
  refunds: Record<string, Refund>;
  disputes: Record<string, Dispute>;
  portal_sessions: Record<string, PortalSession>;
  webhook_endpoints: Record<string, WebhookEndpoint>;
  events: Record<string, StoredEvent>;
  idempotency: Record<string, StoredReply>;
}

/** An account in which nothing has happened. */
export function emptyStripeState(): StripeState {
  return {
    account: "acct_1SandboxPerennial",
    customers: {},
    products: {},
    prices: {},
    payment_methods: {},
    sessions: {},
    subscriptions: {},
    schedules: {},
    invoices: {},
    invoice_items: {},
    invoice_payments: {},
    payment_intents: {},
    charges: {},
    refunds: {},
    disputes: {},
    portal_sessions: {},
    webhook_endpoints: {},
    events: {},
    idempotency: {},
  };
}
