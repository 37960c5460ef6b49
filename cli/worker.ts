import { readWorkerConfig } from "./config.ts";
import { createLog } from "./log.ts";
import { main } from "./main.ts";
import { installTemporalRuntime } from "./temporal-runtime.ts";
import { untilStopped } from "./until-stopped.ts";
import { startWorker } from "./worker-process.ts";

await main(async () => {
  const config = readWorkerConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  installTemporalRuntime(log);
  const stopped = untilStopped();
  const worker = await startWorker(config, log);
  log.info({ namespace: config.temporal.namespace }, "worker runs");
  await Promise.race([stopped, worker.done]);
  await worker.stop();
  log.info("worker stopped");
});
