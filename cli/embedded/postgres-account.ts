import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

type Account = { readonly uid: number; readonly gid: number };

/** How to start a program of Postgres: as us, as another account, or through setpriv. */
export type Launch = {
  readonly account: Account | undefined;
  command(
    program: string,
    args: readonly string[],
  ): { command: string; args: string[]; account?: Account | undefined };
};

const asOurselves: Launch = {
  account: undefined,
  command: (program, args) => ({ command: program, args: [...args] }),
};

/**
 * Postgres refuses to run as root. As root it runs as the owner of the existing cluster, else as `postgres`, else as
 * `nobody`: accounts that are there, so the machine is not changed. Where that account cannot enter a directory on the
 * way (a checkout under /root), it is given just that right with setpriv.
 *
 * @param cluster the directory of the cluster; it may not exist yet
 * @param paths what the account must be able to reach
 */
export async function postgresLaunch(cluster: string, paths: readonly string[]): Promise<Launch> {
  if (process.getuid?.() !== 0) return asOurselves;
  const account =
    (await ownerOf(cluster)) ?? (await accountNamed("postgres")) ?? (await accountNamed("nobody"));
  if (account === undefined) {
    throw new Error(
      'Postgres cannot run as root, and there is no account "postgres" or "nobody" to run it as',
    );
  }
  for (const launch of [
    plain(account),
    withRight(account, "dac_read_search"),
    withRight(account, "dac_override"),
  ]) {
    if (await canReach(launch, paths)) return launch;
  }
  throw new Error(
    `Postgres cannot run as root, and the account with uid ${account.uid} cannot reach ${paths.join(" and ")}. ` +
      `Run as an ordinary user, or put the checkout where every user may enter (not under /root).`,
  );
}

function plain(account: Account): Launch {
  return { account, command: (program, args) => ({ command: program, args: [...args], account }) };
}

/** Linux only, by util-linux: the account keeps one right of root's over files. Postgres listens on loopback only. */
function withRight(account: Account, right: "dac_read_search" | "dac_override"): Launch {
  const change = [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups"];
  // Without the secure bit access(2), by which Postgres looks for its own files, would not count the right.
  const keep = ["--securebits=+no_setuid_fixup", `--inh-caps=+${right}`, `--ambient-caps=+${right}`];
  return {
    account,
    command: (program, args) => ({ command: "setpriv", args: [...change, ...keep, "--", program, ...args] }),
  };
}

async function canReach(launch: Launch, paths: readonly string[]): Promise<boolean> {
  const script = 'for path do [ -x "$path" ] || exit 1; done';
  const { command, args, account } = launch.command("/bin/sh", ["-c", script, "sh", ...paths]);
  return run(command, args, { cwd: "/", ...account }).then(
    () => true,
    () => false,
  );
}

async function ownerOf(cluster: string): Promise<Account | undefined> {
  const found = await stat(cluster).catch(() => undefined);
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}

async function accountNamed(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}
