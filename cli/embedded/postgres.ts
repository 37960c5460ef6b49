import { Client } from "pg";
import { type Child, startChild } from "./child.ts";
import { freePort } from "./free-port.ts";
import type { Log } from "./log.ts";
import { type Cluster, OWNER_SETTING, openCluster, postgresEnvironment, ROLE } from "./postgres-cluster.ts";
import { until } from "./until.ts";

export type EmbeddedPostgres = {
  /** With the password: for DATABASE_URL, not for a log. */
  readonly url: string;
  readonly port: number;
  /** Stops the server and resolves when it is gone. Safe to call again. */
  stop(): Promise<void>;
};

export type PostgresOptions = {
  /** Kept between starts; made by the first. */
  readonly dataDir: string;
  /** The preferred port; another free one is used when it is taken. */
  readonly port?: number;
  /** More settings of postgresql.conf, such as `fsync: "off"` in tests. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log: Log;
};

const DATABASE = "perennial";
const PREFERRED_PORT = 54_320;
/** After a crash Postgres first replays its log. */
const READY_LIMIT_MS = 60_000;

/** A real Postgres of our own on 127.0.0.1, in UTF-8 and UTC, with the database `perennial`. Linux and macOS. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(options.dataDir, options.log);
  const port = await freePort(options.port ?? PREFERRED_PORT);
  const server = await startChild({
    name: "Postgres",
    ...cluster.launch.command(cluster.postgres, serverArguments(cluster, port, options.settings ?? {})),
    env: postgresEnvironment(),
    stopSteps: [
      { signal: "SIGINT", forMs: 10_000 },
      { signal: "SIGQUIT", forMs: 5_000 },
    ],
    orphanSignal: "SIGINT",
    log: options.log,
  });
  try {
    await makeDatabase(await connectWhenReady(cluster, port, server));
  } catch (error) {
    await server.stop();
    throw error;
  }
  const url = `postgresql://${ROLE}:${cluster.password}@127.0.0.1:${port}/${DATABASE}`;
  return { url, port, stop: () => server.stop() };
}

function serverArguments(
  cluster: Cluster,
  port: number,
  settings: Readonly<Record<string, string>>,
): string[] {
  const all = {
    listen_addresses: "127.0.0.1",
    // No socket file: its usual directory may be missing, or be another Postgres's.
    unix_socket_directories: "",
    timezone: "UTC",
    log_timezone: "UTC",
    [OWNER_SETTING]: `${process.pid}`,
    ...settings,
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", cluster.directory, "-p", `${port}`, ...flags];
}

async function connectWhenReady(cluster: Cluster, port: number, server: Child): Promise<Client> {
  let last: unknown;
  const client = await until(
    async () => {
      const end = server.ended();
      if (end !== undefined) throw new Error(`Postgres did not start (${end}):\n${server.tail()}`);
      try {
        return await connect(cluster, port);
      } catch (error) {
        // Refused while it opens its port, 57P03 while it recovers; anything else will not change by waiting.
        const { code } = error as { code?: string };
        if (code !== "ECONNREFUSED" && code !== "ECONNRESET" && code !== "57P03") throw error;
        last = error;
        return undefined;
      }
    },
    { limitMs: READY_LIMIT_MS, everyMs: 25 },
  );
  if (client !== undefined) return client;
  throw new Error(`Postgres does not answer after ${READY_LIMIT_MS / 1000} s:\n${server.tail()}`, {
    cause: last,
  });
}

async function connect(cluster: Cluster, port: number): Promise<Client> {
  const client = new Client({
    host: "127.0.0.1",
    port,
    user: ROLE,
    password: cluster.password,
    database: "postgres",
    ssl: false,
  });
  // A client that loses its server emits; unheard, that would end our process.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function makeDatabase(client: Client): Promise<void> {
  try {
    const found = await client.query("select 1 from pg_database where datname = $1", [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
