import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { declareSandbox } from "../store/clock.ts";
import { createPool } from "../store/pool.ts";
import { createClient } from "../temporal/connect.ts";
import { createGateway } from "../temporal/gateway.ts";
import { ensureNamespace } from "../temporal/namespace.ts";
import { startApi } from "./api-process.ts";
import { moveSystemClock, startClockHook } from "./clock-hook.ts";
import { readApiConfig, readMigrationConfig, readWorkerConfig } from "./config.ts";
import { freePorts } from "./embedded/free-port.ts";
import type { Log } from "./embedded/log.ts";
import { startPostgres } from "./embedded/postgres.ts";
import { startSandbox } from "./embedded/sandbox.ts";
import { startTemporal } from "./embedded/temporal.ts";
import { prepare } from "./prepare.ts";
import { sandboxControl } from "./sandbox-control.ts";
import { startWorker } from "./worker-process.ts";

/** The secrets of a stage: it listens on this machine only and knows no real money. */
const STAGE_SECRETS = {
  BILLING_API_KEY: "stage-api-key-0000",
  ADMIN_TOKEN: "stage-admin-token-0000",
  STRIPE_SECRET_KEY: "sk_test_sandbox",
  STRIPE_PUBLISHABLE_KEY: "pk_test_sandbox",
  STRIPE_WEBHOOK_SECRET: "whsec_sandbox",
  STRIPE_PRICE_PRO: "price_pro_monthly",
  STRIPE_PRICE_SCALE: "price_scale_monthly",
};

/** By what operators and customers are told beside the log, where these are set. */
const TOLD_BY = ["SLACK_WEBHOOK_URL", "SMTP_URL", "MAIL_FROM", "PRODUCT_NAME"];

export interface Stage {
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  /** Null: another Temporal server is used, whose UI we do not know. */
  readonly temporalUiUrl: string | null;
  /** What a process that joins the stage needs: operator commands, say. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface StageOptions {
  /**
   * Its own namespace, also on a Temporal server that others use: there its worker takes nobody else's tasks, and
   * nobody else's schedule is changed.
   */
  readonly namespace: string;
  readonly dataDir: string;
  /** Preferred ports; other free ones are used when they are taken. 0: any. */
  readonly ports: { readonly api: number; readonly sandbox: number };
  /** Of the processes. */
  readonly log: Logger;
  /** Of what is started and where. */
  readonly say: Log;
}

/** The whole system on this machine, with the sandbox in Stripe's place: what `dev` and `demo` play on. */
export async function startStage({ namespace, dataDir, ports, log, say }: StageOptions): Promise<Stage> {
  const running: (() => Promise<void>)[] = [];
  const keep = <T extends { stop(): Promise<void> }>(part: T): T => {
    running.push(() => part.stop());
    return part;
  };
  const stop = async (): Promise<void> => {
    // In the reverse of the order of starting: who depends goes before what it depends on.
    for (const part of running.splice(0).toReversed()) await part();
  };
  try {
    await mkdir(dataDir, { recursive: true });
    const external = process.env["TEMPORAL_ADDRESS"];
    const [postgres, temporal] = await both(
      startPostgres({ dataDir: join(dataDir, "postgres"), log: say }),
      external === undefined || external === ""
        ? startTemporal({ dataDir: join(dataDir, "temporal"), namespaces: [namespace], log: say })
        : null,
    );
    keep(postgres);
    if (temporal !== null) keep(temporal);
    const [apiPort = 0, sandboxPort = 0] = await freePorts([ports.api, ports.sandbox]);
    const apiUrl = `http://127.0.0.1:${apiPort}`;
    const environment = {
      ...STAGE_SECRETS,
      DATABASE_URL: postgres.url,
      PORT: `${apiPort}`,
      PUBLIC_URL: apiUrl,
      CATALOG_FILE: process.env["CATALOG_FILE"] ?? fileURLToPath(new URL("../catalog.yaml", import.meta.url)),
      STRIPE_API_BASE: `http://127.0.0.1:${sandboxPort}`,
      ...(temporal === null
        ? given((name) => name.startsWith("TEMPORAL_"))
        : { TEMPORAL_ADDRESS: temporal.address }),
      TEMPORAL_NAMESPACE: namespace,
      // What waits is taken up soon: nobody at a stage has half a minute.
      SWEEP_EVERY_SECONDS: "5",
      SWEEP_AFTER_SECONDS: "5",
      ...given((name) => TOLD_BY.includes(name)),
    };
    const { temporal: place } = readMigrationConfig(environment);
    if (temporal === null) await ensureNamespace(place);
    const { catalogVersion } = await prepare(readMigrationConfig(environment), environment);
    say(`schema, search attributes and schedules are in place; catalog version ${catalogVersion}`);

    const config = readApiConfig(environment);
    const pool = createPool(config.DATABASE_URL, () => undefined);
    const gateway = createGateway(createClient(config.temporal), () => undefined);
    keep({
      async stop() {
        await gateway.close();
        await pool.end();
      },
    });
    await declareSandbox(pool);
    const hook = keep(await startClockHook({ pool, gateway }));
    const sandbox = keep(
      await startSandbox({
        port: sandboxPort,
        webhookUrl: `${apiUrl}/webhook/stripe`,
        webhookSecrets: config.STRIPE_WEBHOOK_SECRET,
        clockHook: hook.url,
        stateFile: join(dataDir, "sandbox.json"),
        log: say,
      }),
    );
    const { offset_ms } = await sandboxControl(sandbox.url).clock();
    keep(await startWorker(readWorkerConfig(environment), log));
    keep(await startApi(config, log));
    await moveSystemClock({ pool, gateway }, offset_ms);
    return { apiUrl, sandboxUrl: sandbox.url, temporalUiUrl: temporal?.uiUrl ?? null, environment, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts two servers at once. When one fails the other is stopped. */
async function both<A extends { stop(): Promise<void> }, B extends { stop(): Promise<void> } | null>(
  first: Promise<A>,
  second: Promise<B> | B,
): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === "fulfilled" && b.status === "fulfilled") return [a.value, b.value];
  if (a.status === "fulfilled") await a.value.stop();
  if (b.status === "fulfilled") await b.value?.stop();
  throw a.status === "rejected" ? a.reason : b.status === "rejected" ? b.reason : undefined;
}

/** Those of this process's variables that a stage takes over. */
const given = (isTaken: (name: string) => boolean): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      isTaken(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
