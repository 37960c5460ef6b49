import { startApi } from "../../cli/api-process.ts";
import { readApiConfig } from "../../cli/config.ts";
import { createLog } from "../../cli/log.ts";
import { main } from "../../cli/main.ts";
import { untilStopped } from "../../cli/until-stopped.ts";
import { dieOnce, FAULT_POINT } from "./die-once.ts";

/** The API, in a process that kills itself at `after_insert`: the event is stored; nobody is told, nor the sender answered. */
await main(async () => {
  const config = readApiConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  const stopped = untilStopped();
  const api = await startApi(config, log, (deps) => ({
    ...deps,
    gateway: {
      ...deps.gateway,
      wake(id) {
        if (FAULT_POINT === "after_insert") dieOnce();
        deps.gateway.wake(id);
      },
      route(provider, eventId) {
        if (FAULT_POINT === "after_insert") dieOnce();
        deps.gateway.route(provider, eventId);
      },
    },
  }));
  await stopped;
  await api.stop();
});
