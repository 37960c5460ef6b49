import { hour } from "../calendar.ts";
import { find } from "../errors.ts";
import { newId } from "../ids.ts";
import type { BillingReason, Invoice, InvoiceLine } from "../money-records.ts";
import type { Subscription } from "../records.ts";
import { customerView } from "../views/customer.ts";
import { invoiceView } from "../views/invoice.ts";
import { change, emit, type Work } from "../world.ts";
import { pendingItems } from "./pending.ts";
import { updateInvoice } from "./update.ts";

/** Stripe leaves a renewal's invoice open for changes this long before it charges (seconds). */
export const draftTime = hour;

/** What a new invoice is about. */
export interface Draft {
  reason: BillingReason;
  lines: InvoiceLine[];
  /** the association window, not the service period */
  window: { start: number; end: number };
  /** null = it is finalised by whoever made it */
  finalizesAt: number | null;
  autoAdvance: boolean;
  prorationDate?: number;
}

/** Makes a draft (which takes along what was left pending) and makes it the subscription's latest. */
export function draftInvoice(work: Work, sub: Subscription, draft: Draft): Invoice {
  const invoice = buildInvoice(work, sub, draft);
  for (const item of pendingItems(work, sub)) item.invoice = invoice.id;
  work.state.invoices[invoice.id] = invoice;
  emit(work, "invoice.created", invoiceView(work, invoice));
  return invoice;
}

/** An invoice that exists nowhere yet, with all that waits for one. */
export function buildInvoice(work: Work, sub: Subscription, draft: Draft): Invoice {
  const customer = find(work.state.customers, sub.customer, "customer");
  const waiting = pendingItems(work, sub).map((item) => ({ ...item.line, invoice_item: item.id }));
  const lines = [...draft.lines, ...waiting];
  const total = lines.reduce((sum, line) => sum + line.amount, 0);
  return {
    id: newId("invoice"),
    created: work.now,
    number: null,
    status: "draft",
    billing_reason: draft.reason,
    customer: customer.id,
    customer_email: customer.email,
    customer_name: customer.name,
    subscription: sub.id,
    subscription_metadata: { ...sub.metadata },
    subscription_proration_date: draft.prorationDate ?? null,
    currency: sub.currency,
    lines,
    total,
    amount_due: Math.max(0, total + customer.balance),
    amount_paid: 0,
    starting_balance: customer.balance,
    ending_balance: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: draft.autoAdvance,
    automatically_finalizes_at: draft.finalizesAt,
    next_payment_attempt: draft.finalizesAt,
    finalized_at: null,
    paid_at: null,
    voided_at: null,
    marked_uncollectible_at: null,
    period_start: draft.window.start,
    period_end: draft.window.end,
    metadata: {},
  };
}

/** Makes the draft final: numbered, its amount fixed after the customer's credit, open. */
export function finalizeInvoice(work: Work, invoice: Invoice): void {
  const customer = find(work.state.customers, invoice.customer, "customer");
  const owed = invoice.total + customer.balance;
  updateInvoice(work, invoice, (it) => {
    it.status = "open";
    it.number = invoiceNumber(work, invoice);
    it.finalized_at = work.now;
    it.starting_balance = customer.balance;
    it.ending_balance = Math.min(0, owed);
    it.amount_due = Math.max(0, owed);
    it.automatically_finalizes_at = null;
    it.next_payment_attempt = null;
  });
  customer.currency ??= invoice.currency;
  change(work, "customer.updated", customer, customerView, (it) => {
    it.balance = Math.min(0, owed);
  });
  emit(work, "invoice.finalized", invoiceView(work, invoice));
}

/** Ends an unpaid invoice: nothing is owed any more. */
export function voidInvoice(work: Work, invoice: Invoice): void {
  updateInvoice(work, invoice, (it) => {
    it.status = "void";
    it.voided_at = work.now;
    it.auto_advance = false;
    it.next_payment_attempt = null;
  });
  for (const payment of Object.values(work.state.invoice_payments)) {
    if (payment.invoice !== invoice.id || payment.status !== "open") continue;
    payment.status = "canceled";
    payment.canceled_at = work.now;
    const intent = work.state.payment_intents[payment.payment_intent];
    if (intent === undefined) continue;
    intent.status = "canceled";
    intent.canceled_at = work.now;
  }
  emit(work, "invoice.voided", invoiceView(work, invoice));
}

/** Gives up on an unpaid invoice; it can still be paid. */
export function markUncollectible(work: Work, invoice: Invoice): void {
  updateInvoice(work, invoice, (it) => {
    it.status = "uncollectible";
    it.marked_uncollectible_at = work.now;
    it.auto_advance = false;
    it.next_payment_attempt = null;
  });
  emit(work, "invoice.marked_uncollectible", invoiceView(work, invoice));
}

function invoiceNumber(work: Work, invoice: Invoice): string {
  const before = Object.values(work.state.invoices).filter(
    (other) => other.customer === invoice.customer && other.number !== null,
  ).length;
  return `${invoice.customer.slice(-8).toUpperCase()}-${String(before + 1).padStart(4, "0")}`;
}
