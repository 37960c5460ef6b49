import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ConfigError } from "../../cli/config.ts";
import { type DecisionFixture, scrub } from "../../cli/explain-scrub.ts";
import { readWish, USAGE } from "../../cli/explain-wish.ts";
import { decide } from "../../domain/decide.ts";
import { decideAgain, recordOf } from "../../domain/decision-record.ts";
import type { SubscriptionId } from "../../domain/ids.ts";
import {
  CATALOG,
  canceling,
  command,
  event,
  IN,
  life,
  observation,
  observed,
  turn,
} from "../domain/builders.ts";
import { allApplied, control, reaches, subscribe } from "../setup/customer.ts";
import { failUpgrade, payOpenInvoices, refund } from "../setup/customer-acts.ts";
import { type System, startSystem } from "../setup/system.ts";
import { run } from "./program.ts";

const RECEIPT = "customer-who-asks";

let system: System;
let folder: string;
let id: SubscriptionId;
let provider: string;
/** A life with a decline, a recovery, a refund and an end by an operator. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "explain-"));
  system = await startSystem();
  const bought = await subscribe(system, { receipt: RECEIPT });
  id = bought.id;
  provider = bought.row.subscription.terms.providerSubscriptionId;
  await failUpgrade(system, provider);
  await reaches(system, id, "past_due");
  await payOpenInvoices(system, provider);
  await reaches(system, id, "active");
  await refund(system, provider, 500);
  await control(system, "POST", "/advance", { months: 1 });
  await system.gateway.command(id, "cancel", "cancel-by-zoe", { by: "Zoe Maria", why: "she moved" }, 10_000);
  await reaches(system, id, "canceled");
  await allApplied(system);
});
afterAll(async () => {
  await system.stop();
  await rm(folder, { recursive: true });
});

async function explain(...args: readonly string[]) {
  const program = run("explain", folder, args, system.env);
  return { code: await program.ended(), text: program.text() };
}

const recorded = async (): Promise<number> => {
  const { rows } = await system.database.pool.query<{ entries: number }>(
    "select count(decision)::int as entries from timeline where subscription_id = $1",
    [id],
  );
  return rows[0]?.entries ?? 0;
};

it("says how it is used when it is not clear what is wanted", async () => {
  for (const args of [[], [""], ["a", "b"], ["a", "--as-test", "../Name"], ["a", "--everything"]]) {
    expect(() => readWish(args)).toThrow(ConfigError);
    expect(() => readWish(args)).toThrow("npm run explain -- <");
  }
  const [help, none] = await Promise.all([explain("--help"), explain("sub_none")]);
  expect(help).toEqual({ code: 0, text: `${USAGE}\n` });
  expect(none).toEqual({ code: 1, text: "There is no subscription or customer sub_none\n" });
});

it("prints the life line by line, by any of its names, and today's code decides it alike", async () => {
  const runs = await Promise.all([explain(id), explain(provider), explain(RECEIPT)]);
  for (const { code, text } of runs) {
    expect(text).toContain(`subscription ${id}\n`);
    expect(text).toMatch(/^\d{4}-\S+Z {2}v\d+ {2}\w+.*, customer\.subscription\.created evt_\w+/m);
    expect(text).toMatch(/active → past_due: .+ {2}\(catalog 1, code \S+\)/);
    expect(text).toMatch(/past_due → active/);
    expect(text).toContain("cancel by Zoe Maria (she moved)");
    expect(text).toContain(`${await recorded()} decisions made again under today's code: 0 would differ\n`);
    expect(text).not.toContain("DIFFERS");
    expect(code).toBe(0);
  }
});

it("finds the database of the folder's `npm run dev` by itself", async () => {
  const stage = join(folder, ".perennial/dev");
  await mkdir(stage, { recursive: true });
  await writeFile(join(stage, "environment.json"), JSON.stringify(system.env));
  const program = run("explain", folder, [RECEIPT], { DATABASE_URL: "" });
  await expect(program.ended()).resolves.toBe(0);
  expect(program.text()).toContain(`subscription ${id}`);
});

it("writes the decisions about nobody, and they are decided alike", async () => {
  const { code, text } = await explain(id, "--as-test", "a-life");
  expect(text).toContain("written: tests/fixtures/decisions/a-life.json");
  expect(code).toBe(0);
  const written = await readFile(join(folder, "tests/fixtures/decisions/a-life.json"), "utf8");
  const { rows } = await system.database.pool.query<{ name: string }>(
    `select id as name from webhook_events union select id from payments union select id from refunds
     union select invoice_id from payments union select stripe_customer_id from customers
     union select id::text from checkouts union select session_id from checkouts`,
  );
  expect(rows.length).toBeGreaterThan(10);
  for (const name of [
    id,
    provider,
    RECEIPT,
    "Zoe",
    "moved",
    "cancel-by-zoe",
    "@",
    ...rows.map((row) => row.name),
  ]) {
    expect(written).not.toContain(name);
  }
});

it("puts others in the place of words that a provider or a person has written, wherever they have gone", () => {
  const refusal = "Zoe's card ending in 4242 was declined";
  const refused = turn({
    life: life({ subscription: IN.active, needsAttention: "Zoe called" }),
    observation: observation({
      events: [event("invoice.paid", { problem: "no invoice in_77 of Zoe" })],
      subscription: observed(),
    }),
    commands: [command("cancel")],
    calls: [canceling("cmd_cancel", { state: "refused", reason: "provider_refused", what: refusal })],
  });
  const written = JSON.stringify(
    scrub({
      catalogs: [CATALOG],
      decisions: [
        { version: 1, inputs: { ...refused, catalog: CATALOG.version }, decision: recordOf(decide(refused)) },
      ],
    }),
  );
  for (const word of ["Zoe", "4242", "in_77", "maria", 'sub_1"', 'cus_1"', "cmd_cancel", 'price_pro"']) {
    expect(written).not.toContain(word);
  }
  const { catalogs, decisions }: DecisionFixture = JSON.parse(written);
  const [catalog] = catalogs;
  const [one] = decisions;
  if (catalog === undefined || one === undefined) throw new Error("nothing is left");
  expect(decideAgain(one.inputs, catalog, one.decision)).toEqual([]);
  expect(one.decision).toMatchObject({ needsAttention: expect.stringMatching(/^words \d$/) });
});

it("reports a decision that would differ, and ends with exit code 1", async () => {
  const { rows } = await system.database.pool.query<{ version: number; decision: object }>(
    `select version, decision from timeline
     where subscription_id = $1 and from_status = 'active' and to_status = 'past_due'`,
    [id],
  );
  const [entry] = rows;
  await system.database.pool.query(
    `update timeline set decision = jsonb_set(decision, '{subscription,status}', '"unpaid"')
     where subscription_id = $1 and version = $2`,
    [id, entry?.version],
  );
  const { code, text } = await explain(id);
  expect(text).toContain('DIFFERS TODAY  subscription.status: was "unpaid", would be "past_due"');
  expect(text).toContain(": 1 would differ\n");
  expect(code).toBe(1);
  await system.database.pool.query(
    "update timeline set decision = $3 where subscription_id = $1 and version = $2",
    [id, entry?.version, entry?.decision],
  );
});

it("says of which decisions the outcome was not kept", async () => {
  await system.database.pool.query(
    "update timeline set decision = null where subscription_id = $1 and version = 1",
    [id],
  );
  const { code, text } = await explain(id);
  expect(text).toContain("0 would differ; of 1 older ones the outcome was not kept");
  expect(code).toBe(0);
});
