import { mkdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Connection } from "@temporalio/client";
import { type Child, startChild } from "./child.ts";
import { freePorts } from "./free-port.ts";
import type { Log } from "./log.ts";
import { evictOrphan } from "./orphan.ts";
import { findTemporalCli } from "./temporal-cli.ts";
import { until } from "./until.ts";

export type EmbeddedTemporal = {
  readonly address: string;
  readonly port: number;
  /** undefined when it was started headless. */
  readonly uiUrl: string | undefined;
  readonly uiPort: number | undefined;
  /** Stops the server and resolves when it is gone. Safe to call again. */
  stop(): Promise<void>;
};

export type TemporalOptions = {
  /** Where `temporal.db` is kept between starts; without it everything is in memory. */
  readonly dataDir?: string;
  /** Made where they are missing. */
  readonly namespaces: readonly string[];
  /** The preferred ports; other free ones are used when they are taken. */
  readonly port?: number;
  readonly uiPort?: number;
  /** Without the Web UI. */
  readonly headless?: boolean;
  readonly log: Log;
};

const READY_LIMIT_MS = 60_000;

/** The real Temporal server of the CLI on 127.0.0.1, answering for its namespaces. */
export async function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporal> {
  const cli = await findTemporalCli({ log: options.log });
  const database =
    options.dataDir === undefined ? undefined : await openDatabase(options.dataDir, options.log);
  const [port = 0, uiPort = 0] = await freePorts([options.port ?? 7233, options.uiPort ?? 8233]);
  const server = await startChild({
    name: "Temporal",
    command: cli,
    args: serverArguments(options, port, uiPort, database?.file),
    env: environmentWithoutTemporal(),
    stopSteps: [{ signal: "SIGTERM", forMs: 10_000 }],
    // SQLite survives it, and the next start finds the file free at once.
    orphanSignal: "SIGKILL",
    log: options.log,
  });
  const address = `127.0.0.1:${port}`;
  const uiUrl = options.headless === true ? undefined : `http://127.0.0.1:${uiPort}`;
  async function stop(): Promise<void> {
    await server.stop();
    if (database !== undefined) await rm(database.record, { force: true });
  }
  try {
    if (database !== undefined) await writeFile(database.record, `${server.pid} ${process.pid}\n`);
    await untilReady(server, address, options);
    if (uiUrl !== undefined) await untilAnswers(server, uiUrl);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, port, uiUrl, uiPort: uiUrl === undefined ? undefined : uiPort, stop };
}

/** Makes the directory, and stops the server that an earlier run of ours left on the file. */
async function openDatabase(dataDir: string, log: Log): Promise<{ file: string; record: string }> {
  await mkdir(dataDir, { recursive: true });
  const home = await realpath(dataDir);
  const file = join(home, "temporal.db");
  const record = join(home, "temporal.pid");
  const [pid, owner] = (await readFile(record, "utf8").catch(() => "")).split(" ").map(Number);
  if (pid !== undefined && pid > 0) {
    await evictOrphan({ name: "Temporal", pid, path: file, startedBy: () => owner, signal: "SIGKILL" }, log);
  }
  return { file, record };
}

function serverArguments(
  options: TemporalOptions,
  port: number,
  uiPort: number,
  file: string | undefined,
): string[] {
  const args = ["server", "start-dev", "--ip", "127.0.0.1", "--port", `${port}`];
  for (const namespace of options.namespaces) args.push("--namespace", namespace);
  args.push("--log-level", "error");
  if (options.headless === true) args.push("--headless");
  else args.push("--ui-ip", "127.0.0.1", "--ui-port", `${uiPort}`);
  if (file !== undefined) args.push("--db-filename", file);
  const dynamic = {
    // It would ask the internet whether there is a newer version.
    "frontend.enableServerVersionCheck": false,
    "frontend.enableUpdateWorkflowExecution": true,
    "frontend.enableUpdateWorkflowExecutionAsyncAccepted": true,
  };
  for (const [key, value] of Object.entries(dynamic)) args.push("--dynamic-config-value", `${key}=${value}`);
  return args;
}

/** TEMPORAL_* of the user's shell speak of some other server. */
function environmentWithoutTemporal(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TEMPORAL_")));
}

async function untilReady(server: Child, address: string, options: TemporalOptions): Promise<void> {
  await untilDone(server, `at ${address}`, async () => {
    const connection = await Connection.connect({ address, connectTimeout: 2_000 });
    try {
      await connection.withDeadline(Date.now() + 5_000, async () => {
        for (const namespace of options.namespaces) {
          await connection.workflowService.describeNamespace({ namespace });
        }
      });
    } finally {
      await connection.close();
    }
  });
}

async function untilAnswers(server: Child, url: string): Promise<void> {
  await untilDone(server, `at ${url}`, async () => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
  });
}

/** Asks until it does not fail: an error means "not yet". */
async function untilDone(server: Child, where: string, ask: () => Promise<void>): Promise<void> {
  let last: unknown;
  const answer = await until(
    async () => {
      const end = server.ended();
      if (end !== undefined) throw new Error(`Temporal did not start (${end}):\n${server.tail()}`);
      try {
        await ask();
        return true;
      } catch (error) {
        last = error;
        return undefined;
      }
    },
    { limitMs: READY_LIMIT_MS },
  );
  if (answer === true) return;
  const seconds = READY_LIMIT_MS / 1000;
  const why = last instanceof Error ? last.message : "no answer";
  throw new Error(`Temporal is not ready ${where} after ${seconds} s (${why}):\n${server.tail()}`, {
    cause: last,
  });
}
