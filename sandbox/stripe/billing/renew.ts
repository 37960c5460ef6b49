import { nextBoundary, sameCycle } from "../calendar.ts";
import type { Invoice } from "../money-records.ts";
import type { Subscription, SubscriptionItem } from "../records.ts";
import type { SchedulePhase } from "../schedule-records.ts";
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
import { enterNextPhase, itemsOfPhase, nextPhase, scheduleOf } from "./schedule.ts";
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
  const next = nextPeriod(work, sub);
  const invoice = draftInvoice(work, sub, draftOf(work, sub, next));
  updateSubscription(work, sub, (it) => {
    it.items = next.items;
    it.metadata = { ...it.metadata, ...next.phase?.metadata };
    it.billing_cycle_anchor = next.anchor;
    it.current_period_start = next.start;
    it.current_period_end = next.end;
    it.latest_invoice = invoice.id;
    if (trialOver) it.status = "active";
  });
  const schedule = scheduleOf(work.state, sub);
  if (next.phase !== null && schedule !== null) enterNextPhase(work, schedule);
}

/** Announces the next renewal some days before it. */
export function announceRenewal(work: Work, sub: Subscription): void {
  sub.announced.upcoming_for = sub.current_period_end;
  emit(
    work,
    "invoice.upcoming",
    upcomingView(work, buildInvoice(work, sub, { ...renewalDraft(work, sub), reason: "upcoming" })),
  );
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

/** What the next renewal will ask for. */
export function renewalDraft(work: Work, sub: Subscription): Draft {
  return draftOf(work, sub, nextPeriod(work, sub));
}

/** The period after the running one. */
interface Period {
  items: SubscriptionItem[];
  anchor: number;
  start: number;
  end: number;
  /** the phase of a schedule that begins with it */
  phase: SchedulePhase | null;
}

/** A phase that begins with the period brings its items; another rhythm counts from there. */
function nextPeriod(work: Work, sub: Subscription): Period {
  const start = sub.current_period_end;
  const schedule = scheduleOf(work.state, sub);
  const next = schedule === null ? null : nextPhase(schedule);
  const phase = next?.start === start ? next : null;
  const items = phase === null ? sub.items : itemsOfPhase(work, sub, phase);
  const cycle = cycleOf(work, { items });
  const anchor = sameCycle(cycleOf(work, sub), cycle) ? sub.billing_cycle_anchor : start;
  return { items, anchor, start, end: nextBoundary(anchor, cycle, start), phase };
}

function draftOf(work: Work, sub: Subscription, { items, start, end }: Period): Draft {
  const unpaid = sub.status === "unpaid";
  return {
    reason: "subscription_cycle",
    lines: items.map((item) => periodLine(work, item, { start, end }, false)),
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
