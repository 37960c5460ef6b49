import { afterEach, expect, inject, it } from "vitest";
import { freePort } from "../../cli/embedded/free-port.ts";
import { eventually } from "../setup/customer.ts";
import { removeLeftovers, temporaryDirectory } from "./embedded-support.ts";
import { run } from "./program.ts";

const ENVIRONMENT = {
  DATABASE_URL: "postgresql://nobody@127.0.0.1:9/none",
  PUBLIC_URL: "http://127.0.0.1",
  STRIPE_SECRET_KEY: "sk_test_sandbox",
  STRIPE_WEBHOOK_SECRET: "whsec_sandbox",
};

afterEach(removeLeftovers);

it("a worker that cannot start says why and ends, so that it is started again", async () => {
  const worker = run("worker", temporaryDirectory(), [], {
    ...ENVIRONMENT,
    TEMPORAL_ADDRESS: inject("temporalAddress"),
    TEMPORAL_NAMESPACE: "nowhere",
  });
  expect(await worker.ended()).toBe(1);
  expect(worker.text()).toContain("nowhere");
});

it("a worker that waits for Temporal ends when it is told to", async () => {
  const worker = run("worker", temporaryDirectory(), [], {
    ...ENVIRONMENT,
    TEMPORAL_ADDRESS: `127.0.0.1:${await freePort(0)}`,
  });
  await eventually("it waits", () => Promise.resolve(worker.text().includes("Temporal does not answer yet")));
  worker.child.kill("SIGTERM");
  expect(await worker.ended()).toBe(0);
});
