import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "./log.ts";
import { evictOrphan } from "./orphan.ts";
import { type Launch, postgresLaunch } from "./postgres-account.ts";
import { type PostgresPrograms, postgresPrograms } from "./postgres-programs.ts";
import { runningProcess } from "./running-process.ts";

/** A cluster that is initialised and that no Postgres uses. */
export type Cluster = {
  readonly directory: string;
  readonly password: string;
  readonly launch: Launch;
  readonly postgres: string;
};

const MAKING = "making-";

export const ROLE = "perennial";
/** Stands on the command line of every Postgres we start, so that a later start can tell an orphan. */
export const OWNER_SETTING = "perennial.owner";

/** Nothing of our environment: PGDATA, PGOPTIONS or a locale of the user's would change what is made. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  const { PATH, LD_LIBRARY_PATH } = process.env;
  return { PATH, LD_LIBRARY_PATH, LC_ALL: "C", TZ: "UTC" };
}

/** Opens `<dataDir>/cluster`, which holds `data` and `password`, making it the first time. */
export async function openCluster(dataDir: string, log: Log): Promise<Cluster> {
  await mkdir(dataDir, { recursive: true });
  const home = await realpath(dataDir);
  const place = join(home, "cluster");
  const directory = join(place, "data");
  const programs = await postgresPrograms();
  const launch = await postgresLaunch(directory, [home, programs.initdb, programs.postgres]);
  if (!(await exists(directory))) {
    log(`making a Postgres cluster in ${directory}`);
    await initialise(home, programs, launch);
  }
  const password = (await readFile(join(place, "password"), "utf8")).trim();
  await evictFormerPostgres(directory, log);
  return { directory, password, launch, postgres: programs.postgres };
}

/** Makes the cluster beside its place and renames it there: a start that was killed half-way leaves none behind. */
async function initialise(home: string, programs: PostgresPrograms, launch: Launch): Promise<void> {
  await removeHalfMade(home);
  const making = join(home, `${MAKING}${process.pid}`);
  const data = join(making, "data");
  const passwordFile = join(making, "password");
  await mkdir(data, { recursive: true });
  await chmod(data, 0o700);
  await writeFile(passwordFile, randomBytes(18).toString("base64url"), { mode: 0o600 });
  if (launch.account !== undefined) {
    const { uid, gid } = launch.account;
    await Promise.all([chown(passwordFile, uid, gid), chown(data, uid, gid)]);
  }
  const { command, args, account } = launch.command(programs.initdb, [
    `--pgdata=${data}`,
    `--username=${ROLE}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // The same order of text on every machine, whatever locales it has.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
  ]);
  try {
    await promisify(execFile)(command, args, { cwd: "/", env: postgresEnvironment(), ...account });
    await rename(making, join(home, "cluster"));
  } catch (cause) {
    await rm(making, { recursive: true, force: true });
    throw new Error(`Postgres could not make its cluster in ${home}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Removes what starts that were killed while making a cluster have left; another start may be making one now. */
async function removeHalfMade(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(MAKING)) continue;
    const maker = Number(name.slice(MAKING.length));
    if (maker === process.pid || (await runningProcess(maker)) === undefined) {
      await rm(join(home, name), { recursive: true, force: true });
    }
  }
}

async function evictFormerPostgres(directory: string, log: Log): Promise<void> {
  const lock = join(directory, "postmaster.pid");
  const text = await readFile(lock, "utf8").catch(() => undefined);
  if (text === undefined) return;
  const pid = Number.parseInt(text, 10);
  // SIGINT is Postgres's fast shutdown: it does not wait for clients.
  await evictOrphan({ name: "Postgres", pid, path: directory, startedBy: ownerIn, signal: "SIGINT" }, log);
  // Another program has the process id now, or a zombie keeps it: Postgres would believe itself running. A lock with
  // a free id stays, because Postgres then also looks whether its former memory is still in use.
  if (isTaken(pid)) await rm(lock, { force: true });
}

function ownerIn(command: string): number | undefined {
  const owner = new RegExp(`${OWNER_SETTING}=(\\d+)`).exec(command)?.[1];
  return owner === undefined ? undefined : Number(owner);
}

function isTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
