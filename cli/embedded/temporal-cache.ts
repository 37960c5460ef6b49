import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { CLI_VERSION, unfitCli } from "./temporal-version.ts";

const MAKING = "making-";
/** Older than any download or build may take: nobody works in it any more. */
const ABANDONED_MS = 2 * 60 * 60 * 1000;

/** One folder of the user's, shared by all checkouts. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const home = env["HOME"] ?? homedir();
  const standard = process.platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
  return join(env["XDG_CACHE_HOME"] || standard, "perennial", `temporal-${CLI_VERSION}`);
}

/**
 * Runs `make` in a folder of its own and moves the program into the cache, where it appears whole or not at all. Two
 * first starts at once do the work twice and harm nobody.
 */
export async function installCli(cache: string, make: (into: string) => Promise<string>): Promise<string> {
  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache);
  const into = await mkdtemp(join(cache, MAKING));
  try {
    const made = await make(into);
    const unfit = await unfitCli(made);
    if (unfit !== undefined) throw new Error(`the new Temporal CLI does not work: ${unfit}`);
    const path = join(cache, "temporal");
    await rename(made, path);
    return path;
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}

async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    const found = name.startsWith(MAKING) ? await stat(path).catch(() => undefined) : undefined;
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
