import { createServer } from "node:http";
import { afterEach, expect, it } from "vitest";
import { freePort } from "../../cli/embedded/free-port.ts";
import { eventually } from "../setup/customer.ts";
import { processesNaming, removeLeftovers, temporaryDirectory } from "./embedded-support.ts";
import { type Program, run } from "./program.ts";

afterEach(removeLeftovers);

it("the demo tells the whole story, and ends with 0 because the database and the sandbox's books agree", async () => {
  const folder = temporaryDirectory();
  const demo = run("demo", folder);
  expect([await demo.ended(), demo.text()]).toEqual([0, expect.stringContaining("books agree")]);
  for (const part of [
    "active → past_due",
    "past_due → active",
    "Refund of 10.00 USD",
    "Subscription to pro ended",
  ]) {
    expect(demo.text()).toContain(part);
  }
  expect(await processesNaming(folder)).toEqual([]);
}, 90_000);

it("dev leaves everything running, finds its data again, and Ctrl-C leaves no process behind", async () => {
  const folder = temporaryDirectory();
  // Somebody else has a port that is usually ours.
  const blocker = createServer();
  const isTaken = (await freePort(3000)) !== 3000;
  if (!isTaken) await new Promise<void>((resolve) => blocker.listen(3000, "127.0.0.1", resolve));
  try {
    const first = await dev(folder);
    const opened = await openCheckout(first.api);
    first.program.child.kill("SIGINT");
    expect(await first.program.ended()).toBe(0);
    expect(await processesNaming(folder)).toEqual([]);

    const second = await dev(folder);
    expect(await openCheckout(second.api)).toEqual(opened);
    const list = run("events", folder, ["list"]);
    expect([await list.ended(), list.text()]).toEqual([0, expect.stringContaining("customer.created")]);
    second.program.child.kill("SIGTERM");
    expect(await second.program.ended()).toBe(0);
    expect(await processesNaming(folder)).toEqual([]);
  } finally {
    blocker.close();
  }
}, 90_000);

async function dev(folder: string): Promise<{ program: Program; api: string }> {
  const program = run("dev", folder);
  const address = /API +(http:\S+)/;
  await eventually(`dev runs: ${program.text()}`, async () => address.test(program.text()), 60_000);
  return { program, api: address.exec(program.text())?.[1] ?? "" };
}

async function openCheckout(api: string): Promise<unknown> {
  const answer = await fetch(`${api}/api/billing/create-checkout`, {
    method: "POST",
    headers: {
      authorization: "Bearer stage-api-key-0000",
      "idempotency-key": "tests-1",
      "content-type": "application/json",
    },
    body: JSON.stringify({ receipt: "customer-1", tier: "pro" }),
  });
  const body: unknown = await answer.json();
  expect([answer.status, body]).toEqual([200, expect.objectContaining({ status: "ok" })]);
  return body;
}
