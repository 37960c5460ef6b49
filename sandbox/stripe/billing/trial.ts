import { invalid } from "../errors.ts";
import type { Subscription } from "../records.ts";
import type { Work } from "../world.ts";
import { renew } from "./renew.ts";

/** Makes the trial end at another time (seconds), or begins one; the caller announces it. */
export function moveTrial(work: Work, sub: Subscription, end: number): void {
  if (end <= work.now) throw invalid("Timestamp is in the past: trial_end", { param: "trial_end" });
  sub.status = "trialing";
  sub.trial_start ??= work.now;
  sub.trial_end = end;
  sub.billing_cycle_anchor = end;
  sub.current_period_end = end;
  sub.announced = { trial_will_end: false, upcoming_for: null };
}

/** Ends the trial now: the first period that is paid for begins. */
export function endTrial(work: Work, sub: Subscription): void {
  sub.trial_end = work.now;
  sub.billing_cycle_anchor = work.now;
  sub.current_period_end = work.now;
  renew(work, sub);
}
