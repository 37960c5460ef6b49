import { afterAll, beforeAll, expect, it } from "vitest";
import type { AppDeps } from "../../api/deps.ts";
import { startWatchman } from "../../api/watchman.ts";
import { eventually } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { deliver, eventOf } from "./deliver.ts";

let system: System;
const given: AppDeps[] = [];
beforeAll(async () => {
  system = await startSystem({
    worker: false,
    api(deps) {
      given.push(deps);
      return deps;
    },
  });
});
afterAll(() => system.stop());

const alerts = async () => {
  const { rows } = await system.database.pool.query<{ kind: string; text: string; told: boolean }>(
    `select kind, text, exists (select from deliveries where alert_key = key and delivered_at is not null) as told
     from alerts where kind like 'events_%' order by created_at`,
  );
  return rows;
};
const told = (count: number) =>
  eventually(`${count} alerts are told`, async () => {
    const all = await alerts();
    return all.length === count && all.every((alert) => alert.told) && all;
  });

it("nobody applies events: one alert when the oldest has waited too long, another when they flow again", async () => {
  const [deps] = given;
  if (deps === undefined) throw new Error("the API was not put together");
  const event = eventOf("customer.subscription.updated", { id: "sub_of_nobody", customer: "cus_of_nobody" });
  expect((await deliver(system, event)).status).toBe(200);
  // Every copy of the API watches.
  const watchmen = [1, 2].map(() => startWatchman(deps, { everyMs: 20, limitSeconds: 300 }));
  const rounds = async (): Promise<number> => {
    const { rows } = await system.database.pool.query<{ count: number }>(
      "select count from incidents where kind = 'events_waiting' and closed_at is null",
    );
    return rows[0]?.count ?? 0;
  };
  try {
    await system.database.pool.query(
      "update webhook_events set received_at = now() - interval '299 seconds'",
    );
    expect([await rounds(), await alerts()]).toEqual([0, []]);
    await system.database.pool.query("update webhook_events set received_at = now() - interval '10 minutes'");
    await eventually("they have looked many times", async () => (await rounds()) > 10);
    const [waiting] = await told(1);
    expect(waiting).toMatchObject({ kind: "events_waiting" });
    expect(waiting?.text).toMatch(/the oldest for 60\d s, more than 300 s/);
    expect(system.lines.filter((line) => line.includes('"kind":"events_waiting"'))).toHaveLength(1);

    await system.startWorker();
    await system.temporal.schedule.getHandle("sweep").trigger();
    const all = await told(2);
    expect(all.map(({ kind }) => kind)).toEqual(["events_waiting", "events_flowing"]);
    expect(await rounds()).toBe(0);
  } finally {
    for (const watchman of watchmen) await watchman.stop();
  }
});
