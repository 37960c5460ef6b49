import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode } from "@temporalio/worker";
import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { startPostgres } from "../../cli/embedded/postgres.ts";
import { startTemporal } from "../../cli/embedded/temporal.ts";
import { migrateDatabase } from "../../cli/prepare.ts";
import { NAMESPACES, TEMPLATE_DATABASE } from "./places.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the server, for making databases; not for a test's own rows. */
    postgresUrl: string;
    temporalAddress: string;
    temporalUiUrl: string;
    workflowBundlePath: string;
  }
}

/** A first build of Temporal takes minutes: whoever waits should see why. */
const log = (line: string): void => {
  if (/building|built|downloading/.test(line)) console.error(line);
};

/** Starts each server once for the whole run, and bundles the workflows once. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "perennial-tests-"));
  const [postgres, temporal, codePath] = await Promise.all([
    startPostgres({ dataDir: folder, port: 0, settings: { fsync: "off", max_connections: "200" }, log }),
    startTemporal({ namespaces: NAMESPACES, port: 0, uiPort: 0, log }),
    bundle(folder),
  ]);
  await makeTemplate(postgres.url);
  project.provide("postgresUrl", postgres.url);
  project.provide("temporalAddress", temporal.address);
  project.provide("temporalUiUrl", temporal.uiUrl ?? "");
  project.provide("workflowBundlePath", codePath);
  return async () => {
    await Promise.all([postgres.stop(), temporal.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
}

async function bundle(folder: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL("../../workflows", import.meta.url)),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error },
  });
  const path = join(folder, "workflow-bundle.js");
  await writeFile(path, code);
  return path;
}

/** A migrated database from which each test file's own is copied: faster than migrating each. */
async function makeTemplate(postgresUrl: string): Promise<void> {
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  await client.query(`create database ${TEMPLATE_DATABASE}`);
  await client.end();
  const url = new URL(postgresUrl);
  url.pathname = `/${TEMPLATE_DATABASE}`;
  await migrateDatabase(url.href);
}
