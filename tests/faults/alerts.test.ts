import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { deliverAlerts } from "../../activities/alerting.ts";
import { createSlackChannel } from "../../activities/channels/slack-channel.ts";
import { createLog } from "../../cli/log.ts";
import { allApplied, control, eventually, reaches } from "../setup/customer.ts";
import { failUpgrade, openPage, payAt, payOpenInvoices, refund } from "../setup/customer-acts.ts";
import { type System, startSystem } from "../setup/system.ts";
import { type Slack, startSlack } from "./slack.ts";

let slack: Slack;
let system: System;

beforeAll(async () => {
  slack = await startSlack();
  system = await startSystem({ sweepEveryMs: 1_000, env: { SLACK_WEBHOOK_URL: slack.url } });
});

afterAll(async () => {
  await system.stop();
  await slack.stop();
});

beforeEach(() => slack.behave("take"));

test("R6: every kind of alert is written down, logged and sent to Slack, once", async () => {
  const { id, session } = await openPage(system, "storyteller");
  const provider = await payAt(system, session);
  await reaches(system, id, "active");
  await failUpgrade(system, provider);
  await reaches(system, id, "past_due");
  await payOpenInvoices(system, provider);
  await reaches(system, id, "active");
  await refund(system, provider, 1_000);
  await control(system, "POST", "/events", { type: "invoice.paid", object: "a puzzle" });
  await fetch(`${system.apiUrl}/webhook/stripe`, {
    method: "POST",
    body: "{}",
    headers: { "stripe-signature": "t=1,v1=00" },
  });
  await control(system, "POST", "/idle");
  await allApplied(system);
  await system.gateway.command(id, "cancel", "leave", { by: "maria" }, 5_000);
  await reaches(system, id, "canceled");
  // Rejected deliveries are counted together, once a second.
  await eventually("the signatures are told of", async () => {
    const { rowCount } = await system.database.pool.query(
      "select from alerts where kind = 'webhook_signatures_failing'",
    );
    return rowCount === 1;
  });
  await allTold();

  const { rows } = await system.database.pool.query<{ kind: string; key: string; audience: string }>(
    "select kind, key, audience from alerts where not superseded order by kind",
  );
  const forOperators = rows.filter(({ audience }) => audience === "operators");
  expect(forOperators.map(({ kind }) => kind)).toEqual([
    "checkout_started",
    "event_parked",
    "payment_failed",
    "payment_recovered",
    "refund_recorded",
    "subscription_canceled",
    "subscription_started",
    "webhook_signatures_failing",
  ]);
  expect(slack.keys.toSorted()).toEqual(forOperators.map(({ key }) => key).toSorted());
  expect(logged().toSorted()).toEqual(rows.map(({ key }) => key).toSorted());
});

test("R6: many who deliver side by side send every message once", async () => {
  slack.behave("think");
  const before = slack.keys.length;
  const deps = {
    pool: system.database.pool,
    channels: [createSlackChannel(slack.url)],
    log: createLog("error", () => undefined),
  };
  // Beside the workflows and the sweep.
  const over = new AbortController();
  const deliverers = Array.from({ length: 3 }, async () => {
    while (!over.signal.aborted) await deliverAlerts(deps, null);
  });
  await Promise.all(Array.from({ length: 10 }, (_, index) => openPage(system, `crowd-${index}`)));
  await allTold();
  over.abort();
  await Promise.all(deliverers);
  const sent = slack.keys.slice(before);
  expect(sent).toHaveLength(10);
  expect(new Set(sent).size).toBe(10);
});

test("R6: what Slack does not take stays owed, holds up nobody, and is sent when Slack is back", async () => {
  slack.behave("fail");
  const { id, checkout, session } = await openPage(system, "unheard");
  const key = `checkout_started:${checkout}`;
  await eventually("Slack has refused it", async () => (await owed()).some((debt) => debt.attempts > 0));
  expect(await owed()).toEqual([{ key, channel: "slack", attempts: 1, error: "Slack answered 500" }]);
  expect(logged()).toContain(key);

  // It hangs now: nobody waits for it.
  slack.behave("hang");
  const refused = slack.refused();
  await payAt(system, session);
  await reaches(system, id, "active");
  await eventually("Slack hangs", async () => slack.refused() > refused);
  await eventually("the log has it", async () =>
    logged().some((each) => each.startsWith("subscription_started")),
  );
  await eventually("it has taken too long", async () => (await owed()).every((debt) => debt.attempts > 0));

  slack.behave("take");
  // The time to try again has come.
  await system.database.pool.query(
    "update deliveries set next_attempt_at = now() where delivered_at is null",
  );
  await allTold();
  expect(slack.keys.filter((each) => each === key)).toHaveLength(1);
});

/** The keys of the alerts that were written to the log. */
const logged = (): readonly string[] =>
  system.lines.flatMap((line) => {
    const { level, alert, kind } = JSON.parse(line) as { level: number; alert?: string; kind?: string };
    return level === 30 && alert !== undefined && kind !== undefined ? alert : [];
  });

async function owed() {
  const { rows } = await system.database.pool.query<{
    key: string;
    channel: string;
    attempts: number;
    error: string | null;
  }>(
    "select alert_key as key, channel, attempts, last_error as error from deliveries where delivered_at is null order by key",
  );
  return rows;
}

const allTold = (): Promise<true> => eventually("nothing is owed", async () => (await owed()).length === 0);
