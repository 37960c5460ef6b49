import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@temporalio/client";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePorts } from "../../cli/embedded/free-port.ts";
import { type EmbeddedSandbox, startSandbox } from "../../cli/embedded/sandbox.ts";
import { createClient } from "../../temporal/connect.ts";
import { TASK_QUEUE } from "../../workflows/contract.ts";
import { createCheckout, eventually } from "../setup/customer.ts";
import { createDatabase } from "../setup/database.ts";
import { API_KEY } from "../setup/system.ts";
import { type ComposeService, durationMs, interpolate, readComposeFile } from "./compose.ts";
import { type Container, start } from "./container.ts";
import { type Image, makeImage, readPatterns } from "./image.ts";

const VALUES = {
  POSTGRES_PASSWORD: decodeURIComponent(new URL(inject("postgresUrl")).password),
  BILLING_API_KEY: API_KEY,
  ADMIN_TOKEN: "tests-admin-token-0000",
  STRIPE_SECRET_KEY: "sk_test_sandbox",
  STRIPE_WEBHOOK_SECRET: "whsec_sandbox",
  STRIPE_PRICE_PRO: "price_pro_monthly",
  STRIPE_PRICE_SCALE: "price_scale_monthly",
  PUBLIC_URL: "https://billing.example.com",
};

/** How long a start may take on a busy machine. */
const HEALTHY_LIMIT_MS = 40_000;

const file = await readComposeFile();
const services = interpolate(file, VALUES);
const service = (name: string, of = services): ComposeService => {
  const found = of[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};

describe("docker-compose.yml", () => {
  it("is valid by the compose specification", async () => {
    const schema = await readFile(new URL("compose-spec.json", import.meta.url), "utf8");
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schema));
    validate(file);
    expect(validate.errors).toBeNull();
    expect(validate({ services: { api: { ...service("api"), comand: ["node"] } } })).toBe(false);
  });

  it("does not start without a value that has no default, and names it", () => {
    expect(() => interpolate(file, {})).toThrow(
      new RegExp(
        Object.keys(VALUES)
          .toSorted()
          .map((name) => `${name} is missing: .+`)
          .join("\n"),
      ),
    );
  });

  it("starts each service when what it needs is there", () => {
    const names = "api migrate postgres temporal temporal-namespace temporal-schema temporal-ui worker";
    expect(Object.keys(services).toSorted()).toEqual(names.split(" "));
    for (const { depends_on } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const { healthcheck, restart } = service(name);
        if (condition === "service_healthy") expect(healthcheck, name).toBeDefined();
        // One that is started again after it has ended well would never be done.
        else expect(restart, name).toBe("on-failure");
      }
    }
    expect(service("api").depends_on).toEqual({ migrate: { condition: "service_completed_successfully" } });
    expect(service("worker").depends_on).toEqual(service("api").depends_on);
  });

  it("offers the API to the network, Temporal's UI to this machine, and nothing else", () => {
    const ports = Object.entries(services).flatMap(([name, { ports: own }]) =>
      own.map((port) => [name, port]),
    );
    expect(ports).toEqual([
      ["temporal-ui", "127.0.0.1:8233:8080"],
      ["api", "3000:3000"],
    ]);
    expect(service("api").environment).toMatchObject({ HOST: "0.0.0.0", PORT: "3000" });
  });

  it("hides terminate, reset and start in Temporal's UI, and leaves the operators' updates", () => {
    expect(service("temporal-ui").environment).toMatchObject({
      TEMPORAL_WORKFLOW_TERMINATE_DISABLED: "true",
      TEMPORAL_WORKFLOW_RESET_DISABLED: "true",
      TEMPORAL_START_WORKFLOW_DISABLED: "true",
    });
    expect(service("temporal-ui").environment).not.toHaveProperty("TEMPORAL_DISABLE_WRITE_ACTIONS");
  });

  it("names the version of every image of others", () => {
    for (const { image } of Object.values(services)) {
      expect(image).toMatch(/^(perennial:local|[\w/-]+:\d+\.\d+(\.\d+)?)$/);
    }
  });
});

describe(".dockerignore", () => {
  it("keeps out of the image what git ignores", async () => {
    const kept = new Set(await readPatterns(".dockerignore"));
    for (const pattern of await readPatterns(".gitignore")) {
      expect(
        [pattern, `**/${pattern}`].some((each) => kept.has(each)),
        pattern,
      ).toBe(true);
    }
  });
});

