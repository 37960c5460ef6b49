import { endOfGrace, isOverdue } from "../domain/dunning.ts";
import type { DunningCalendar } from "../domain/policy.ts";
import type { Subscription } from "../domain/subscription.ts";
import type { Instant } from "../domain/time.ts";
import { DAY } from "../domain/time.ts";
import type { SentNotice } from "../store/notices.ts";
import { iso } from "./iso.ts";

/** What is known of how a customer is asked to pay. */
interface Dunned {
  /** The calendar in force, or null before the first catalog. */
  readonly calendar: DunningCalendar | null;
  readonly sent: readonly SentNotice[];
  /** When one that was not bought through us became known: what was unpaid by then others ask for (R14). Null: bought here. */
  readonly adoptedAt: Instant | null;
}

/**
 * What is asked of a customer who has not paid, by the calendar in force: what was sent, what comes, and when access
 * ends. Null: nothing is overdue.
 */
export function dunningAnswer(subscription: Subscription, { sent, ...dunned }: Dunned): object | null {
  if (!isOverdue(subscription)) return null;
  const { unpaidSince, graceUntil, graceExtendedDays, nextAttemptAt } = subscription;
  const isOurs = dunned.adoptedAt === null || unpaidSince >= dunned.adoptedAt;
  const calendar = isOurs ? dunned.calendar : null;
  // Those of an older invoice came before this one was made.
  const since = sent.filter(({ at }) => at >= unpaidSince);
  return {
    unpaid_since: iso(unpaidSince),
    access_ends_at: iso(graceUntil),
    extended_days: graceExtendedDays ?? 0,
    provider_next_attempt_at: iso(nextAttemptAt),
    steps: (calendar?.messages ?? []).map(({ day, send }) => ({
      day,
      at: iso(unpaidSince + day * DAY),
      send,
      sent_at: iso(since.find((notice) => notice.day === day)?.at ?? null),
    })),
    end: calendar && { at: iso(endOfGrace(subscription, calendar)), action: calendar.end.action },
  };
}
