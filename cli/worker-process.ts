import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { NativeConnection, Worker, type WorkerOptions } from "@temporalio/worker";
import type { Logger } from "pino";
import { type Activities, createActivities } from "../activities/activities.ts";
import type { Deps } from "../activities/deps.ts";
import { createPool } from "../store/pool.ts";
import { createClient } from "../temporal/connect.ts";
import { createGateway } from "../temporal/gateway.ts";
import { TASK_QUEUE } from "../workflows/contract.ts";
import type { TemporalPlace, WorkerConfig } from "./config.ts";
import { createChannels, createProviders } from "./outside.ts";
import { codeVersion } from "./version.ts";

const CONNECT_AGAIN_MS = 2_000;

/** What tests change to break a worker on purpose. */
export interface WorkerDecoration {
  readonly deps?: (deps: Deps) => Deps;
  readonly activities?: (activities: Activities) => Activities;
  /** Ready-made workflow code; made from `workflows/` when not given. */
  readonly workflowBundle?: { readonly codePath: string };
}

export interface WorkerProcess {
  /** Resolves when it has stopped; rejects when it broke. */
  readonly done: Promise<void>;
  /** Takes no more tasks, finishes those that it has, and ends. Safe to call again. */
  stop(): Promise<void>;
}

/** Puts the worker together and runs it. A Temporal that is not there yet is waited for. */
export async function startWorker(
  config: WorkerConfig,
  log: Logger,
  decoration: WorkerDecoration = {},
): Promise<WorkerProcess> {
  const connection = await connect(config.temporal, log);
  const pool = createPool(config.DATABASE_URL, (err) =>
    log.warn({ err }, "an idle database connection broke"),
  );
  const gateway = createGateway(createClient(config.temporal), (what, err) =>
    log.warn({ err, what }, "not told to Temporal, left to the sweep"),
  );
  const providers = createProviders(config);
  const deps: Deps = {
    pool,
    providers,
    channels: createChannels(config, { pool, providers }, log),
    gateway,
    log,
    settings: {
      publicUrl: config.PUBLIC_URL.replace(/\/$/, ""),
      codeVersion: codeVersion(),
      sweepAfterSeconds: config.SWEEP_AFTER_SECONDS,
    },
  };
  const activities = createActivities(decoration.deps?.(deps) ?? deps);
  const worker = await Worker.create({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: TASK_QUEUE,
    activities: decoration.activities?.(activities) ?? activities,
    shutdownGraceTime: "10 seconds",
    // A worker that is gone keeps its workflows from the others for this long: callers wait 5 s for an answer.
    stickyQueueScheduleToStartTimeout: "3 seconds",
    ...(decoration.workflowBundle === undefined
      ? workflowCode()
      : { workflowBundle: decoration.workflowBundle }),
  });
  const run = async (): Promise<void> => {
    try {
      await worker.run();
    } finally {
      await gateway.close();
      await pool.end();
      await connection.close();
    }
  };
  const done = run();
  return {
    done,
    stop() {
      if (worker.getState() === "RUNNING") worker.shutdown();
      return done;
    },
  };
}

/** The bundle that the build made, else the folder. A folder and not a file: its files end in .ts here and .js in dist/. */
function workflowCode(): Pick<WorkerOptions, "workflowBundle" | "workflowsPath"> {
  const codePath = fileURLToPath(new URL("../workflow-bundle.js", import.meta.url));
  return existsSync(codePath)
    ? { workflowBundle: { codePath } }
    : { workflowsPath: fileURLToPath(new URL("../workflows", import.meta.url)) };
}

async function connect({ connectionOptions }: TemporalPlace, log: Logger): Promise<NativeConnection> {
  for (;;) {
    try {
      return await NativeConnection.connect(connectionOptions);
    } catch (err) {
      log.warn({ err, address: connectionOptions.address }, "Temporal does not answer yet");
      await pause(CONNECT_AGAIN_MS);
    }
  }
}
