import type { Alert } from "../../domain/alert.ts";
import type { Listener } from "../../store/alerts.ts";

/** Somewhere people hear of alerts. */
export interface Channel extends Listener {
  /**
   * Resolves when the alert has been taken; rejects when it may not have been.
   * @throws DeliveryRefused when it never will be
   */
  send(alert: Alert): Promise<void>;
}

/** This alert will never be taken, however often it is sent. The words name no address and no host. */
export class DeliveryRefused extends Error {
  override readonly name = "DeliveryRefused";
}
