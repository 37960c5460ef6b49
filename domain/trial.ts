import type { Alert } from "./alert.ts";
import type { SubscriptionId } from "./ids.ts";
import { formatMoney } from "./money.ts";
import type { SeenEvent } from "./observation.ts";
import type { Policy } from "./policy.ts";
import type { Subscription } from "./subscription.ts";
import type { Instant } from "./time.ts";
import { DAY } from "./time.ts";

/** When we remind of a trial's end, or null: we do not. */
export const reminderOf = (
  subscription: Subscription,
  { trialReminderDays }: Pick<Policy, "trialReminderDays">,
): Instant | null =>
  subscription.status === "trialing" && trialReminderDays > 0
    ? subscription.trialEnd - trialReminderDays * DAY
    : null;

/**
 * One alert, and one message to the customer, for each end of a trial that was announced by the provider or is near
 * by our own clock; over, when the trial is, or ends at another time by now.
 */
export function trialsEnding(
  id: SubscriptionId,
  subscription: Subscription,
  events: readonly SeenEvent[],
  policy: Policy,
  now: Instant,
): readonly Alert[] {
  const { terms } = subscription;
  const reminder = reminderOf(subscription, policy);
  const isNear = subscription.status === "trialing" && reminder !== null && reminder <= now;
  const ends = new Set([
    ...events.flatMap(({ announcedTrialEnd }) => announcedTrialEnd ?? []),
    ...(isNear ? [subscription.trialEnd] : []),
  ]);
  return [...ends].flatMap((trialEnd): readonly Alert[] => {
    const about = `${terms.providerSubscriptionId}:${trialEnd}`;
    const common = {
      fields: {
        subscription: id,
        provider_subscription: terms.providerSubscriptionId,
        tier: terms.tier,
        interval: terms.interval,
        ...terms.price,
        trial_end: trialEnd,
      },
      superseded: !isToCome(subscription, trialEnd, now),
      at: now,
    };
    return [
      {
        key: `trial_ending:${about}`,
        kind: "trial_ending",
        text: `Trial of ${terms.tier} ends soon, then ${formatMoney(terms.price)} a ${terms.interval}`,
        ...common,
      },
      {
        key: `customer_trial_ending:${about}`,
        kind: "customer_trial_ending",
        text: `The customer is told that the trial of ${terms.tier} ends soon`,
        ...common,
      },
    ];
  });
}

/** Whether the trial ends then, and something is to be paid for what follows. */
const isToCome = (subscription: Subscription, trialEnd: Instant, now: Instant): boolean =>
  subscription.status === "trialing" &&
  subscription.trialEnd === trialEnd &&
  trialEnd > now &&
  (subscription.cancelAt === null || subscription.cancelAt > trialEnd);
