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
  const worker = await Promise.race([startWorker(config, log), stopped]);
  // Told to stop while it waited for Temporal: nothing is begun that would have to be finished.
  if (worker === undefined) process.exit(0);
  log.info({ namespace: config.temporal.namespace }, "worker runs");
  await Promise.race([stopped, worker.done]);
  await worker.stop();
  log.info("worker stopped");
});
