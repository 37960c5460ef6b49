import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { SubscriptionId } from "../../domain/ids.ts";
import { control, createCheckout, eventually, reaches } from "../setup/customer.ts";
import { openPage, payAt } from "../setup/customer-acts.ts";
import { booksOf, requestsOf, type SandboxRequest } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";
import { impatient } from "./changed-workers.ts";
import { type Slack, startSlack } from "./slack.ts";

/** As many failures as one call of ours takes: a first try and the SDK's own second. */
const BOTH_TRIES = 2;
/** `500 kept`: Stripe answers the same key with the same failure for ever. */
const FAULTS: readonly (readonly [name: string, knob: object])[] = [
  ["500", { kind: "500", times: BOTH_TRIES }],
  ["500 kept", { kind: "500", stored: true, times: 1 }],
  ["500 after the work", { kind: "500_after", times: BOTH_TRIES }],
  ["silence after the work", { kind: "timeout_after", times: BOTH_TRIES, delay_ms: 5_000 }],
  ["a connection that broke after the work", { kind: "reset_after", times: BOTH_TRIES }],
  ["429", { kind: "429", times: BOTH_TRIES }],
];
const LIMIT_MS = 40_000;

let slack: Slack;
let system: System;
let leavers: readonly { readonly id: SubscriptionId; readonly provider: string }[];

beforeAll(async () => {
  slack = await startSlack();
  system = await startSystem({
    worker: false,
    sweepEveryMs: 1_000,
    env: { SLACK_WEBHOOK_URL: slack.url },
  });
  await system.startWorker(impatient(system));
  leavers = await Promise.all(FAULTS.map((_fault, index) => buys(`leaver-${index}`)));
});

afterAll(async () => {
  await system.stop();
  await slack.stop();
});

beforeEach(async () => {
  await control(system, "POST", "/knobs/reset");
});

test.each(FAULTS.map(([name, knob], index) => [name, knob, index] as const))(
  "R6: %s from the provider: one customer, one page, one cancellation",
  { timeout: LIMIT_MS * 2 },
  async (_name, knob, index) => {
    const leaver = leavers[index] ?? raise();
    const leaverPath = `/v1/subscriptions/${leaver.provider}`;
    const before = await booksOf(system);
    await control(system, "POST", "/knobs", {
      errors: [
        { ...knob, match: { method: "POST", path: "/v1/customers" } },
        { ...knob, match: { method: "POST", path: "/v1/checkout/sessions" } },
        { ...knob, match: { method: "DELETE", path: leaverPath } },
      ],
    });
    const [page] = await Promise.all([
      openPage(system, `buyer-${index}`, "pro", LIMIT_MS),
      cancel(leaver.id),
    ]);

    const books = await booksOf(system);
    expect(books.customers).toBe(before.customers + 1);
    expect(books.sessions.filter((each) => each.client_reference_id === page.checkout)).toEqual([
      expect.objectContaining({ id: page.session, status: "open" }),
    ]);
    await reaches(system, leaver.id, "canceled");
    expect(books.subscriptions.find(({ id }) => id === leaver.provider)?.status).toBe("canceled");

    const requests = await requestsOf(system);
    expectReadBeforeAnotherKey(requests, (each) => asksFor(each, "/v1/checkout/sessions", page.checkout));
    expectReadBeforeAnotherKey(requests, ({ method, path }) => method === "DELETE" && path === leaverPath);
  },
);

test("R6: what is sent under a key is what was first stored for it, also by a worker set up otherwise", async () => {
  await control(system, "POST", "/knobs", {
    errors: [{ match: { method: "POST", path: "/v1/checkout/sessions" }, kind: "500" }],
  });
  const { status } = await createCheckout(system, { receipt: "mover", tier: "pro" }, "key-of-mover");
  expect(status).toBe(503);
  await system.stopWorker();
  await control(system, "POST", "/knobs/reset");
  await system.startWorker(impatient(system, "https://moved.example"));
  const { body } = await eventually("the mover has a page", async () => {
    const answer = await createCheckout(system, { receipt: "mover", tier: "pro" }, "key-of-mover");
    return answer.status === 200 && answer;
  });
  const sent = (await requestsOf(system)).filter((each) =>
    asksFor(each, "/v1/checkout/sessions", String(body["checkout_id"])),
  );
  expect(sent.length).toBeGreaterThan(BOTH_TRIES);
  expect(new Set(sent.map((each) => each.idempotency_key)).size).toBe(1);
  expect(new Set(sent.map((each) => JSON.stringify(each.params))).size).toBe(1);
  expect(JSON.stringify(sent[0]?.params)).toContain(system.apiUrl);
});

