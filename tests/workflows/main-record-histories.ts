import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Connection } from "@temporalio/client";
import { startChild } from "../../cli/embedded/child.ts";
import { freePorts } from "../../cli/embedded/free-port.ts";
import { findTemporalCli } from "../../cli/embedded/temporal-cli.ts";
import { until } from "../../cli/embedded/until.ts";
import { createLog } from "../../cli/log.ts";
import { main } from "../../cli/main.ts";
import { startStage } from "../../cli/stage.ts";
import { installTemporalRuntime } from "../../cli/temporal-runtime.ts";
import { recordAll } from "./recording.ts";

/** So few events make Temporal ask for the next run: a run that ends so is a small file. */
const LONG_RUN_EVENTS = 200;

/**
 * Records what `replay.test.ts` replays, on the whole system: `npx tsx tests/workflows/main-record-histories.ts`.
 * Needed after each change of `workflows/` that old histories cannot go on with. Where such a change is deployed to
 * workflows that live, use `patched` and keep the old histories beside the new ones.
 */
await main(async () => {
  const log = createLog("error");
  installTemporalRuntime(log);
  const dataDir = await mkdtemp(join(tmpdir(), "perennial-histories-"));
  const target = fileURLToPath(new URL("histories", import.meta.url));
  const temporal = await startImpatientTemporal();
  process.env["TEMPORAL_ADDRESS"] = temporal.address;
  try {
    const stage = await startStage({
      namespace: "default",
      dataDir,
      ports: { api: 0, sandbox: 0 },
      log,
      say: () => undefined,
    });
    try {
      const histories = await recordAll(stage, temporal.address);
      await rm(target, { recursive: true, force: true });
      await mkdir(target);
      for (const [name, json] of histories) {
        await writeFile(join(target, `${name}.json`), `${json}\n`);
        console.log(`${name}: ${Math.ceil(json.length / 1_000)} kB`);
      }
    } finally {
      await stage.stop();
    }
  } finally {
    await temporal.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});

/** A Temporal server that asks for the next run early. */
async function startImpatientTemporal() {
  const [port = 0] = await freePorts([0]);
  const server = await startChild({
    name: "Temporal",
    command: await findTemporalCli({ log: console.error }),
    args: [
      "server start-dev --headless --ip 127.0.0.1 --log-level error",
      `--port ${port}`,
      "--dynamic-config-value frontend.enableServerVersionCheck=false",
      `--dynamic-config-value limit.historyCount.suggestContinueAsNew=${LONG_RUN_EVENTS}`,
    ].flatMap((words) => words.split(" ")),
    env: { PATH: process.env["PATH"] },
    stopSteps: [{ signal: "SIGTERM", forMs: 10_000 }],
    orphanSignal: "SIGKILL",
    log: console.error,
  });
  const address = `127.0.0.1:${port}`;
  const ready = await until(
    async () => {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 }).catch(() => undefined);
      const found = await connection?.workflowService
        .describeNamespace({ namespace: "default" })
        .catch(() => undefined);
      await connection?.close();
      return found;
    },
    { limitMs: 30_000 },
  );
  if (ready === undefined) throw new Error(`Temporal does not answer:\n${server.tail()}`);
  return { address, stop: () => server.stop() };
}
