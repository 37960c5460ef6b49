import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLog } from "./log.ts";
import { main } from "./main.ts";
import { startStage } from "./stage.ts";
import { STAGE_ENVIRONMENT, stageFolder } from "./stage-folder.ts";
import { installTemporalRuntime } from "./temporal-runtime.ts";
import { untilStopped } from "./until-stopped.ts";

/** `npm run dev`: the whole system on this machine, left running until Ctrl-C. Its data is found again. */
await main(async () => {
  const log = createLog(process.env["LOG_LEVEL"] ?? "info");
  installTemporalRuntime(log);
  const stopped = untilStopped();
  const dataDir = stageFolder("dev");
  const stage = await startStage({
    namespace: "perennial-dev",
    dataDir,
    ports: { api: 3000, sandbox: 4280 },
    log,
    say: (line) => console.error(`· ${line}`),
  });
  const file = join(dataDir, STAGE_ENVIRONMENT);
  await writeFile(file, JSON.stringify(stage.environment, null, 2), { mode: 0o600 });
  const { BILLING_API_KEY, ADMIN_TOKEN } = stage.environment;
  console.error(`
Perennial runs. Ctrl-C stops it; its data stays in ${dataDir}.

  API              ${stage.apiUrl}
  Received events  ${stage.apiUrl}/admin/webhooks   (any user name, password ${ADMIN_TOKEN})
  Sandbox          ${stage.sandboxUrl}   (its checkouts, its clock)
  Temporal Web UI  ${stage.temporalUiUrl ?? "of your own server"}

Open a checkout, then pay it in a browser with 4242 4242 4242 4242:

  curl -s ${stage.apiUrl}/api/billing/create-checkout -H 'Authorization: Bearer ${BILLING_API_KEY}' \\
    -H 'Idempotency-Key: try-1' -H 'Content-Type: application/json' -d '{"receipt":"customer-1","tier":"pro"}'
`);
  await stopped;
  console.error("\n· stopping");
  await stage.stop();
});
