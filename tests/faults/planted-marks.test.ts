import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WorkerDecoration } from "../../cli/worker-process.ts";
import { ProviderError } from "../../providers/provider.ts";
import { subscriptionWorkflowId } from "../../workflows/contract.ts";
import { allApplied, control, createCheckout, eventually, reaches } from "../setup/customer.ts";
import { failUpgrade, openPage, payAt, payOpenInvoices, refund } from "../setup/customer-acts.ts";
import { ADMIN_TOKEN, API_KEY, type System, startSystem } from "../setup/system.ts";
import { changed } from "./changed-workers.ts";
import { type Slack, startSlack } from "./slack.ts";
import { everythingIn } from "./temporal-memory.ts";

/** What must be found nowhere: a person, a card, a secret, and a word that nothing could recognise as any of them. */
const EMAIL = "planted.person@marks.example";
const CARD = "5555555555554444";
const SECRET = "sk_live_PLANTED0MARK0001";
const WORD = "plantedword7c1e";
const GAPPED = "5555 5555 5555 4444";
const MARKS = [
  EMAIL,
  encodeURIComponent(EMAIL),
  "planted.person",
  CARD,
  GAPPED,
  SECRET,
  "PLANTED0MARK",
  WORD,
];
/** All of them in one text. */
const PLANT = `${WORD} ${EMAIL} ${GAPPED} ${CARD} ${SECRET}`;
/** Those that are taken out of the words of drivers and providers. */
const RECOGNISED = `${EMAIL}, ${GAPPED}, ${CARD} and ${SECRET}`;

let slack: Slack;
let system: System;

beforeAll(async () => {
  slack = await startSlack(`/services/T000/B000/${WORD}`);
  system = await startSystem({
    worker: false,
    sweepEveryMs: 1_000,
    env: { SLACK_WEBHOOK_URL: slack.url },
  });
});

afterAll(() => system.stop());

test("R10: what is planted in every input is found neither in Temporal nor in the log", {
  timeout: 60_000,
}, async () => {
  // Requests that are refused, in every way.
  slack.behave("fail");
  const refusals = await Promise.all([
    send("/api/billing/create-checkout", { receipt: EMAIL, tier: "pro" }),
    send("/api/billing/create-checkout", { receipt: "one", tier: WORD, email: EMAIL }),
    send("/api/billing/create-checkout", { receipt: "one", tier: "pro", email: PLANT, [WORD]: CARD }),
    send("/api/billing/create-checkout", `{"receipt": "${PLANT}`),
    send("/api/billing/create-checkout", {}, { authorization: `Bearer ${SECRET}` }),
    send("/webhook/stripe", { id: "evt_1", data: PLANT }, { "stripe-signature": `t=1,v1=${WORD}` }),
    send(`/${WORD}/${encodeURIComponent(EMAIL)}`, PLANT),
    look(`/api/billing/success?session_id=${encodeURIComponent(PLANT)}`),
    look(`/api/billing/cancel?checkout=${encodeURIComponent(EMAIL)}`),
    look("/admin/webhooks", { authorization: `Basic ${btoa(`${EMAIL}:${SECRET}`)}` }),
    look(`/admin/webhooks?state=${WORD}`, { authorization: `Basic ${btoa(`x:${ADMIN_TOKEN}`)}` }),
  ]);
  expect(refusals.slice(0, -1).filter((status) => status < 400 || status >= 500)).toEqual([]);

  // A provider and a database whose words tell everything.
  await system.startWorker(telling());
  const key = `${WORD} ${CARD}`;
  const request = { receipt: "customer", tier: "pro", email: EMAIL };
  expect((await createCheckout(system, request, key)).status).toBe(503);
  expect((await createCheckout(system, request, key)).status).toBe(503);
  await system.stopWorker();
  await system.startWorker();

  // A story in which the customer's name is everywhere.
  const { body } = await eventually("there is a page", async () => {
    const answer = await createCheckout(system, request, key);
    return answer.status === 200 && answer;
  });
  const session = String(body["checkout_url"]).split("/").at(-1) ?? "";
  const { id, session: other } = await openPage(system, "other");
  await control(system, "POST", `/checkouts/${session}/pay`, { card: GAPPED, email: EMAIL });
  const provider = await payAt(system, other);
  await reaches(system, id, "active");
  await failUpgrade(system, provider);
  await reaches(system, id, "past_due");
  await payOpenInvoices(system, provider);
  await refund(system, provider, 1_000);
  for (const [type, object] of plantedObjects(provider)) {
    await control(system, "POST", "/events", { type, object });
  }
  await look(`/api/billing/success?session_id=${session}&${WORD}=${encodeURIComponent(EMAIL)}`);

  // Commands whose words are refused, by the API's way and by hand.
  const workflow = system.temporal.workflow.getHandle(subscriptionWorkflowId(id));
  for (const words of [EMAIL, GAPPED, SECRET]) {
    const asked = { by: "maria", why: words };
    await expect(system.gateway.command(id, "cancel", randomUUID(), asked, 3_000)).rejects.toThrow();
    await expect(workflow.executeUpdate("cancel", { args: [{ by: words }] })).rejects.toThrow();
  }
  await control(system, "POST", "/idle");
  await allApplied(system);
  // Slack's address is a secret, too, also when nobody is there.
  await slack.stop();
  await system.gateway.command(id, "cancel", "leave", { by: "maria" }, 5_000);
  await reaches(system, id, "canceled");
  await eventually("Slack is gone", async () =>
    system.lines.some((line) => line.includes("does not answer")),
  );

  const temporal = await everythingIn(system.temporal);
  const log = system.lines.join("\n");
  // It is the right place to look, and the marks did come in.
  expect(temporal).toContain(id);
  expect(log).toContain("[e-mail]");
  expect(log).toContain("Slack answered 500");
  expect(await inPostgres()).toEqual({ customers: 1, events: expect.any(Number) });
  for (const mark of MARKS) {
    expect(linesWith(temporal, mark), `in Temporal: ${mark}`).toEqual([]);
    expect(linesWith(log, mark), `in the log: ${mark}`).toEqual([]);
  }
});

