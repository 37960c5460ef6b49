import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../cli/embedded/free-port.ts";
import type { WorkerDecoration } from "../../cli/worker-process.ts";
import { checkoutId, subscriptionId } from "../../domain/ids.ts";
import { createClient } from "../../temporal/connect.ts";
import { createGateway, type Gateway, TemporalAway } from "../../temporal/gateway.ts";
import { routeEventWorkflowId } from "../../workflows/contract.ts";
import { eventually } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { commandRows, settledCustomer } from "../workflows/by-hand.ts";
import { createGate } from "../workflows/gate.ts";
import { atRest, eventsOf, handleOf, quiet, signalsOf } from "../workflows/history.ts";

let system: System;
const gate = createGate();
const decoration: WorkerDecoration = {
  activities: (activities) => ({
    ...activities,
    async observe(id) {
      const observed = await activities.observe(id);
      await gate.pass(id);
      return observed;
    },
  }),
};
beforeAll(async () => {
  system = await startSystem({ worker: decoration });
});
afterAll(() => system.stop());

/** A gateway of the test's own, and what it has lost. */
function gatewayAt(address: string): { readonly gateway: Gateway; readonly lost: string[] } {
  const lost: string[] = [];
  const client = createClient({ connectionOptions: { address }, namespace: system.namespace });
  return { gateway: createGateway(client, (what) => void lost.push(what)), lost };
}

const nowhere = async (): Promise<string> => `127.0.0.1:${(await freePorts([0]))[0]}`;

describe.concurrent("Temporal away", () => {
  test("R1: a wake and a route are lost without a word to their sender, who goes on", async () => {
    const { gateway, lost } = gatewayAt(await nowhere());
    const id = subscriptionId(randomUUID());
    gateway.wake(id);
    gateway.route("stripe", "evt_1");
    await gateway.close();
    expect(lost.toSorted()).toEqual(["routing of stripe evt_1", `wake of ${id}`]);
  });

  test.each<[string, number, (gateway: Gateway) => Promise<unknown>]>([
    ["a wake", 3_000, (gateway) => gateway.wakeNow(subscriptionId(randomUUID()))],
    ["a route", 3_000, (gateway) => gateway.routeNow("stripe", "evt_1")],
    [
      "a checkout",
      1_000,
      (gateway) => gateway.openCheckout(subscriptionId(randomUUID()), checkoutId(randomUUID()), 1_000),
    ],
    [
      "a command",
      1_000,
      (gateway) => gateway.command(subscriptionId(randomUUID()), "resync", "c-1", { by: "maria" }, 1_000),
    ],
  ])("who waits for the answer to %s hears of it within %i ms", async (_, limitMs, ask) => {
    const { gateway } = gatewayAt(await nowhere());
    const began = performance.now();
    await expect(ask(gateway)).rejects.toThrow(TemporalAway);
    expect(performance.now() - began).toBeLessThan(limitMs + 500);
    await gateway.close();
  });

  test("it is not up", async () => {
    const { gateway } = gatewayAt(await nowhere());
    expect(await gateway.isUp()).toBe(false);
    await gateway.close();
  });
});

test("is up where Temporal answers", async () => {
  expect(await system.gateway.isUp()).toBe(true);
});

test("what waits for company when it is closed is sent", async () => {
  const { id } = await settledCustomer(system);
  const before = signalsOf(await quiet(system, id));
  const { gateway, lost } = gatewayAt(String(system.env["TEMPORAL_ADDRESS"]));
  gateway.wake(id);
  gateway.wake(id);
  await gateway.close();
  expect(lost).toEqual([]);
  expect(signalsOf(await eventsOf(handleOf(system, id)))).toBe(before + 1);
});

test("routing the same event twice at once is routing it once", async () => {
  await Promise.all([
    system.gateway.routeNow("stripe", "evt_none"),
    system.gateway.routeNow("stripe", "evt_none"),
  ]);
  const route = system.temporal.workflow.getHandle(routeEventWorkflowId("stripe", "evt_none"));
  expect(await route.result()).toBe("nothing to route");
  // Later, as the sweep does: another run.
  await system.gateway.routeNow("stripe", "evt_none");
  expect(await route.result()).toBe("nothing to route");
});

test("R10: words that are refused are the asker's mistake, not an outage, and are asked of nobody", async () => {
  const { id } = await settledCustomer(system);
  const asked = system.gateway.command(id, "cancel", "c-1", { by: "maria@example.com" }, 20_000);
  await expect(asked).rejects.toThrow(TypeError);
  await expect(asked).rejects.toThrow("leave e-mail addresses and links out of it");
  expect(await commandRows(system, id, "c-1")).toEqual([]);
});

test("a command whose run is terminated over it may or may not have happened; asked again it is answered", async () => {
  const { id } = await settledCustomer(system);
  const held = gate.hold(id);
  const ask = () => system.gateway.command(id, "resync", "c-2", { by: "maria" }, 20_000);
  const unknown = expect(ask()).rejects.toThrow(TemporalAway);
  await held.arrived;
  await handleOf(system, id).terminate("planted");
  await unknown;
  held.release();
  expect(await ask()).toMatchObject({ state: "done" });
  expect(await commandRows(system, id, "c-2")).toHaveLength(1);
});

test("R7: with no worker a command is unknown in time, and is carried out once when one is back", async () => {
  const { id } = await settledCustomer(system);
  await system.stopWorker();
  const ask = (timeoutMs: number) => system.gateway.command(id, "resync", "c-3", { by: "maria" }, timeoutMs);
  const began = performance.now();
  await expect(ask(1_000)).rejects.toThrow(TemporalAway);
  await expect(ask(500)).rejects.toThrow(TemporalAway);
  expect(performance.now() - began).toBeLessThan(4_000);
  await system.startWorker(decoration);
  const answer = await ask(20_000);
  expect(answer).toMatchObject({ state: "done" });
  await atRest(system, id);
  expect(await commandRows(system, id, "c-3")).toEqual([
    { kind: "resync", asked_by: "maria", outcome: answer },
  ]);
});

test("a wake that comes with no workflow there starts it", async () => {
  const id = subscriptionId(randomUUID());
  system.gateway.wake(id);
  await eventually("it has run", async () => {
    const { status } = await handleOf(system, id)
      .describe()
      .catch(() => ({ status: { name: "none" } }));
    return status.name === "COMPLETED";
  });
});
