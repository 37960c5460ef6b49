import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { Connection } from "@temporalio/client";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../cli/embedded/free-port.ts";
import { type EmbeddedTemporal, startTemporal, type TemporalOptions } from "../../cli/embedded/temporal.ts";
import { findTemporalCli } from "../../cli/embedded/temporal-cli.ts";
import { HOUR } from "../../domain/time.ts";
import { createClient } from "../../temporal/connect.ts";
import { ensureTemporal } from "../../temporal/ensure.ts";
import {
  becomes,
  LOOPBACK,
  listeningAddresses,
  processesNaming,
  program,
  removeLeftovers,
  temporaryDirectory,
} from "./embedded-support.ts";

const started: EmbeddedTemporal[] = [];

async function start(options: Partial<TemporalOptions>): Promise<EmbeddedTemporal> {
  const server = await startTemporal({
    namespaces: ["perennial-test"],
    port: 0,
    uiPort: 0,
    log: () => undefined,
    ...options,
  });
  started.push(server);
  return server;
}

async function withConnection<T>(address: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

function workflowIds(address: string): Promise<string[]> {
  return withConnection(address, async ({ workflowService }) => {
    const { executions } = await workflowService.listWorkflowExecutions({ namespace: "perennial-test" });
    return executions.map(({ execution }) => execution?.workflowId ?? "");
  });
}

async function ensure(address: string): Promise<void> {
  const client = createClient({ connectionOptions: { address }, namespace: "perennial-test" });
  await ensureTemporal(client, {
    namespace: "perennial-test",
    sweepEveryMs: HOUR,
    verifyEveryMs: HOUR,
    catchUpEveryMs: HOUR,
  });
  await client.connection.close();
}

function json(value: string) {
  return { metadata: { encoding: Buffer.from("json/plain") }, data: Buffer.from(JSON.stringify(value)) };
}

async function startWorkflow(
  address: string,
  workflowId: string,
  attribute?: [string, string],
): Promise<void> {
  await withConnection(address, ({ workflowService }) =>
    workflowService.startWorkflowExecution({
      namespace: "perennial-test",
      workflowId,
      requestId: workflowId,
      workflowType: { name: "nothing" },
      taskQueue: { name: "nobody" },
      ...(attribute && { searchAttributes: { indexedFields: { [attribute[0]]: json(attribute[1]) } } }),
    }),
  );
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  removeLeftovers();
});

describe("startTemporal", () => {
  it("serves on loopback only, keeps its data, and takes other ports when its own are taken", async () => {
    const dataDir = temporaryDirectory();
    const first = await start({ dataDir });
    expect(listeningAddresses(first.port)).toEqual([LOOPBACK]);
    expect(listeningAddresses(first.uiPort ?? 0)).toEqual([LOOPBACK]);
    expect((await fetch(`${first.uiUrl}/api/v1/settings`)).status).toBe(200);
    await startWorkflow(first.address, "subscription/kept");
    await first.stop();
    expect(await processesNaming(dataDir)).toEqual([]);

    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(first.port, "127.0.0.1", resolve));
    try {
      const second = await start({ dataDir, port: first.port, headless: true });
      expect(second.port).not.toBe(first.port);
      expect(second.uiUrl).toBeUndefined();
      expect(await workflowIds(second.address)).toEqual(["subscription/kept"]);
      // Search attributes that the kept database did not know; what is there already stays.
      await ensure(second.address);
      await ensure(second.address);
      await startWorkflow(second.address, "subscription/new", ["PeriodEnd", "2026-11-24T00:00:00Z"]);
      await expect(start({ dataDir })).rejects.toThrow("Temporal already runs");
    } finally {
      blocker.close();
    }
  });

  it("does not outlive a program that was killed, and the next start finds its data", async () => {
    const dataDir = temporaryDirectory();
    const { child, firstLine } = await program(`
      const { startTemporal } = await import("./cli/embedded/temporal.ts");
      const server = await startTemporal({
        dataDir: ${JSON.stringify(dataDir)}, namespaces: ["perennial-test"], port: 0,
        headless: true, log: () => {},
      });
      console.log(server.address);
    `);
    await startWorkflow(firstLine, "subscription/survivor");
    child.kill("SIGKILL");
    expect(await becomes(async () => (await processesNaming(dataDir)).length === 0)).toBe(true);
    const server = await start({ dataDir, headless: true });
    expect(await workflowIds(server.address)).toEqual(["subscription/survivor"]);
  });
});

