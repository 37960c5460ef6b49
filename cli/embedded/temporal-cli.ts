import { access, constants } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import type { Log } from "./log.ts";
import { buildCli } from "./temporal-build.ts";
import { cacheFolder, installCli } from "./temporal-cache.ts";
import { downloadCli } from "./temporal-download.ts";
import { CLI_VERSION, unfitCli } from "./temporal-version.ts";

export type FindOptions = {
  readonly log: Log;
  /** TEMPORAL_CLI, PATH, XDG_CACHE_HOME and HOME are read; ours when not given. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where the official archives are; another address in tests. */
  readonly downloadFrom?: string;
};

/**
 * The path of a Temporal CLI: the one named by TEMPORAL_CLI, else `temporal` on the PATH, else the cached copy, else the
 * official download, else one built with Go. The last two fill the cache, which all checkouts share.
 */
export async function findTemporalCli({
  log,
  env = process.env,
  downloadFrom,
}: FindOptions): Promise<string> {
  const named = env["TEMPORAL_CLI"];
  if (named !== undefined && named !== "") {
    const path = resolve(named);
    const unfit = await unfitCli(path);
    // What was asked for by name is not replaced by something else in silence.
    if (unfit !== undefined) throw new Error(`TEMPORAL_CLI must name a Temporal CLI: ${unfit}`);
    return path;
  }
  const cache = cacheFolder(env);
  for (const path of [...(await allOnPath("temporal", env)), join(cache, "temporal")]) {
    if (!(await isProgram(path))) continue;
    const unfit = await unfitCli(path);
    if (unfit === undefined) return path;
    log(`not using ${path}: ${unfit}`);
  }
  const failures: string[] = [];
  const [go] = await allOnPath("go", env);
  const ways = [
    (into: string) =>
      downloadCli({ into, log, env, ...(downloadFrom === undefined ? {} : { from: downloadFrom }) }),
    (into: string) => buildCli({ into, go, env, log }),
  ];
  for (const way of ways) {
    try {
      return await installCli(cache, way);
    } catch (error) {
      failures.push((error as Error).message);
      log((error as Error).message);
    }
  }
  throw new Error(
    `No Temporal CLI was found, and none could be fetched:\n${failures.map((text) => `  - ${text}`).join("\n")}\n` +
      `Do one of these: set TEMPORAL_ADDRESS to a running Temporal server (127.0.0.1:7233); set TEMPORAL_CLI to a ` +
      `temporal program (https://docs.temporal.io/cli#install, ${CLI_VERSION} or later); or install Go ` +
      `(https://go.dev/dl), with which it is built here.`,
  );
}

async function allOnPath(name: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const found: string[] = [];
  for (const folder of folders) {
    const path = resolve(folder, name);
    if (!found.includes(path) && (await isProgram(path))) found.push(path);
  }
  return found;
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
