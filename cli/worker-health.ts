import { hostname } from "node:os";
import { createClient } from "../temporal/connect.ts";
import { TASK_QUEUE } from "../workflows/contract.ts";
import { readWorkerConfig } from "./config.ts";
import { main } from "./main.ts";

/** Temporal holds an idle poll for a minute: a worker that has not polled for longer than this, in milliseconds, is away. */
const POLLED_WITHIN_MS = 90_000;
const PATIENCE_MS = 5_000;

/**
 * A container's health check: exit code 0 when a worker on this host has lately asked Temporal for tasks. A process that
 * runs but cannot reach Temporal, or no longer asks it, fails.
 */
await main(async () => {
  const { temporal } = readWorkerConfig(process.env);
  const { connection } = createClient(temporal);
  try {
    const { pollers } = await connection.withDeadline(Date.now() + PATIENCE_MS, () =>
      connection.workflowService.describeTaskQueue({
        namespace: temporal.namespace,
        taskQueue: { name: TASK_QUEUE },
      }),
    );
    // The SDK names a worker <process id>@<host name>, and a container's host name is its own.
    const polledAt = pollers
      .filter(({ identity }) => identity?.endsWith(`@${hostname()}`))
      .map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000);
    const last = Math.max(0, ...polledAt);
    if (Date.now() - last <= POLLED_WITHIN_MS) return;
    const when = last === 0 ? "never" : `at ${new Date(last).toISOString()}`;
    console.error(`no worker on ${hostname()} asks Temporal for tasks; last asked ${when}`);
  } catch (error) {
    console.error(`Temporal does not answer: ${error instanceof Error ? error.message : "unknown"}`);
  } finally {
    await connection.close();
  }
  process.exitCode = 1;
});
