import { day } from "../calendar.ts";
import type { Invoice } from "../money-records.ts";
import type { PaymentMethod, Subscription } from "../records.ts";
import type { Work } from "../world.ts";
import { endSubscription, expireIncomplete } from "./cancel.ts";
import { collect, type Outcome, payingMethod } from "./collect.ts";
import { isOver, updateSubscription } from "./update.ts";

/** How an invoice is charged, by whom and with what. */
interface Charging {
  automatic: boolean;
  present: boolean;
  method?: PaymentMethod;
}

/** Charges an open invoice and lets its subscription follow: paid brings it back, unpaid makes it past due. */
export function charge(work: Work, invoice: Invoice, charging: Charging): Outcome {
  const sub = work.state.subscriptions[invoice.subscription];
  const outcome = collect(work, invoice, {
    ...charging,
    method: charging.method ?? (sub === undefined ? null : payingMethod(work, sub)),
    next: (attempts) => nextAttempt(work, sub, invoice, attempts),
  });
  if (sub === undefined || isOver(sub)) return outcome;
  if (outcome.paid) afterPayment(work, sub, invoice);
  else afterFailure(work, sub, invoice);
  return outcome;
}

/** Paying (or writing off) the latest invoice makes the subscription good again. */
export function afterPayment(work: Work, sub: Subscription, invoice: Invoice): void {
  if (latestBut(work, sub, ["void"])?.id !== invoice.id) return;
  if (sub.status === "incomplete" || sub.status === "past_due" || sub.status === "unpaid") {
    updateSubscription(work, sub, (it) => {
      it.status = "active";
    });
  }
}

/** A voided invoice counts no more: the latest of the others says how the subscription stands. */
export function afterVoid(work: Work, sub: Subscription): void {
  if (sub.status === "incomplete") {
    expireIncomplete(work, sub, null);
    return;
  }
  if (sub.status !== "past_due" && sub.status !== "unpaid") return;
  if (latestBut(work, sub, ["void", "draft"])?.status === "open") return;
  updateSubscription(work, sub, (it) => {
    it.status = "active";
  });
}

/** Stripe's documentation: the status is determined from the most recent invoice that is not void. */
function latestBut(
  work: Work,
  sub: Subscription,
  without: readonly Invoice["status"][],
): Invoice | undefined {
  return Object.values(work.state.invoices).findLast(
    (invoice) => invoice.subscription === sub.id && !without.includes(invoice.status),
  );
}

function nextAttempt(
  work: Work,
  sub: Subscription | undefined,
  invoice: Invoice,
  attempts: number,
): number | null {
  if (sub === undefined || isOver(sub) || sub.status === "incomplete") return null;
  if (invoice.next_payment_attempt !== null && invoice.next_payment_attempt > work.now)
    return invoice.next_payment_attempt;
  const wait = work.knobs.billing.retry_days[attempts - 1];
  return wait === undefined ? null : work.now + Math.round(wait * day);
}

function afterFailure(work: Work, sub: Subscription, invoice: Invoice): void {
  if (sub.status === "incomplete" || latestBut(work, sub, ["void"])?.id !== invoice.id) return;
  const exhausted = invoice.next_payment_attempt === null;
  if (exhausted && work.knobs.billing.after_retries === "canceled") {
    endSubscription(work, sub, "payment_failed");
    return;
  }
  updateSubscription(work, sub, (it) => {
    it.status = exhausted && work.knobs.billing.after_retries === "unpaid" ? "unpaid" : "past_due";
  });
}
