import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** What the system says about a process that is not our child. */
export type RunningProcess = { readonly parent: number; readonly command: string };

/** The process with this id, or undefined when there is none (a zombie counts as none). */
export async function runningProcess(pid: number): Promise<RunningProcess | undefined> {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

/** /proc and not ps: slim container images have no ps. */
async function fromProc(pid: number): Promise<RunningProcess | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
    // "pid (name) state parent …"; the name may hold spaces and parentheses.
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    return { parent: Number(parent), command: command.replaceAll("\0", " ") };
  } catch {
    return undefined;
  }
}

async function fromPs(pid: number): Promise<RunningProcess | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ps", [
      "-ww",
      "-o",
      "state=,ppid=,command=",
      "-p",
      `${pid}`,
    ]);
    const [, state, parent, command] = /^\s*(\S+)\s+(\d+)\s+(.*)/.exec(stdout) ?? [];
    if (state === undefined || state.startsWith("Z")) return undefined;
    return { parent: Number(parent), command: command ?? "" };
  } catch {
    return undefined;
  }
}