/** An executable script that prints the version of a CLI with this server. */
function fakeCli(path: string, server = "1.29.1"): string {
  return script(path, `echo "temporal version 1 (Server ${server}, UI 2)"`);
}

function script(path: string, body: string): string {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("findTemporalCli", () => {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);

  /** An environment with nothing in it: an empty PATH folder and an empty cache. */
  async function emptyMachine() {
    const root = temporaryDirectory();
    const cached = join(root, "cache", "perennial", "temporal-1.5.1", "temporal");
    const env = { PATH: join(root, "bin"), XDG_CACHE_HOME: join(root, "cache"), HOME: root };
    // Nobody listens there.
    const downloadFrom = `http://127.0.0.1:${await freePort(0)}`;
    return { root, cached, options: { env, log, downloadFrom } };
  }

  afterEach(() => {
    lines.splice(0);
  });

  it("prefers TEMPORAL_CLI, then the PATH, then the cache", async () => {
    const { root, cached, options } = await emptyMachine();
    const named = fakeCli(join(root, "named"));
    const onPath = fakeCli(join(root, "bin", "temporal"));
    fakeCli(cached);
    expect(await findTemporalCli({ ...options, env: { ...options.env, TEMPORAL_CLI: named } })).toBe(named);
    expect(await findTemporalCli(options)).toBe(onPath);
    fakeCli(onPath, "1.28.0");
    expect(await findTemporalCli(options)).toBe(cached);
    expect(lines).toEqual([`not using ${onPath}: its server is 1.28, and 1.29 or later is needed`]);
  });

  it("refuses a TEMPORAL_CLI that is none", async () => {
    const { root, options } = await emptyMachine();
    const env = { ...options.env, TEMPORAL_CLI: join(root, "missing") };
    await expect(findTemporalCli({ ...options, env })).rejects.toThrow(
      "TEMPORAL_CLI must name a Temporal CLI",
    );
  });

  it("downloads into the cache, from the newest archive when there is none of the pinned version", async () => {
    const { root, cached, options } = await emptyMachine();
    fakeCli(join(root, "archive", "temporal"));
    const env = { ...options.env, PATH: "/usr/bin:/bin" };
    execFileSync("tar", ["-czf", join(root, "cli.tar.gz"), "-C", join(root, "archive"), "temporal"]);
    const asked: string[] = [];
    const site = createServer((request, response) => {
      asked.push(request.url ?? "");
      if (request.url?.startsWith("/latest")) response.end(readFileSync(join(root, "cli.tar.gz")));
      else response.writeHead(404).end();
    });
    const port = await freePort(0);
    await new Promise<void>((resolve) => site.listen(port, "127.0.0.1", resolve));
    try {
      const find = () => findTemporalCli({ log, env, downloadFrom: `http://127.0.0.1:${port}` });
      expect(await Promise.all([find(), find()])).toEqual([cached, cached]);
      expect(await find()).toBe(cached);
    } finally {
      site.close();
    }
    expect(asked.filter((url) => url.startsWith("/v1.5.1?platform="))).toHaveLength(2);
  });

  it("builds with Go when nothing can be downloaded", async () => {
    const { root, cached, options } = await emptyMachine();
    const made = `#!/bin/sh\necho 'temporal version 1 (Server 1.29.1, UI 2)'\n`;
    writeFileSync(join(root, "made"), made, { mode: 0o755 });
    script(
      join(root, "bin", "go"),
      `echo "$CGO_ENABLED $*" > "${root}/asked"; /bin/cp "${root}/made" "$GOBIN/temporal"`,
    );
    expect(await findTemporalCli(options)).toBe(cached);
    expect(readFileSync(join(root, "asked"), "utf8")).toBe(
      "0 install -v github.com/temporalio/cli/cmd/temporal@v1.5.1\n",
    );
  });

  it("says what to do when there is no way", async () => {
    const { options } = await emptyMachine();
    await expect(findTemporalCli(options)).rejects.toThrow(
      /could not be downloaded[^]*no Go on the PATH[^]*TEMPORAL_ADDRESS[^]*TEMPORAL_CLI[^]*install Go/,
    );
  });
});