const HEADERS = {
  "user-agent": PLANT,
  "x-request-id": EMAIL,
  "x-forwarded-for": WORD,
  cookie: `session=${WORD}`,
  referer: `https://shop.example/?who=${encodeURIComponent(EMAIL)}`,
};

/** POST with planted headers and a planted query; answers the status. */
async function send(
  path: string,
  body: object | string,
  headers: Record<string, string> = {},
): Promise<number> {
  const answer = await fetch(`${system.apiUrl}${path}?${WORD}=${encodeURIComponent(PLANT)}`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: {
      ...HEADERS,
      "content-type": "application/json",
      authorization: `Bearer ${API_KEY}`,
      "idempotency-key": PLANT,
      ...headers,
    },
  });
  await answer.text();
  return answer.status;
}

async function look(path: string, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(`${system.apiUrl}${path}`, { headers: { ...HEADERS, ...headers } });
  await answer.text();
  return answer.status;
}

/** Webhooks in whose every corner that is not an id of ours somebody has written something. */
function plantedObjects(subscription: string): readonly (readonly [type: string, object: object])[] {
  const person = {
    name: PLANT,
    email: EMAIL,
    phone: CARD,
    description: PLANT,
    address: { line1: PLANT, postal_code: CARD },
    billing_details: { name: PLANT, email: EMAIL },
    customer_details: { name: PLANT, email: EMAIL },
    metadata: { [WORD]: PLANT, perennial_subscription: EMAIL, perennial_customer: SECRET },
  };
  return [
    ["customer.subscription.updated", { ...person, id: subscription, object: "subscription" }],
    ["customer.updated", { ...person, id: "cus_planted", object: "customer" }],
    ["invoice.paid", { ...person, id: { [WORD]: PLANT }, object: "invoice" }],
    ["invoice.paid", { ...person, id: "in_planted", object: "invoice", subscription }],
    ["charge.refunded", { ...person, id: "ch_planted", object: "charge", payment_intent: "pi_planted" }],
    ["refund.created", { ...person, id: "re_planted", object: "refund", charge: "ch_planted" }],
    [
      "checkout.session.completed",
      { ...person, id: "cs_planted", object: "checkout.session", mode: "subscription" },
    ],
  ];
}

/** A worker whose provider and database say more than they should. */
function telling(): WorkerDecoration {
  let calls = 0;
  return changed((provider) => ({
    ...provider,
    call: () => Promise.reject(errors[calls++ % errors.length] ?? new Error()),
  }));
}

const errors: readonly Error[] = [
  new ProviderError("stripe", "unavailable", `Stripe: no such customer: ${RECOGNISED}`),
  Object.assign(new Error(`duplicate key: ${RECOGNISED}`, { cause: new Error(RECOGNISED) }), {
    code: "23505",
    detail: `Key (email)=(${PLANT}) already exists.`,
    parameters: [PLANT],
  }),
  new TypeError(`cannot read ${RECOGNISED}`),
];

async function inPostgres() {
  const { rows } = await system.database.pool.query<{ customers: number; events: number }>(
    `select (select count(*)::int from customers where email = $1) as customers,
       (select count(*)::int from webhook_events where payload::text like '%' || $2 || '%') as events`,
    [EMAIL, WORD],
  );
  return rows[0];
}

const linesWith = (text: string, mark: string): readonly string[] =>
  text.split("\n").flatMap((line) => {
    const at = line.indexOf(mark);
    return at < 0 ? [] : line.slice(Math.max(0, at - 80), at + 80);
  });
