import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "./log.ts";

/** One step of a stop: a signal, and how long (milliseconds) the process may take before the next step. */
type StopStep = { readonly signal: NodeJS.Signals; readonly forMs: number };

export type Child = {
  readonly pid: number;
  /** The last lines it wrote on stdout and stderr. */
  tail(): string;
  /** How it ended ("exit code 1", "SIGKILL"), or undefined while it runs. */
  ended(): string | undefined;
  /** Goes through the steps, then SIGKILL; resolves when the process is gone. Safe to call again. */
  stop(): Promise<void>;
};

type ChildOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The account to run as, when it is not ours (only root may). */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  readonly stopSteps: readonly StopStep[];
  /** Sent by the watchdog when we died without stopping it. */
  readonly orphanSignal: NodeJS.Signals;
  readonly log: Log;
};

const TAIL_LINES = 30;

/**
 * Starts a server that is ours to stop. It gets a session of its own, so Ctrl-C in the terminal reaches only us and
 * we stop the servers in order, and a watchdog, so it does not outlive us when we are killed with SIGKILL.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const child = spawn(options.command, options.args, {
    // Not our working directory: an unprivileged account may not be able to enter it.
    cwd: "/",
    detached: true,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
    ...options.account,
  });
  const tail = keepTail(child);
  // Rejects with ENOENT, EACCES … when the program cannot be started.
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.name} has no process id`);
  // A signal that could not be sent; the next step of the stop follows anyway.
  child.on("error", (error) => options.log(`${options.name}: ${error.message}`));
  const dog = watchdog(pid, options.orphanSignal);

  let end: string | undefined;
  let stopping: Promise<void> | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      end = signal ?? `exit code ${code}`;
      // The watchdog must go first thing: the process id it watches may now be given to somebody else.
      void dog.dismiss().then(resolve);
      if (stopping === undefined) options.log(`${options.name} ended by itself (${end})`);
    });
  });

  async function stop(): Promise<void> {
    for (const { signal, forMs } of options.stopSteps) {
      if (end !== undefined) break;
      child.kill(signal);
      if (await settledWithin(gone, forMs)) return;
    }
    if (end === undefined) child.kill("SIGKILL");
    await gone;
  }

  return {
    pid,
    tail,
    ended: () => end,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/**
 * A shell that waits on a pipe which only we hold. The kernel closes the pipe however we die; then the shell stops the
 * child, with SIGKILL after ten seconds. A shell, because Node cannot ask for PR_SET_PDEATHSIG and macOS has none.
 */
function watchdog(pid: number, signal: NodeJS.Signals) {
  const script = `read -r _
kill -s ${signal.slice(3)} ${pid} 2>/dev/null
n=0
while kill -0 ${pid} 2>/dev/null && [ $n -lt 50 ]; do sleep 0.2; n=$((n+1)); done
kill -s KILL ${pid} 2>/dev/null`;
  const shell = spawn("/bin/sh", ["-c", script], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const gone = new Promise((resolve) => shell.once("exit", resolve).once("error", resolve));
  shell.unref();
  return {
    async dismiss(): Promise<void> {
      shell.ref();
      if (shell.exitCode === null && shell.signalCode === null && shell.kill("SIGKILL")) await gone;
    },
  };
}

/** Reads both outputs, so that the child never blocks on a full pipe, and keeps the last lines for error messages. */
function keepTail(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", (chunk: string) => {
      text = (text + chunk).split("\n").slice(-TAIL_LINES).join("\n");
    });
  }
  return () => text.trim();
}

async function settledWithin(done: Promise<void>, limitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = pause(limitMs, false, { signal: timer.signal }).catch(() => false);
  const settled = await Promise.race([done.then(() => true), timeout]);
  timer.abort();
  return settled;
}
