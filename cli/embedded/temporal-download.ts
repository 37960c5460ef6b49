import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type { Log } from "./log.ts";
import { CLI_VERSION } from "./temporal-version.ts";

const OFFICIAL = "https://temporal.download/cli/archive";
/** A machine without this way out must learn it quickly. */
const ANSWER_LIMIT_MS = 5_000;
/** About 60 MB. */
const BODY_LIMIT_MS = 180_000;

/** Fetches the official archive and unpacks `temporal` from it into the folder. */
export async function downloadCli(options: {
  readonly into: string;
  readonly from?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}): Promise<string> {
  const { into, from = OFFICIAL, env, log } = options;
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const machine = `platform=${process.platform}&arch=${arch}`;
  const archive = join(into, "temporal.tar.gz");
  try {
    log(`downloading the Temporal CLI from ${new URL(from).host}`);
    if (!(await fetchTo(archive, `${from}/v${CLI_VERSION}?${machine}`))) {
      if (!(await fetchTo(archive, `${from}/latest?${machine}`)))
        throw new Error(`nothing there for ${machine}`);
    }
    await promisify(execFile)("tar", ["-xzf", archive, "-C", into, "temporal"], { env });
  } catch (cause) {
    throw new Error(`the Temporal CLI could not be downloaded from ${from}: ${reasonOf(cause)}`, { cause });
  }
  return join(into, "temporal");
}

/** Answers false when the address has no such archive. */
async function fetchTo(file: string, url: string): Promise<boolean> {
  const abort = new AbortController();
  const giveUp = (what: string) => abort.abort(new Error(`${what} in time`));
  let timer = setTimeout(giveUp, ANSWER_LIMIT_MS, "no answer");
  try {
    const answer = await fetch(url, { signal: abort.signal });
    clearTimeout(timer);
    timer = setTimeout(giveUp, BODY_LIMIT_MS, "not complete");
    if (!answer.ok || answer.body === null) {
      await answer.body?.cancel();
      return false;
    }
    await pipeline(Readable.from(answer.body), createWriteStream(file));
    return true;
  } finally {
    clearTimeout(timer);
  }
}

/** fetch says only "fetch failed"; why is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
