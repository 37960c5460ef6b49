import type { Instant } from "./time.ts";

type OperatorAlertKind =
  | "checkout_started"
  | "subscription_started"
  | "payment_failed"
  | "payment_recovered"
  | "subscription_canceled"
  | "refund_recorded"
  | "refund_failed"
  | "dispute_opened"
  | "dispute_lost"
  | "dispute_won"
  | "trial_ending"
  | "access_ended"
  | "subscription_unseen"
  | "renewal_overdue"
  | "late_payment"
  | "duplicate_subscription"
  | "command_refused"
  | "call_refused"
  | "message_refused"
  | "event_parked"
  | "drift_confirmed"
  | "webhook_signatures_failing"
  | "webhook_signatures_recovered"
  | "provider_refuses"
  | "provider_recovered"
  | "events_waiting"
  | "events_flowing";

/** What a customer is written to about: kept like an alert, delivered to the customer only. */
export const CUSTOMER_ALERT_KINDS = [
  "customer_payment_failed",
  "customer_payment_reminder",
  "customer_final_notice",
  "customer_access_ended",
  "customer_trial_ending",
] as const;
export type CustomerAlertKind = (typeof CUSTOMER_ALERT_KINDS)[number];

export type AlertKind = OperatorAlertKind | CustomerAlertKind;

/** Who is told. */
export type Audience = "operators" | "customer";

export const audienceOf = (kind: AlertKind): Audience =>
  CUSTOMER_ALERT_KINDS.some((each) => each === kind) ? "customer" : "operators";

/** Something people should hear of, once. */
export interface Alert {
  /** Made of what it is about, so that recording it twice records it once (R6). */
  readonly key: string;
  readonly kind: AlertKind;
  /** One sentence, without personal data. */
  readonly text: string;
  readonly fields: Readonly<Record<string, string | number | null>>;
  /** True: over before it was seen; recorded, not announced (R4). */
  readonly superseded: boolean;
  readonly at: Instant;
}
