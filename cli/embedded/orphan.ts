import type { Log } from "./log.ts";
import { runningProcess } from "./running-process.ts";
import { until } from "./until.ts";

/** Who a data directory's record says is using it. */
export type Holder = {
  /** "Postgres", "Temporal": for messages. */
  readonly name: string;
  readonly pid: number;
  /** A path that stands in the holder's command line; process ids are reused, above all in containers. */
  readonly path: string;
  /** Reads the id of the process that started it. */
  readonly startedBy: (command: string) => number | undefined;
  /** How an orphan is asked to end; SIGKILL follows after ten seconds. */
  readonly signal: NodeJS.Signals;
};

/**
 * Makes sure that nobody uses the directory. A server whose starter is gone (its parent is another process now) is
 * stopped; one whose starter still lives is a second program on the same data, which is an error.
 */
export async function evictOrphan(holder: Holder, log: Log): Promise<void> {
  const { name, pid, path } = holder;
  const running = await runningProcess(pid);
  if (running === undefined || !running.command.includes(path)) return;
  const owner = holder.startedBy(running.command);
  if (owner === undefined || running.parent === owner) {
    throw new Error(
      `${name} already runs on ${path} (process ${pid}, started by process ${owner ?? running.parent}). ` +
        `Another "npm run dev" or "npm run demo" uses this directory: stop that one first.`,
    );
  }
  log(`stopping the ${name} that an earlier run left behind (process ${pid})`);
  signalIfThere(pid, holder.signal);
  const isGone = async () => ((await runningProcess(pid)) === undefined ? true : undefined);
  if (await until(isGone, { limitMs: 10_000 })) return;
  signalIfThere(pid, "SIGKILL");
  if (await until(isGone, { limitMs: 5_000 })) return;
  throw new Error(`${name} of an earlier run (process ${pid}) on ${path} cannot be stopped`);
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
