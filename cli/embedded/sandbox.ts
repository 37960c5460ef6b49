import { fileURLToPath } from "node:url";
import { startChild } from "./child.ts";
import type { Log } from "./log.ts";
import { until } from "./until.ts";

export interface SandboxOptions {
  readonly port: number;
  /** Where webhooks go, and the secrets that sign them. */
  readonly webhookUrl: string;
  readonly webhookSecrets: readonly string[];
  /** Told of every move of the sandbox's clock (R13). */
  readonly clockHook?: string;
  /** Where its state is kept between starts; in memory without it. */
  readonly stateFile?: string;
  /** How long it waits after each failed delivery of a webhook, in milliseconds. */
  readonly retryMs?: readonly number[];
  readonly log: Log;
}

export interface EmbeddedSandbox {
  readonly url: string;
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 30_000;

/** The offline payment provider, as a process of its own on 127.0.0.1. */
export async function startSandbox(options: SandboxOptions): Promise<EmbeddedSandbox> {
  const { port, log } = options;
  const url = `http://127.0.0.1:${port}`;
  const server = await startChild({
    name: "the sandbox",
    command: process.execPath,
    args: program(),
    env: {
      PATH: process.env["PATH"],
      SANDBOX_PORT: `${port}`,
      SANDBOX_WEBHOOK_URL: options.webhookUrl,
      SANDBOX_WEBHOOK_SECRET: options.webhookSecrets.join(","),
      ...(options.clockHook === undefined ? {} : { SANDBOX_CLOCK_HOOK: options.clockHook }),
      ...(options.stateFile === undefined ? {} : { SANDBOX_DATA: options.stateFile }),
      ...(options.retryMs === undefined ? {} : { SANDBOX_RETRY_MS: options.retryMs.join(",") }),
    },
    stopSteps: [{ signal: "SIGTERM", forMs: 5_000 }],
    orphanSignal: "SIGTERM",
    log,
  });
  const answers = await until(
    async () => {
      const end = server.ended();
      if (end !== undefined) throw new Error(`the sandbox did not start (${end}):\n${server.tail()}`);
      return await fetch(`${url}/sandbox`, { signal: AbortSignal.timeout(2_000) }).then(
        (answer) => answer.ok || undefined,
        () => undefined,
      );
    },
    { limitMs: READY_LIMIT_MS },
  );
  if (answers !== true) {
    await server.stop();
    throw new Error(`the sandbox does not answer at ${url}:\n${server.tail()}`);
  }
  return { url, stop: () => server.stop() };
}

/** From the sources its TypeScript is run by tsx; from dist/ it is JavaScript. */
function program(): string[] {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const path = fileURLToPath(new URL(`../../sandbox/main.${extension}`, import.meta.url));
  return extension === "ts" ? ["--import", import.meta.resolve("tsx"), path] : [path];
}
