import { deliverAlerts } from "../../activities/alerting.ts";
import { readWorkerConfig } from "../../cli/config.ts";
import { createLog } from "../../cli/log.ts";
import { main } from "../../cli/main.ts";
import { createChannels, createProviders } from "../../cli/outside.ts";
import { createPool } from "../../store/pool.ts";
import { dieOnce, FAULT_POINT } from "./die-once.ts";

/** Delivers what is owed, in a process that kills itself at `after_<channel>`: taken there, and not marked here. */
await main(async () => {
  const config = readWorkerConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  const pool = createPool(config.DATABASE_URL, () => undefined);
  const channels = createChannels(config, { pool, providers: createProviders(config) }, log).map(
    (channel) => ({
      ...channel,
      async send(alert: Parameters<typeof channel.send>[0]) {
        await channel.send(alert);
        if (FAULT_POINT === `after_${channel.name}`) dieOnce();
      },
    }),
  );
  await deliverAlerts({ pool, channels, log }, null);
  await pool.end();
});
