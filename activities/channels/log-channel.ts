import type { Logger } from "pino";
import { audienceOf } from "../../domain/alert.ts";
import type { Channel } from "./channel.ts";

/** Alerts as lines of the log; also what customers are told, so that it is seen where nothing is set up to write to them. */
export const createLogChannel = (log: Logger): Channel => ({
  name: "log",
  audiences: ["operators", "customer"],
  send(alert) {
    const { key, kind, fields, text } = alert;
    log.info({ alert: key, kind, audience: audienceOf(kind), ...fields }, text);
    return Promise.resolve();
  },
});
