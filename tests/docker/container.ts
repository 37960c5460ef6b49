import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ComposeService } from "./compose.ts";
import type { Image } from "./image.ts";

export interface Container {
  /** All that it has written so far. */
  output(): string;
  /** The exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  isRunning(): boolean;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the command as the container would: in the image's folder, with no environment but the given one. */
export function start(
  command: readonly string[],
  image: Image,
  environment: ComposeService["environment"],
): Container {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: image.folder,
    env: { PATH: process.env["PATH"], HOME: image.folder, ...image.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return {
    output: () => text,
    // Not before its last words are read.
    ended: once(child, "close").then(([code, signal]) => (signal === null ? Number(code) : signal)),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: (signal) => void child.kill(signal),
  };
}
