import { DefaultLogger, Runtime } from "@temporalio/worker";
import type { Logger } from "pino";
import { describeError } from "../api/describe-error.ts";

/** Has what Temporal's SDK and the workflows say go to our log. Once a process, before any worker; we heed signals ourselves. */
export function installTemporalRuntime(log: Logger): void {
  // Calendar dates in workflow code follow TZ (facts: temporal 0.12).
  process.env["TZ"] = "UTC";
  Runtime.install({
    logger: new DefaultLogger("INFO", ({ level, message, meta }) => {
      const { error, ...rest } = meta ?? {};
      const fields = {
        ...rest,
        ...(error === undefined ? {} : { error: typeof error === "string" ? error : describeError(error) }),
      };
      if (level === "ERROR") log.error(fields, message);
      else if (level === "WARN") log.warn(fields, message);
      else log.debug(fields, message);
    }),
    telemetryOptions: { logging: { filter: { core: "WARN", other: "ERROR" }, forward: {} } },
    shutdownSignals: [],
  });
}
