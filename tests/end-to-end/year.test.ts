import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { SubscriptionId } from "../../domain/ids.ts";
import { DAY } from "../../domain/time.ts";
import { publishCatalog } from "../../store/catalogs.ts";
import { transaction } from "../../store/pool.ts";
import { commandsOf } from "../api/give.ts";
import { differences } from "../setup/compare-books.ts";
import { allApplied, control, eventually, reaches } from "../setup/customer.ts";
import { DECLINES, openPage, payAt, payOpenInvoices, refund } from "../setup/customer-acts.ts";
import { TEST_CATALOG } from "../setup/database.ts";
import { requestsOf } from "../setup/sandbox-account.ts";
import { API_KEY, type System, startSystem } from "../setup/system.ts";
import type { Day } from "./year-table.ts";
import { YEAR } from "./year-table.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
  const tiers = TEST_CATALOG.body.tiers.map((tier) =>
    tier.name === "pro" ? { ...tier, trialDays: 14 } : tier,
  );
  await transaction(system.database.pool, (db) =>
    publishCatalog(db, { ...TEST_CATALOG.body, tiers }, "with a trial"),
  );
});
afterAll(() => system.stop());

const rows = async <Row extends object>(statement: string, ...values: unknown[]): Promise<Row[]> =>
  (await system.database.pool.query<Row>(statement, values)).rows;

/** The next year that is no leap year: so every run sees the same days. */
const year = ((): number => {
  for (let next = new Date().getUTCFullYear() + 1; ; next += 1) if (next % 4 !== 0) return next;
})();
const noonOf = (on: string): number => Date.parse(`${year}-${on}T12:00:00Z`);

async function goTo(moment: number): Promise<void> {
  await control(system, "POST", "/advance", { to: moment });
  await control(system, "POST", "/idle");
  await allApplied(system);
}

interface Person {
  readonly receipt: string;
  readonly id: SubscriptionId;
  readonly provider: string;
  readonly customer: string;
}

async function buy(): Promise<Person> {
  const receipt = `customer-${randomUUID()}`;
  const { id, session } = await openPage(system, receipt);
  const provider = await payAt(system, session);
  const { subscription } = await reaches(system, id, "trialing");
  return { receipt, id, provider, customer: subscription.terms.providerCustomerId };
}

async function act({ id, provider, customer }: Person, what: Exclude<Day["act"], undefined>): Promise<void> {
  const ask = async (command: string, parameters: object = {}): Promise<void> => {
    const { body } = await commandsOf(system).give(id, command, { by: "maria", ...parameters });
    expect(body).toMatchObject({ outcome: "done" });
  };
  switch (what) {
    case "buys Pro":
      return;
    case "loses the card":
      await control(system, "POST", `/customers/${customer}/card`, { card: DECLINES });
      return;
    case "pays with another card":
      return payOpenInvoices(system, provider);
    case "upgrades to Scale":
      return ask("change", { tier: "scale" });
    case "pauses":
      return ask("pause");
    case "resumes":
      return ask("resume");
    case "gets 20.00 back":
      await refund(system, provider, 2_000);
      return;
    case "cancels at the period's end":
      return ask("cancel-at-period-end");
    default:
      return what satisfies never;
  }
}

const Access = z.object({ access: z.boolean() });

async function hasAccess({ receipt }: Person): Promise<boolean> {
  const answer = await fetch(`${system.apiUrl}/api/billing/customers/${receipt}`, {
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  return Access.parse(await answer.json()).access;
}

/** All that has been recorded, by the day on which it happened. */
async function whatHappened({ id }: Person): Promise<ReadonlyMap<string, readonly string[]>> {
  const happened = await rows<{ at: number; what: string }>(
    `select at, 'told: ' || kind as what from alerts where subscription_id = $1 and not superseded
     union all select paid_at, 'money: ' || amount from payments where subscription_id = $1 and status = 'succeeded'
     union all select refunded_at, 'money: ' || -amount from refunds where subscription_id = $1
     union all select at, 'status: ' || coalesce(from_status || ' → ', '') || to_status from timeline
       where subscription_id = $1 and to_status is not null and from_status is distinct from to_status
     order by what`,
    id,
  );
  const days = new Map<string, string[]>();
  for (const { at, what } of happened) {
    const on = new Date(at).toISOString().slice(5, 10);
    days.set(on, [...(days.get(on) ?? []), what]);
  }
  return days;
}

const expected = ({ told = [], money = [], status }: Day): readonly string[] =>
  [
    ...told.map((kind) => `told: ${kind}`),
    ...money.map((amount) => `money: ${amount}`),
    ...(status === undefined ? [] : [`status: ${status}`]),
  ].toSorted();

test("a year of one subscription is what the table says, on each of its days, and on all the others nothing", async () => {
  await goTo(noonOf("01-01"));
  const person = await buy();
  let access = true;
  for (const day of YEAR) {
    await goTo(noonOf(day.on));
    if (day.act !== undefined) await act(person, day.act);
    // Whatever the day brings is over by its end; what comes the day after is not there yet.
    await goTo(noonOf(day.on) + DAY / 2 - 60_000);
    access = day.access ?? access;
    expect(await hasAccess(person), `access on ${day.on}`).toBe(access);
  }
  await goTo(noonOf("12-31"));

  const happened = await whatHappened(person);
  expect(Object.fromEntries(happened)).toEqual(
    Object.fromEntries(YEAR.map((day) => [day.on, expected(day)]).filter(([, all]) => all?.length)),
  );
  await eventually("the books agree", async () => (await differences(system)).length === 0);
  // What we have changed at the provider in all the year.
  expect(
    (await requestsOf(system))
      .filter(({ method, path }) => method !== "GET" && !path.includes("/sandbox"))
      .map(({ method, path }) => `${method} ${path.replaceAll(/(cus|sub|in|cs_test)_\w+/g, "…")}`)
      .filter((request) => request !== "POST /v1/refunds" && !request.includes("/invoices/")),
  ).toEqual([
    "POST /v1/customers",
    "POST /v1/checkout/sessions",
    "POST /v1/subscriptions/…",
    "POST /v1/subscriptions/…",
    "POST /v1/subscriptions/…",
    "POST /v1/subscriptions/…",
  ]);
});
