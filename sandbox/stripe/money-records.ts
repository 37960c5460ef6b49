import type { Metadata } from "./records.ts";

export interface InvoiceLine {
  id: string;
  description: string;
  amount: number;
  price: string;
  quantity: number;
  subscription_item: string;
  invoice_item: string | null;
  proration: boolean;
  period: { start: number; end: number };
}

export type BillingReason =
  | "subscription_create"
  | "subscription_cycle"
  | "subscription_update"
  /** of an invoice that does not exist */
  | "upcoming";

export interface Invoice {
  id: string;
  created: number;
  number: string | null;
  status: "draft" | "open" | "paid" | "uncollectible" | "void";
  billing_reason: BillingReason;
  customer: string;
  customer_email: string | null;
  customer_name: string | null;
  subscription: string;
  /** the subscription's metadata when the invoice was made */
  subscription_metadata: Metadata;
  subscription_proration_date: number | null;
  currency: string;
  lines: InvoiceLine[];
  total: number;
  amount_due: number;
  amount_paid: number;
  starting_balance: number;
  ending_balance: number | null;
  attempt_count: number;
  attempted: boolean;
  auto_advance: boolean;
  automatically_finalizes_at: number | null;
  next_payment_attempt: number | null;
  finalized_at: number | null;
  paid_at: number | null;
  voided_at: number | null;
  marked_uncollectible_at: number | null;
  period_start: number;
  period_end: number;
  metadata: Metadata;
}

export interface InvoiceItem {
  id: string;
  created: number;
  customer: string;
  subscription: string;
  /** the invoice that it went to; null = pending, goes to the next one */
  invoice: string | null;
  line: InvoiceLine;
  currency: string;
}

export interface InvoicePayment {
  id: string;
  created: number;
  invoice: string;
  payment_intent: string;
  amount_requested: number;
  amount_paid: number | null;
  currency: string;
  status: "open" | "paid" | "canceled";
  paid_at: number | null;
  canceled_at: number | null;
}

export interface PaymentIntent {
  id: string;
  created: number;
  client_secret: string;
  amount: number;
  currency: string;
  customer: string;
  description: string | null;
  payment_method: string | null;
  latest_charge: string | null;
  status: "requires_payment_method" | "requires_action" | "succeeded" | "canceled";
  last_decline: { code: string; decline_code: string | null; charge: string | null; message: string } | null;
  canceled_at: number | null;
}

export interface Charge {
  id: string;
  created: number;
  amount: number;
  amount_refunded: number;
  currency: string;
  customer: string;
  description: string | null;
  payment_intent: string;
  payment_method: string;
  billing: { email: string | null; name: string | null };
  status: "succeeded" | "failed";
  decline: { code: string; decline_code: string; message: string } | null;
  disputed: boolean;
  balance_transaction: string | null;
}

export interface Refund {
  id: string;
  created: number;
  amount: number;
  currency: string;
  charge: string;
  payment_intent: string;
  reason: "duplicate" | "fraudulent" | "requested_by_customer" | null;
  status: "pending" | "succeeded" | "failed" | "canceled";
  failure_reason: string | null;
  metadata: Metadata;
  balance_transaction: string;
}

export interface Dispute {
  id: string;
  created: number;
  amount: number;
  currency: string;
  charge: string;
  payment_intent: string;
  reason: string;
  status: "needs_response" | "under_review" | "won" | "lost";
  due_by: number;
  metadata: Metadata;
}
