import type { SubscriptionCommand } from "../domain/command.ts";
import {
  type AskedBy,
  cancel,
  cancelAtPeriodEnd,
  change,
  checkAskedBy,
  extendGrace,
  pause,
  resume,
  resync,
  retryPayment,
  uncancel,
  unpark,
} from "../workflows/contract.ts";

/** The update that carries each command. */
export const UPDATES = {
  cancel,
  cancel_at_period_end: cancelAtPeriodEnd,
  uncancel,
  pause,
  resume,
  retry_payment: retryPayment,
  change,
  extend_grace: extendGrace,
  resync,
  unpark,
} as const satisfies Readonly<Record<SubscriptionCommand, object>>;

/** Why these words cannot be sent to Temporal, which keeps them for ever (R10), or null: they can. */
export function unfitWords(asked: AskedBy): string | null {
  try {
    checkAskedBy(asked);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : "they cannot be read";
  }
}
