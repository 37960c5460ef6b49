import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { startChild } from "../../cli/embedded/child.ts";
import { until } from "../../cli/embedded/until.ts";
import { eventually } from "../setup/customer.ts";
import type { System } from "../setup/system.ts";

const LIMIT_MS = 40_000;

/** A process of the system that the test starts, and may lose. */
export interface Program {
  readonly pid: number;
  /** `kill -9`, now. */
  kill(): void;
  /** Resolves when it has died by SIGKILL. */
  died(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

interface Fault {
  readonly point: string;
  /** Where the file lies that says that it was used. */
  readonly folder: string;
}

export const startWorkerProgram = (system: Pick<System, "env">, fault?: Fault): Promise<Program> =>
  start("main-worker.ts", { ...system.env, WORKFLOW_BUNDLE: inject("workflowBundlePath") }, fault);

/** One pass of deliveries, at the end of which it ends. */
export const startDeliveryProgram = (env: System["env"], fault: Fault): Promise<Program> =>
  start("main-deliver.ts", env, fault);

/** The API, once it listens. */
export async function startApiProgram(
  system: Pick<System, "env" | "apiUrl">,
  fault?: Fault,
): Promise<Program> {
  const program = await start("main-api.ts", system.env, fault);
  await eventually("the API listens", () =>
    fetch(`${system.apiUrl}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    ),
  );
  return program;
}

/** Whether a process has died there. */
export const wasUsed = (fault: Fault): boolean => existsSync(markerOf(fault));

const markerOf = ({ point, folder }: Fault): string => join(folder, point.replaceAll("/", "-"));

async function start(file: string, env: Readonly<Record<string, string>>, fault?: Fault): Promise<Program> {
  const child = await startChild({
    name: file,
    command: process.execPath,
    args: ["--import", import.meta.resolve("tsx"), fileURLToPath(new URL(file, import.meta.url))],
    env: {
      PATH: process.env["PATH"],
      ...env,
      LOG_LEVEL: "warn",
      ...(fault === undefined ? {} : { FAULT_POINT: fault.point, FAULT_MARKER: markerOf(fault) }),
    },
    stopSteps: [{ signal: "SIGTERM", forMs: 15_000 }],
    orphanSignal: "SIGKILL",
    log: () => undefined,
  });
  return {
    pid: child.pid,
    kill: () => process.kill(child.pid, "SIGKILL"),
    async died() {
      const end = await until(() => child.ended(), { limitMs: LIMIT_MS });
      if (end !== "SIGKILL") throw new Error(`${file} was to be killed (${end ?? "runs"}):\n${child.tail()}`);
    },
    stop: () => child.stop(),
  };
}