describe("the image's processes, started as compose starts them", () => {
  const cleanUp: (() => Promise<unknown>)[] = [];
  let image: Image;
  let sandbox: EmbeddedSandbox;
  let apiUrl: string;
  /** Compose's services with the addresses of this machine's servers. */
  let here: Readonly<Record<string, ComposeService>>;
  const temporal = createClient({
    connectionOptions: { address: inject("temporalAddress") },
    namespace: service("worker").environment["TEMPORAL_NAMESPACE"] ?? "",
  });

  const run = (command: readonly string[], environment: ComposeService["environment"]): Container => {
    const container = start(command, image, environment);
    cleanUp.push(() => {
      container.kill("SIGKILL");
      return container.ended;
    });
    return container;
  };
  const up = (name: string): Container => run(service(name, here).command, service(name, here).environment);
  const check = async (name: string): Promise<{ code: number | NodeJS.Signals; output: string }> => {
    const { healthcheck, environment } = service(name, here);
    const container = run(healthcheck?.test.slice(1) ?? [], environment);
    return { code: await container.ended, output: container.output() };
  };
  const healthy = (name: string, container: Container): Promise<true> =>
    eventually(
      `${name} is healthy`,
      async () => {
        if (!container.isRunning()) throw new Error(`${name} has ended:\n${container.output()}`);
        return (await check(name)).code === 0 || undefined;
      },
      HEALTHY_LIMIT_MS,
    );

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "perennial-image-"));
    cleanUp.push(() => rm(folder, { recursive: true, force: true }));
    image = await makeImage(folder);
    const [apiPort = 0, sandboxPort = 0] = await freePorts([0, 0]);
    apiUrl = `http://127.0.0.1:${apiPort}`;
    sandbox = await startSandbox({
      port: sandboxPort,
      webhookUrl: `${apiUrl}/webhook/stripe`,
      webhookSecrets: [VALUES.STRIPE_WEBHOOK_SECRET],
      log: () => undefined,
    });
    cleanUp.push(() => sandbox.stop());
    const database = await createDatabase();
    cleanUp.push(() => database.drop());
    cleanUp.push(() => empty(temporal));
    // As Postgres's image leaves it.
    await database.pool.query("drop schema public cascade; create schema public");
    const { host, pathname } = new URL(database.url);
    const places: readonly (readonly [string, string])[] = [
      ["@postgres:5432/perennial", `@${host}${pathname}`],
      ["temporal:7233", inject("temporalAddress")],
      ["0.0.0.0", "127.0.0.1"],
    ];
    const values = { ...VALUES, PUBLIC_URL: apiUrl, STRIPE_API_BASE: sandbox.url };
    here = Object.fromEntries(
      Object.entries(interpolate(file, values)).map(([name, each]) => {
        const environment = Object.fromEntries(
          Object.entries(each.environment).map(([variable, value]) => [
            variable,
            places.reduce((text, [from, to]) => text.replace(from, to), value),
          ]),
        );
        return [
          name,
          { ...each, environment: { ...environment, ...(name === "api" ? { PORT: `${apiPort}` } : {}) } },
        ];
      }),
    );
  });

  afterAll(async () => {
    for (const each of cleanUp.toReversed()) await each();
    await temporal.connection.close();
  });

  it("a missing value ends each with its name and exit code 1", async () => {
    const blank = Object.fromEntries(Object.keys(VALUES).map((name) => [name, "-"]));
    const required = (name: string): string[] =>
      Object.entries(service(name, interpolate(file, blank)).environment).flatMap(([variable, value]) =>
        value === "-" && variable !== "PGPASSWORD" ? [variable] : [],
      );
    await Promise.all(
      ["migrate", "api", "worker"].map(async (name) => {
        const { command, environment } = service(name, here);
        const missing = required(name);
        const container = run(command, {
          ...environment,
          ...Object.fromEntries(missing.map((variable) => [variable, ""])),
        });
        expect(await container.ended, container.output()).toBe(1);
        expect(
          container
            .output()
            .match(/\w+(?= is missing)/g)
            ?.toSorted(),
        ).toEqual(missing.toSorted());
      }),
    );
  });

  it("nothing is healthy before it is started", async () => {
    const [api, worker] = await Promise.all([check("api"), check("worker")]);
    expect(api.code).toBe(1);
    expect(worker.code).toBe(1);
    expect(worker.output).toContain("asks Temporal for tasks; last asked never");
  });

  it("migrate, api and worker start, become healthy, take a checkout, and end at SIGTERM", async () => {
    const migrate = up("migrate");
    expect(await migrate.ended, migrate.output()).toBe(0);
    const [api, worker] = [up("api"), up("worker")];
    await Promise.all([healthy("api", api), healthy("worker", worker)]);

    expect(await (await fetch(`${apiUrl}/readyz`)).json()).toEqual({
      status: "ok",
      postgres: "up",
      temporal: "up",
    });
    const { pollers } = await temporal.workflowService.describeTaskQueue({
      namespace: "default",
      taskQueue: { name: TASK_QUEUE },
    });
    expect(pollers).toHaveLength(1);
    const { status, body } = await createCheckout({ apiUrl }, { receipt: "customer-1", tier: "pro" });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body["checkout_url"]).toMatch(sandbox.url);

    for (const [name, container] of Object.entries({ api, worker })) {
      container.kill("SIGTERM");
      const limit = AbortSignal.timeout(durationMs(service(name).stop_grace_period));
      limit.addEventListener("abort", () => container.kill("SIGKILL"));
      expect(await container.ended, container.output()).toBe(0);
    }
    expect((await check("api")).code).toBe(1);
  });
});

/** Nothing goes on in the namespace when the test is over. */
async function empty(temporal: Client): Promise<void> {
  for await (const { scheduleId } of temporal.schedule.list()) {
    await temporal.schedule.getHandle(scheduleId).delete();
  }
  for await (const { workflowId } of temporal.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
    await temporal.workflow.getHandle(workflowId).terminate("the test is over");
  }
}
