import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const VERSION = "0.203.0";
const MODULE = `github.com/stripe/stripe-mock@v${VERSION}`;
const run = promisify(execFile);

/** Stripe's own stand-in for its API, and Stripe's OpenAPI description that it carries. */
export interface StripeMock {
  readonly program: string;
  readonly spec: string;
}

/** One folder of the user's, shared by all checkouts. */
const folder = (): string => {
  const home = process.env["HOME"] ?? homedir();
  const standard = process.platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
  return join(process.env["XDG_CACHE_HOME"] || standard, "perennial", `stripe-mock-${VERSION}`);
};

const filesIn = (path: string): StripeMock => ({
  program: join(path, "stripe-mock"),
  spec: join(path, "spec3.json"),
});

/** From the user's cache, where Go puts it the first time: a minute or so, then never again. */
export async function findStripeMock(): Promise<StripeMock> {
  const cache = folder();
  if (!(await exists(cache))) await install(cache);
  return filesIn(cache);
}

/** The folder appears whole or not at all. Two first runs at once do the work twice and harm nobody. */
async function install(cache: string): Promise<void> {
  await mkdir(dirname(cache), { recursive: true });
  const making = await mkdtemp(`${cache}-making-`);
  try {
    const env = { ...process.env, GOFLAGS: "-mod=mod", GOBIN: making, CGO_ENABLED: "0" };
    await go(["install", MODULE], making, env);
    const module: { Dir: string } = JSON.parse(await go(["mod", "download", "-json", MODULE], making, env));
    await copyFile(join(module.Dir, "embedded", "openapi", "spec3.json"), filesIn(making).spec);
    await rename(making, cache).catch(async (error: unknown) => {
      if (!(await exists(cache))) throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function go(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (await run("go", args, { cwd, env, maxBuffer: 1024 * 1024 })).stdout;
  } catch (cause) {
    throw new Error(`"go ${args.join(" ")}" failed: is Go on the PATH and the module proxy within reach?`, {
      cause,
    });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Starts it on free ports of 127.0.0.1. */
export async function startStripeMock(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { program } = await findStripeMock();
  const addresses = ["-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0"];
  const server = spawn(program, addresses, { stdio: ["ignore", "pipe", "inherit"] });
  const gone = once(server, "exit");
  let url: string | undefined;
  for await (const line of createInterface(server.stdout)) {
    url = /^Listening for HTTP at address: (.*)$/.exec(line)?.[1] ?? url;
    if (line.startsWith("Listening for HTTPS")) break;
  }
  if (url === undefined) throw new Error("stripe-mock did not start");
  return {
    url: `http://${url}`,
    async stop() {
      server.kill();
      await gone;
    },
  };
}
