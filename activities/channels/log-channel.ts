import type { Logger } from "pino";
import type { Channel } from "./channel.ts";

/** Alerts as lines of the log. */
export const createLogChannel = (log: Logger): Channel => ({
  name: "log",
  send(alert) {
    log.info({ alert: alert.key, kind: alert.kind, ...alert.fields }, alert.text);
    return Promise.resolve();
  },
});
