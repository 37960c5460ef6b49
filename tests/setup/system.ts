import { type Client as TemporalClient, WorkflowNotFoundError } from "@temporalio/client";
import { Client } from "pg";
import { inject } from "vitest";
import type { AppDeps } from "../../api/deps.ts";
import { type ApiProcess, startApi } from "../../cli/api-process.ts";
import { type ClockHook, startClockHook } from "../../cli/clock-hook.ts";
import { readApiConfig, readWorkerConfig } from "../../cli/config.ts";
import { freePorts } from "../../cli/embedded/free-port.ts";
import { type EmbeddedSandbox, startSandbox } from "../../cli/embedded/sandbox.ts";
import { createLog } from "../../cli/log.ts";
import { startWorker, type WorkerDecoration, type WorkerProcess } from "../../cli/worker-process.ts";
import { declareSandbox } from "../../store/clock.ts";
import { createClient } from "../../temporal/connect.ts";
import { ensureTemporal } from "../../temporal/ensure.ts";
import { createGateway, type Gateway } from "../../temporal/gateway.ts";
import { createDatabase, type TestDatabase } from "./database.ts";
import { NAMESPACES } from "./places.ts";
import { installRuntime } from "./runtime.ts";

export interface SystemOptions {
  /** Variables of the environment that differ from the tests' usual ones. */
  readonly env?: Readonly<Record<string, string>>;
  readonly api?: false | ((deps: AppDeps) => AppDeps);
  readonly worker?: false | WorkerDecoration;
  /** How often the sweep comes, in milliseconds; an hour when not given, so that nothing is healed unasked. */
  readonly sweepEveryMs?: number;
  /** On a server of the test's own; dropped with the system. */
  readonly database?: TestDatabase;
  /** How long the sandbox waits after each failed delivery, in milliseconds. */
  readonly retryMs?: readonly number[];
}

/** The whole system for one test file: its own database, namespace, sandbox, API and worker. */
export interface System {
  readonly database: TestDatabase;
  readonly namespace: string;
  readonly temporal: TemporalClient;
  readonly gateway: Gateway;
  readonly sandbox: EmbeddedSandbox;
  readonly apiUrl: string;
  /** For processes that a test starts by itself. */
  readonly env: Readonly<Record<string, string>>;
  /** What API and worker have logged. */
  readonly lines: readonly string[];
  startApi(decorate?: (deps: AppDeps) => AppDeps): Promise<void>;
  stopApi(): Promise<void>;
  startWorker(decoration?: WorkerDecoration): Promise<void>;
  stopWorker(): Promise<void>;
  stop(): Promise<void>;
}

export const API_KEY = "tests-api-key-0000";
export const ADMIN_TOKEN = "tests-admin-token-0000";
const HOUR_MS = 3_600_000;
/** Schedules that a test triggers itself. */
const HARDLY_EVER_MS = 30 * 24 * HOUR_MS;

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const database = options.database ?? (await createDatabase());
  await declareSandbox(database.pool);
  const namespace = await nextNamespace();
  const [apiPort = 0, sandboxPort = 0] = await freePorts([0, 0]);
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: inject("temporalAddress"),
    TEMPORAL_NAMESPACE: namespace,
    PORT: `${apiPort}`,
    PUBLIC_URL: apiUrl,
    LOG_LEVEL: "debug",
    BILLING_API_KEY: API_KEY,
    ADMIN_TOKEN,
    STRIPE_SECRET_KEY: "sk_test_sandbox",
    STRIPE_WEBHOOK_SECRET: "whsec_old,whsec_sandbox",
    STRIPE_API_BASE: `http://127.0.0.1:${sandboxPort}`,
    CHECKOUTS_PER_MINUTE: "100000",
    SWEEP_AFTER_SECONDS: "1",
    ...options.env,
  };
  const lines: string[] = [];
  const log = createLog("debug", (line) => void lines.push(line));
  installRuntime((line) => lines.push(line));
  const temporal = createClient(readWorkerConfig(env).temporal);
  await ensureTemporal(temporal, {
    namespace,
    sweepEveryMs: options.sweepEveryMs ?? HOUR_MS,
    verifyEveryMs: HARDLY_EVER_MS,
    catchUpEveryMs: HARDLY_EVER_MS,
  });
  const gateway = createGateway(createClient(readWorkerConfig(env).temporal), () => undefined);
  const hook: ClockHook = await startClockHook({ pool: database.pool, gateway });
  const sandbox = await startSandbox({
    port: sandboxPort,
    webhookUrl: `${apiUrl}/webhook/stripe`,
    webhookSecrets: ["whsec_sandbox"],
    clockHook: hook.url,
    retryMs: options.retryMs ?? [200, 500, 1_000, 2_000, 5_000],
    log: () => undefined,
  });
  let api: ApiProcess | undefined;
  let worker: WorkerProcess | undefined;
  const system: System = {
    database,
    namespace,
    temporal,
    gateway,
    sandbox,
    apiUrl,
    env,
    lines,
    async startApi(decorate) {
      api = await startApi(readApiConfig(env), log, decorate);
    },
    async stopApi() {
      await api?.stop();
      api = undefined;
    },
    async startWorker(decoration) {
      worker = await startWorker(readWorkerConfig(env), log, {
        workflowBundle: { codePath: inject("workflowBundlePath") },
        ...decoration,
      });
    },
    async stopWorker() {
      await worker?.stop();
      worker = undefined;
    },
    async stop() {
      await system.stopApi();
      await system.stopWorker();
      await sandbox.stop();
      await hook.stop();
      await gateway.close();
      await closeNamespace(temporal);
      await temporal.connection.close();
      await database.drop();
    },
  };
  if (options.api !== false) await system.startApi(options.api);
  if (options.worker !== false) await system.startWorker(options.worker);
  return system;
}

/** Nothing goes on in a namespace whose test is over. */
async function closeNamespace(temporal: TemporalClient): Promise<void> {
  for await (const { scheduleId } of temporal.schedule.list()) {
    await temporal.schedule.getHandle(scheduleId).delete();
  }
  for await (const { workflowId } of temporal.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
    await temporal.workflow
      .getHandle(workflowId)
      .terminate("the test is over")
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
  }
}

async function nextNamespace(): Promise<string> {
  const client = new Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  try {
    await client.query("create sequence if not exists namespaces_used");
    const { rows } = await client.query<{ n: string }>("select nextval('namespaces_used') as n");
    const namespace = NAMESPACES[Number(rows[0]?.n) - 1];
    if (namespace === undefined) throw new Error("more test files than namespaces: add some in places.ts");
    return namespace;
  } finally {
    await client.end();
  }
}
