import type { Activities } from "../../activities/activities.ts";
import type { Channel } from "../../activities/channels/channel.ts";
import type { Deps } from "../../activities/deps.ts";
import { readWorkerConfig } from "../../cli/config.ts";
import { createLog } from "../../cli/log.ts";
import { main } from "../../cli/main.ts";
import { installTemporalRuntime } from "../../cli/temporal-runtime.ts";
import { untilStopped } from "../../cli/until-stopped.ts";
import { startWorker } from "../../cli/worker-process.ts";
import type { PaymentProvider } from "../../providers/provider.ts";
import { dieOnce, FAULT_POINT } from "./die-once.ts";

function mortal(deps: Deps): Deps {
  const providers = new Map([...deps.providers].map(([name, provider]) => [name, mortalProvider(provider)]));
  return { ...deps, providers, channels: deps.channels.map(mortalChannel) };
}

const mortalProvider = (provider: PaymentProvider): PaymentProvider => ({
  ...provider,
  async call(request, parameters, idempotencyKey) {
    const result = await provider.call(request, parameters, idempotencyKey);
    if (FAULT_POINT === `after_call/${request.name}`) dieOnce();
    return result;
  },
  async listSubscriptions(place) {
    const page = await provider.listSubscriptions(place);
    if (FAULT_POINT === "after_page" && place !== null) dieOnce();
    return page;
  },
});

const mortalChannel = (channel: Channel): Channel => ({
  ...channel,
  async send(alert) {
    await channel.send(alert);
    if (FAULT_POINT === `after_${channel.name}`) dieOnce();
  },
});

const mortalActivities = (activities: Activities): Activities => ({
  ...activities,
  async settle(input) {
    const settled = await activities.settle(input);
    if (FAULT_POINT === "after_settle" && input.observation.events.length > 0) dieOnce();
    return settled;
  },
});

/**
 * The worker, in a process that kills itself at the point that FAULT_POINT names:
 * - `after_call/<request>`: the provider has done it and answered; nothing of that is written
 * - `after_page`: the provider has shown a page that follows another; nothing of it is noted
 * - `after_settle`: what a turn made of its events is committed; its end is not reported
 * - `after_slack`: Slack has said 200; that is not marked
 */
await main(async () => {
  const config = readWorkerConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  installTemporalRuntime(log);
  const stopped = untilStopped();
  const worker = await startWorker(config, log, {
    deps: mortal,
    activities: mortalActivities,
    workflowBundle: { codePath: process.env["WORKFLOW_BUNDLE"] ?? "" },
  });
  log.info("worker runs");
  await Promise.race([stopped, worker.done]);
  await worker.stop();
});
