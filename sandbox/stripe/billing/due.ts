import { day, hour } from "../calendar.ts";
import { expireSession } from "../checkout/expire.ts";
import type { Invoice } from "../money-records.ts";
import type { Subscription } from "../records.ts";
import type { Work } from "../world.ts";
import { endSubscription, expireIncomplete } from "./cancel.ts";
import { leavePhase } from "./phase-change.ts";
import { announceRenewal, finalizeAndCharge, renew } from "./renew.ts";
import { runningPhase, scheduleOf } from "./schedule.ts";
import { charge } from "./settle.ts";
import { announceTrialEnd } from "./subscribe.ts";
import { isOver, updateSubscription } from "./update.ts";

/** Something that happens by itself at a time (seconds). */
export interface Due {
  at: number;
  run: (work: Work) => void;
}

/** A first payment may take this long, seconds. */
const incompleteTime = 23 * hour;
/** How long before a renewal it is announced, seconds. */
const upcomingTime = 7 * day;

/** The earliest thing that happens by itself at or before `until` (seconds). */
export function firstDue(state: Work["state"], until: number): Due | null {
  let first: Due | null = null;
  const consider = (due: Due): void => {
    if (due.at <= until && (first === null || due.at < first.at)) first = due;
  };
  for (const session of Object.values(state.sessions)) {
    if (session.status === "open")
      consider({ at: session.expires_at, run: (work) => expireSession(work, session) });
  }
  for (const invoice of Object.values(state.invoices)) ofInvoice(invoice, consider);
  for (const sub of Object.values(state.subscriptions)) {
    if (!isOver(sub)) ofSubscription(state, sub, consider);
  }
  return first;
}

function ofInvoice(invoice: Invoice, consider: (due: Due) => void): void {
  if (!invoice.auto_advance) return;
  if (invoice.status === "draft" && invoice.automatically_finalizes_at !== null) {
    consider({ at: invoice.automatically_finalizes_at, run: (work) => finalizeAndCharge(work, invoice) });
  }
  if (invoice.status === "open" && invoice.next_payment_attempt !== null) {
    consider({
      at: invoice.next_payment_attempt,
      run: (work) => void charge(work, invoice, { automatic: true, present: false }),
    });
  }
}

function ofSubscription(state: Work["state"], sub: Subscription, consider: (due: Due) => void): void {
  if (sub.status === "incomplete") {
    consider({ at: sub.created + incompleteTime, run: (work) => expireIncomplete(work, sub, null) });
    return;
  }
  // at the same second the end comes before a renewal, because it is considered first
  const end = (work: Work): void => endSubscription(work, sub, null);
  if (sub.cancel_at !== null) consider({ at: sub.cancel_at, run: end });
  if (sub.cancel_at_period_end) consider({ at: sub.current_period_end, run: end });
  if (sub.status === "paused") return;
  const resumes = sub.pause_collection?.resumes_at ?? null;
  if (resumes !== null) {
    consider({
      at: resumes,
      run: (work) =>
        updateSubscription(work, sub, (it) => {
          it.pause_collection = null;
        }),
    });
  }
  if (sub.status === "trialing" && sub.trial_end !== null && !sub.announced.trial_will_end) {
    consider({ at: sub.trial_end - 3 * day, run: (work) => announceTrialEnd(work, sub) });
  }
  const announced = sub.announced.upcoming_for === sub.current_period_end;
  const ends =
    sub.cancel_at_period_end || (sub.cancel_at !== null && sub.cancel_at <= sub.current_period_end);
  if (!announced && !ends) {
    const at = Math.max(sub.current_period_start, sub.current_period_end - upcomingTime);
    consider({ at, run: (work) => announceRenewal(work, sub) });
  }
  const schedule = scheduleOf(state, sub);
  if (schedule !== null) {
    consider({ at: runningPhase(schedule).end, run: (work) => leavePhase(work, sub, schedule) });
  }
  consider({ at: sub.current_period_end, run: (work) => renew(work, sub) });
}
