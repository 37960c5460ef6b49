import type { Invoice } from "../money-records.ts";
import type { Subscription } from "../records.ts";
import type { Schedule } from "../schedule-records.ts";
import type { Work } from "../world.ts";
import { billChange } from "./change-items.ts";
import { finalizeInvoice } from "./invoicing.ts";
import { renew } from "./renew.ts";
import { enterNextPhase, itemsOfPhase, nextPhase, releaseSchedule } from "./schedule.ts";
import { charge } from "./settle.ts";
import { updateSubscription } from "./update.ts";

/**
 * The running phase is over. Where a period ends with it, the renewal takes the next phase's items; in the middle of a
 * period they change like by a request. After the last phase the subscription is released.
 */
export function leavePhase(work: Work, sub: Subscription, schedule: Schedule): void {
  const phase = nextPhase(schedule);
  if (phase === null) {
    releaseSchedule(work, sub, schedule);
    return;
  }
  if (sub.current_period_end === phase.start) {
    renew(work, sub);
    return;
  }
  const before = structuredClone(sub);
  let invoice: Invoice | null = null;
  updateSubscription(work, sub, (it) => {
    it.items = itemsOfPhase(work, it, phase);
    it.metadata = { ...it.metadata, ...phase.metadata };
    invoice = billChange(work, it, before, phase.proration, work.now);
  });
  enterNextPhase(work, schedule);
  if (invoice === null) return;
  finalizeInvoice(work, invoice);
  charge(work, invoice, { automatic: true, present: false });
}
