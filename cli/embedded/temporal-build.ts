import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Log } from "./log.ts";
import { CLI_VERSION } from "./temporal-version.ts";

const MODULE = `github.com/temporalio/cli/cmd/temporal@v${CLI_VERSION}`;
const PROGRESS_EVERY_MS = 5_000;
const LIMIT_MS = 30 * 60 * 1000;

/** Builds the CLI with Go into the folder: about four minutes the first time, with a line of progress every five seconds. */
export async function buildCli(options: {
  readonly into: string;
  /** The path of `go`, if there is one. */
  readonly go: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}): Promise<string> {
  const { into, go, env, log } = options;
  if (go === undefined) throw new Error("the Temporal CLI could not be built: there is no Go on the PATH");
  log(`building the Temporal CLI ${CLI_VERSION} with Go: a few minutes, only this once`);
  const build = spawn(go, ["install", "-v", MODULE], {
    cwd: into,
    env: { ...env, CGO_ENABLED: "0", GOBIN: into },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: LIMIT_MS,
  });
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const last: string[] = [];
  createInterface(build.stderr).on("line", (line) => {
    last.push(line);
    if (last.length > 10) last.shift();
  });
  const progress = setInterval(
    () => log(`  building, ${seconds()} s: ${last.at(-1) ?? ""}`),
    PROGRESS_EVERY_MS,
  );
  try {
    const [code] = (await once(build, "close")) as [number | null];
    if (code !== 0) throw new Error(`"go install ${MODULE}" failed:\n${last.join("\n")}`);
  } finally {
    clearInterval(progress);
  }
  log(`built the Temporal CLI in ${seconds()} s`);
  return join(into, "temporal");
}
