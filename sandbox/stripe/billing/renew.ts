import { nextBoundary } from "../calendar.ts";
import type { Invoice } from "../money-records.ts";
import type { Subscription } from "../records.ts";
import { upcomingView } from "../views/invoice.ts";
import { subscriptionView } from "../views/subscription.ts";
import { emit, type Work } from "../world.ts";
import { endSubscription } from "./cancel.ts";
import { payingMethod } from "./collect.ts";
import {
  buildInvoice,
  type Draft,
  draftInvoice,
  draftTime,
  finalizeInvoice,
  markUncollectible,
  voidInvoice,
} from "./invoicing.ts";
import { cycleOf, periodLine } from "./lines.ts";
import { charge } from "./settle.ts";
import { updateSubscription } from "./update.ts";

/** The running period is over: the next one begins at once, its money is asked for an hour later. */
export function renew(work: Work, sub: Subscription): void {
  const trialOver = sub.status === "trialing";
  if (trialOver && payingMethod(work, sub) === null && sub.missing_payment_method !== "create_invoice") {
    if (sub.missing_payment_method === "cancel") endSubscription(work, sub, null);
    else pauseForMissingCard(work, sub);
    return;
  }
  const invoice = draftInvoice(work, sub, nextDraft(work, sub));
  updateSubscription(work, sub, (it) => {
    const start = it.current_period_end;
    it.current_period_start = start;
    it.current_period_end = nextBoundary(it.billing_cycle_anchor, cycleOf(work, it), start);
    it.latest_invoice = invoice.id;
    if (trialOver) it.status = "active";
  });
}

/** Announces the next renewal some days before it. */
export function announceRenewal(work: Work, sub: Subscription): void {
  sub.announced.upcoming_for = sub.current_period_end;
  emit(work, "invoice.upcoming", upcomingView(work, buildInvoice(work, sub, nextDraft(work, sub))));
}

/** The hour after a renewal is over: the invoice becomes final and is charged, unless collection is paused. */
export function finalizeAndCharge(work: Work, invoice: Invoice): void {
  const pause = work.state.subscriptions[invoice.subscription]?.pause_collection ?? null;
  if (pause?.behavior === "keep_as_draft") {
    invoice.auto_advance = false;
    invoice.automatically_finalizes_at = null;
    invoice.next_payment_attempt = null;
    return;
  }
  finalizeInvoice(work, invoice);
  if (pause?.behavior === "void") voidInvoice(work, invoice);
  else if (pause?.behavior === "mark_uncollectible") markUncollectible(work, invoice);
  else charge(work, invoice, { automatic: true, present: false });
}

function nextDraft(work: Work, sub: Subscription): Draft {
  const start = sub.current_period_end;
  const end = nextBoundary(sub.billing_cycle_anchor, cycleOf(work, sub), start);
  const unpaid = sub.status === "unpaid";
  return {
    reason: "subscription_cycle",
    lines: sub.items.map((item) => periodLine(work, item, { start, end }, false)),
    window: { start: sub.current_period_start, end: start },
    finalizesAt: unpaid ? null : start + draftTime,
    autoAdvance: !unpaid,
  };
}

function pauseForMissingCard(work: Work, sub: Subscription): void {
  updateSubscription(work, sub, (it) => {
    it.status = "paused";
    it.paused = { type: "trial_end_without_payment_method", transitioned_at: work.now };
  });
  emit(work, "customer.subscription.paused", subscriptionView(work, sub));
}
