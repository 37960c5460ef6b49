import type { Instant } from "./time.ts";

type AlertKind =
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
  | "duplicate_subscription"
  | "command_refused"
  | "event_parked"
  | "webhook_signatures_failing"
  | "webhook_signatures_recovered"
  | "provider_refuses"
  | "provider_recovered"
  | "events_waiting"
  | "events_flowing";

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
