import { afterAll, beforeAll, expect, it } from "vitest";
import { subscriptionId } from "../../domain/ids.ts";
import { subscriptionWorkflowId } from "../../workflows/contract.ts";
import { allApplied, control, createCheckout, eventually } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { sessionsOf } from "./sandbox-books.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const MANY = Array.from({ length: 20 }, (_, index) => index);

it("20 requests at once with one key: one session; answers 200 or 409 only, and in the end the same", async () => {
  const wish = { receipt: "one-key", tier: "pro" };
  const answers = await Promise.all(MANY.map(() => createCheckout(system, wish, "one-key-1")));
  const running = answers.filter(({ status }) => status === 409);
  const opened = answers.filter(({ status }) => status === 200);
  expect(running.length + opened.length).toBe(MANY.length);
  expect(opened.length).toBeGreaterThan(0);
  for (const { body, headers } of running) {
    expect([body["error"], headers.get("Retry-After")]).toEqual(["request_in_progress", "1"]);
  }
  const later = await Promise.all(MANY.map(() => createCheckout(system, wish, "one-key-1")));
  for (const { status, body } of [...opened, ...later]) {
    expect([status, body]).toEqual([200, opened[0]?.body]);
  }
  expect(await sessionsOf(system, "one-key")).toMatchObject([{ status: "open" }]);
});

it("R9: 20 requests at once with 20 keys, one customer and tier: one open session, asked for once", async () => {
  const answers = await Promise.all(
    MANY.map((index) => createCheckout(system, { receipt: "keys", tier: "pro" }, `keys-${index}`)),
  );
  for (const { status, body } of answers) expect([status, body]).toEqual([200, answers[0]?.body]);
  expect(await sessionsOf(system, "keys")).toMatchObject([{ status: "open" }]);
  // A workflow takes ten questions at a time; the eleventh would wait for a second and more.
  const id = subscriptionId(String(answers[0]?.body["subscription_id"]));
  const { events } = await system.temporal.workflow.getHandle(subscriptionWorkflowId(id)).fetchHistory();
  const questions = events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null);
  expect(questions?.length).toBeLessThan(5);
});

it("R9: requests for two tiers at once: one page is left to pay at, and it is that of the open checkout", async () => {
  const { pool } = system.database;
  const answers = await Promise.all(
    MANY.map((index) =>
      createCheckout(system, { receipt: "torn", tier: index % 2 === 0 ? "pro" : "scale" }, `torn-${index}`),
    ),
  );
  for (const { status, body } of answers) {
    // 503 is "repeat with the same key": a checkout may be replaced while it opens.
    expect([200, 409, 503]).toContain(status);
    if (status === 409) expect(body["error"]).toBe("checkout_closed");
  }
  const open = await eventually("one session is left open", async () => {
    const sessions = (await sessionsOf(system, "torn")).filter(({ status }) => status === "open");
    const { rows } = await pool.query<{ id: string; state: string }>(
      `select c.id, state from checkouts c join customers on customers.id = c.customer_id
       where receipt = 'torn' and state in ('opening', 'open')`,
    );
    return sessions.length === 1 && rows.length === 1 && rows[0]?.state === "open" && { sessions, rows };
  });
  expect(open.sessions[0]?.client_reference_id).toBe(open.rows[0]?.id);

  const settled = await Promise.all(MANY.map((index) => repeat(index)));
  expect(new Set(settled)).toEqual(new Set([200, 409]));
  expect(await control(system, "POST", "/idle")).toEqual({ idle: true });
  await allApplied(system);
  expect((await sessionsOf(system, "torn")).filter(({ status }) => status === "open")).toHaveLength(1);
});

/** What an answer of the race above becomes when it is asked for again. */
const repeat = async (index: number): Promise<number> => {
  const tier = index % 2 === 0 ? "pro" : "scale";
  return (await createCheckout(system, { receipt: "torn", tier }, `torn-${index}`)).status;
};
