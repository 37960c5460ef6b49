import { startApi } from "./api-process.ts";
import { readApiConfig } from "./config.ts";
import { createLog } from "./log.ts";
import { main } from "./main.ts";
import { untilStopped } from "./until-stopped.ts";

await main(async () => {
  const config = readApiConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  const stopped = untilStopped();
  const api = await startApi(config, log);
  log.info({ url: api.url }, "api listens");
  await stopped;
  await api.stop();
  log.info("api stopped");
});
