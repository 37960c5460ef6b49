import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runningProcess } from "../../cli/embedded/running-process.ts";
import { until } from "../../cli/embedded/until.ts";

/** A directory of mode 0700 that is removed after the test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "perennial-embedded-"));
  directories.push(path);
  return path;
}

const directories: string[] = [];
const programs: ChildProcess[] = [];

/** Runs the given lines of a module in a process of their own; resolves with the first line it prints. */
export async function program(lines: string): Promise<{ child: ChildProcess; firstLine: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", lines], {
    cwd: join(import.meta.dirname, "../.."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  programs.push(child);
  const output = createInterface(child.stdout);
  const firstLine = await new Promise<string>((resolve, reject) => {
    output.once("line", resolve);
    child.once("exit", (code) =>
      reject(new Error(`the program ended with ${code} before it printed anything`)),
    );
  });
  return { child, firstLine };
}

/** Ids of the processes with the text in their command line, the one looking excepted. Linux only. */
export async function processesNaming(text: string): Promise<number[]> {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found: number[] = [];
  for (const pid of pids.map(Number)) {
    const running = pid === process.pid ? undefined : await runningProcess(pid);
    if (running?.command.includes(text)) found.push(pid);
  }
  return found;
}

/** The addresses, in /proc's hexadecimal, on which somebody listens at the port. */
export function listeningAddresses(port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((file) => readFileSync(file, "utf8").trim().split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === "0A")
    .map(([, local]) => String(local).slice(0, -suffix.length));
}

export const LOOPBACK = "0100007F";

/** True as soon as the question is answered with yes, false after five seconds of no. */
export async function becomes(ask: () => Promise<boolean>): Promise<boolean> {
  return (await until(async () => ((await ask()) ? true : undefined), { limitMs: 5_000 })) ?? false;
}

/** For the end of every test, after its servers are stopped. */
export function removeLeftovers(): void {
  for (const child of programs.splice(0)) child.kill("SIGKILL");
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}
