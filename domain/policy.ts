/** What a customer is sent when a payment has failed. */
export const NOTICES = ["payment_failed", "reminder", "final_notice"] as const;
export type Notice = (typeof NOTICES)[number];

/** A step of the dunning calendar, in days from the unpaid invoice. */
export interface DunningStep {
  readonly day: number;
  readonly send: Notice;
}

/** What happens, and when, while an invoice stays unpaid. The provider's own retries go on beside it. */
export interface DunningCalendar {
  /** Earliest first. */
  readonly messages: readonly DunningStep[];
  /** The day on which access ends, and what becomes of the subscription then. */
  readonly end: { readonly day: number; readonly action: "cancel" | "keep_unpaid" };
}

/** The rules of a catalog version that decisions read. */
export interface Policy {
  readonly dunning: DunningCalendar;
  /** How many days before its end a customer is reminded of a trial; 0: not by us. */
  readonly trialReminderDays: number;
  /** What becomes of money that comes in after the end (R8). */
  readonly latePayments: "refund" | "keep";
  /** What becomes of a second subscription that our own checkout opened (R9). */
  readonly duplicates: "cancel_and_refund" | "cancel" | "keep";
}

/** A policy as it was published, be it by a version that knew fewer rules. */
export interface PublishedPolicy extends Partial<Policy> {
  /** How long a past due customer kept access, in days, before there was a calendar. */
  readonly graceDays?: number;
}

/** Reads a published policy: what its version did not know is not done. */
export const readPolicy = ({ graceDays = 0, ...published }: PublishedPolicy): Policy => ({
  dunning: published.dunning ?? { messages: [], end: { day: graceDays, action: "keep_unpaid" } },
  trialReminderDays: published.trialReminderDays ?? 0,
  latePayments: published.latePayments ?? "keep",
  duplicates: published.duplicates ?? "keep",
});