test("R6: a key of yesterday is not used again: the provider is read, and the next attempt has its own", async () => {
  const ask = () => createCheckout(system, { receipt: "sleeper", tier: "pro" }, "key-of-sleeper");
  await control(system, "POST", "/knobs", {
    errors: [{ match: { method: "POST", path: "/v1/checkout/sessions" }, kind: "503" }],
  });
  expect((await ask()).status).toBe(503);
  await system.stopWorker();
  await control(system, "POST", "/knobs/reset");
  await system.database.pool.query(
    "update provider_calls set attempted_at = now() - interval '24 hours' where key like 'stripe/session/%' and state = 'pending'",
  );
  await system.startWorker(impatient(system));
  const { body } = await eventually("the sleeper has a page", async () => {
    const answer = await ask();
    return answer.status === 200 && answer;
  });
  const requests = await requestsOf(system);
  const isOne = (each: SandboxRequest) => asksFor(each, "/v1/checkout/sessions", String(body["checkout_id"]));
  const keys = [...new Set(requests.filter(isOne).map((each) => each.idempotency_key?.split("/").at(-1)))];
  expect(keys).toEqual(["1", "2"]);
  expectReadBeforeAnotherKey(requests, isOne);
});

test("R7: a revoked key is one incident with one alert, however many meet it, and ends when all is quiet", async () => {
  await control(system, "POST", "/knobs", { errors: [{ match: { path: "/v1/" }, kind: "401" }] });
  const receipts = ["unlucky-1", "unlucky-2", "unlucky-3"];
  const answers = await Promise.all(
    receipts.map((receipt) => createCheckout(system, { receipt, tier: "pro" }, `key-of-${receipt}`)),
  );
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
  const [incident] = await eventually("it is counted more than once", async () => {
    const rows = await incidents();
    return (rows[0]?.count ?? 0) >= 3 && rows;
  });
  expect(incident).toMatchObject({ kind: "provider_refusal", subject: "stripe", isClosed: false });
  await eventually("Slack has it", async () => slack.keys.includes(`incident:${incident?.id}:opened`));

  await control(system, "POST", "/knobs/reset");
  await Promise.all(
    receipts.map((receipt) =>
      eventually(`${receipt} has a page`, async () => {
        const answer = await createCheckout(system, { receipt, tier: "pro" }, `key-of-${receipt}`);
        return answer.status === 200;
      }),
    ),
  );
  // A quarter of an hour of quiet.
  await system.database.pool.query("update incidents set last_seen_at = now() - interval '16 minutes'");
  await eventually("it is closed", async () => (await incidents()).every((each) => each.isClosed));
  await eventually("Slack has that", async () => slack.keys.includes(`incident:${incident?.id}:closed`));
  expect(await incidents()).toHaveLength(1);
  const { rows } = await system.database.pool.query(
    "select kind, count(*)::int as alerts from alerts where key like 'incident:%' group by kind order by kind",
  );
  expect(rows).toEqual([
    { kind: "provider_recovered", alerts: 1 },
    { kind: "provider_refuses", alerts: 1 },
  ]);
  expect(slack.keys.filter((key) => key.startsWith("incident:"))).toHaveLength(2);
});

async function buys(receipt: string) {
  const { id, session } = await openPage(system, receipt);
  const provider = await payAt(system, session);
  await reaches(system, id, "active");
  return { id, provider };
}

const cancel = (id: SubscriptionId): Promise<true> =>
  eventually(
    `${id} is cancelled`,
    async () => {
      const reply = await system.gateway
        .command(id, "cancel", "leave", { by: "maria" }, 3_000)
        .catch(() => undefined);
      return reply?.state === "done";
    },
    LIMIT_MS,
  );

/** A POST for what names this. */
const asksFor = ({ method, path, params }: SandboxRequest, where: string, what: string): boolean =>
  method === "POST" && path === where && JSON.stringify(params).includes(what);

/** R6: the provider is read before a request is sent again under another key. */
function expectReadBeforeAnotherKey(
  requests: readonly SandboxRequest[],
  isOne: (request: SandboxRequest) => boolean,
): void {
  const sent = requests.filter(isOne);
  expect(sent.length).toBeGreaterThanOrEqual(BOTH_TRIES);
  expect(sent[0]?.fault).not.toBeNull();
  for (const [index, request] of sent.entries()) {
    const next = sent[index + 1];
    if (next === undefined || next.idempotency_key === request.idempotency_key) continue;
    const between = requests.slice(requests.indexOf(request), requests.indexOf(next));
    expect(between.some(({ method, path }) => method === "GET" && path === request.path)).toBe(true);
  }
}

async function incidents() {
  const { rows } = await system.database.pool.query<{
    id: number;
    kind: string;
    subject: string;
    count: number;
    isClosed: boolean;
  }>(`select id, kind, subject, count, closed_at is not null as "isClosed" from incidents order by id`);
  return rows;
}

function raise(): never {
  throw new Error("it is not there");
}
