import type { Alert } from "../../domain/alert.ts";

/** Somewhere people hear of alerts. */
export interface Channel {
  readonly name: string;
  /** Resolves when the alert has been taken; rejects when it may not have been. */
  send(alert: Alert): Promise<void>;
}
