import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { deliverAlerts } from "../../activities/alerting.ts";
import type { Channel } from "../../activities/channels/channel.ts";
import { DeliveryRefused } from "../../activities/channels/channel.ts";
import { createEmailChannel } from "../../activities/channels/email-channel.ts";
import { readWorkerConfig } from "../../cli/config.ts";
import { createLog } from "../../cli/log.ts";
import { createChannels, createProviders } from "../../cli/outside.ts";
import type { Alert } from "../../domain/alert.ts";
import { receipt } from "../../domain/ids.ts";
import { DAY } from "../../domain/time.ts";
import { insertAlert } from "../../store/alerts.ts";
import { lockCustomerByReceipt } from "../../store/customers.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";
import { newSubscription } from "../store/rows.ts";
import { type Mail, startMail } from "./mail.ts";
import { startDeliveryProgram, wasUsed } from "./programs.ts";
import { type Slack, startSlack } from "./slack.ts";

let folder: string;
let mail: Mail;
let slack: Slack;
let database: TestDatabase;
let env: Readonly<Record<string, string>>;
let channels: readonly Channel[];
const lines: string[] = [];
const log = createLog("debug", (line) => void lines.push(line));

beforeAll(async () => {
  [folder, mail, slack, database] = await Promise.all([
    mkdtemp(join(tmpdir(), "perennial-messages-")),
    startMail(),
    startSlack(),
    createDatabase(),
  ]);
  env = {
    DATABASE_URL: database.url,
    PUBLIC_URL: "https://billing.example.com",
    STRIPE_SECRET_KEY: "sk_test_sandbox",
    STRIPE_WEBHOOK_SECRET: "whsec_sandbox",
    SLACK_WEBHOOK_URL: slack.url,
    SMTP_URL: mail.url,
    MAIL_FROM: "Acme <billing@acme.example>",
    PRODUCT_NAME: "Acme",
  };
  const config = readWorkerConfig(env);
  channels = createChannels(config, { pool: database.pool, providers: createProviders(config) }, log);
});
afterAll(async () => {
  await Promise.all([mail.stop(), slack.stop(), database.drop()]);
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => mail.behave("take"));

const message = (change: Partial<Alert> = {}): Alert => ({
  key: `dunning:${randomUUID()}:0`,
  kind: "customer_payment_failed",
  text: "The customer is told that the payment failed",
  fields: { tier: "pro", amount: 2_900, currency: "usd", ends_at: Date.UTC(2026, 0, 15) },
  superseded: false,
  at: Date.now(),
  ...change,
});

/** Owes it to the customer of a new subscription, who has this address, or none. */
async function owe(alert: Alert, email: string | null): Promise<string> {
  const { pool } = database;
  const { id: customerId } = await lockCustomerByReceipt(pool, receipt(randomUUID()), email);
  const { id } = await newSubscription(pool, { customerId });
  await insertAlert(pool, alert, id, channels);
  return alert.key;
}

const deliver = (): Promise<void> => deliverAlerts({ pool: database.pool, channels, log }, null);

/** The time to try again has come. */
async function deliverAgain(): Promise<void> {
  await database.pool.query("update deliveries set next_attempt_at = now()");
  await deliver();
}

async function deliveryOf(key: string) {
  const { rows } = await database.pool.query(
    `select attempts, last_error as error, delivered_at is not null as made, refused_at is not null as refused
     from deliveries where alert_key = $1 and channel = 'email'`,
    [key],
  );
  return rows[0];
}

const takenBy = (address: string) => mail.taken.filter(({ to }) => to === address);

test("R6, R10: a customer is written once, at the address in the customer's row, and operators' channels hear nothing of it", async () => {
  const key = await owe(message(), "ann@example.com");
  const forOperators = message({ kind: "payment_failed", key: "payment_failed:in_1:1" });
  await owe(forOperators, "ann@example.com");
  await deliver();
  await deliverAgain();

  const [{ raw, messageId } = { raw: "", messageId: "" }, ...more] = takenBy("ann@example.com");
  expect(more).toEqual([]);
  expect(messageId).toMatch(/^<[0-9a-f]{32}@acme\.example>$/);
  expect(raw).toContain("From: Acme <billing@acme.example>\r\nTo: ann@example.com\r\n");
  expect(raw).toContain("Subject: Your payment to Acme did not go through\r\n");
  expect(raw).toContain("Auto-Submitted: auto-generated\r\n");
  const sentence = "We could not collect 29.00 USD for your Pro plan at Acme.";
  expect(raw).toContain(`\r\n${sentence}\r\n`);
  expect(raw).toContain(`<p>${sentence}</p>`);

  expect(slack.keys).toEqual([forOperators.key]);
  expect(await deliveryOf(forOperators.key)).toBeUndefined();
  const logged = lines.filter((line) => line.includes(key)).map((line) => JSON.parse(line));
  expect(logged).toEqual([expect.objectContaining({ alert: key, audience: "customer" })]);
  expect(lines.join("")).not.toContain("ann@");
});

test("R6: killed after the mail server has taken it: it comes again, with the same Message-ID", async () => {
  const key = await owe(message(), "bea@example.com");
  const fault = { point: "after_email", folder };
  const program = await startDeliveryProgram(env, fault);
  await program.died();
  expect(wasUsed(fault)).toBe(true);
  expect(await deliveryOf(key)).toMatchObject({ made: false });
  await deliverAgain();
  await deliverAgain();
  const ids = takenBy("bea@example.com").map(({ messageId }) => messageId);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  expect(await deliveryOf(key)).toMatchObject({ made: true, error: null });
});

test.each([
  ["busy", { at: "RCPT TO", answer: "451 4.7.1 come back later, ann@example.com" }, "answered 451 4.7.1"],
  ["against us", { at: "RCPT TO", answer: "554 5.7.1 relay access denied" }, "answered 554 5.7.1"],
  ["silent", "hang", "does not answer (EABORT)"],
] as const)("R6: a mail server that is %s is tried again", async (name, how, error) => {
  mail.behave(how);
  const address = `${name.replace(" ", "-")}@example.com`;
  const key = await owe(message(), address);
  await deliver();
  expect(await deliveryOf(key)).toEqual({
    attempts: 1,
    error: `the mail server ${error}`,
    made: false,
    refused: false,
  });
  mail.behave("take");
  await deliverAgain();
  expect(takenBy(address)).toHaveLength(1);
});

test.each([
  [
    "whose address is refused",
    { at: "RCPT TO", answer: "550 5.1.1 <cleo@example.com>: no such user" },
    "the mail server refused it: 550 5.1.1",
  ],
  [
    "whose mailbox takes no such message",
    { at: "DATA", answer: "552 5.3.4 too big" },
    "the mail server refused it: 552 5.3.4",
  ],
] as const)(
  "R2, R6: a customer %s is not written again, and operators hear why",
  async (_who, how, error) => {
    mail.behave(how);
    await refusedFor(error, await owe(message(), "cleo@example.com"));
    expect(takenBy("cleo@example.com")).toEqual([]);
  },
);

test("R2, R6: a customer without an address is not written, and operators hear why", async () =>
  refusedFor("the customer has no address", await owe(message(), null)));

test("what a message says may no longer be so after three days: it is not sent", async () =>
  refusedFor(
    "too late: it is three days old",
    await owe(message({ at: Date.now() - 4 * DAY }), "dora@example.com"),
  ));

/** The delivery has ended with this reason, and operators are told once. */
async function refusedFor(error: string, key: string): Promise<void> {
  await deliver();
  await deliverAgain();
  expect(await deliveryOf(key)).toEqual({ attempts: 1, error, made: false, refused: true });
  expect(slack.keys.filter((each) => each === `message_refused:${key}`)).toHaveLength(1);
  expect(slack.texts).toContain(`A customer was not told (customer_payment_failed): ${error}`);
}

const settings = () => ({
  smtpUrl: mail.url,
  from: "billing@acme.example",
  productName: "Acme & Sons",
  addressOf: () => Promise.resolve("eve@example.com"),
});

test("a link leads to where things can be put right, and a message without one is better than none", async () => {
  const linked = { ...settings(), linkFor: () => Promise.resolve("https://pay.example.com/in_1?a=1&b=2") };
  await createEmailChannel(linked).send(message());
  await createEmailChannel({ ...settings(), linkFor: () => Promise.reject(new Error("away")) }).send(
    message(),
  );
  const [first, second] = takenBy("eve@example.com").map(({ raw }) => raw.replaceAll("=3D", "="));
  expect(first).toContain(
    "Pay now, or use another payment method:\r\nhttps://pay.example.com/in_1?a=1&b=2\r\n",
  );
  expect(first).toContain('<a href="https://pay.example.com/in_1?a=1&amp;b=2">');
  expect(first).toContain("<p>Acme &amp; Sons</p>");
  expect(second).toContain("Please check the payment method in your account.");
  expect(second).not.toContain("http");
});

test("a password is sent over TLS only", async () => {
  const smtpUrl = mail.url.replace("smtp://", "smtp://acme:secret@");
  const sent = createEmailChannel({ ...settings(), smtpUrl }).send(message());
  await expect(sent).rejects.toThrow(/^the mail server /);
  await expect(sent).rejects.not.toBeInstanceOf(DeliveryRefused);
  expect(mail.logins).toEqual([]);
});

test("an address that is none is refused before anybody is asked", async () => {
  const odd = { ...settings(), addressOf: () => Promise.resolve("eve@example.com>, <fay@example.com") };
  const sent = createEmailChannel(odd).send(message());
  await expect(sent).rejects.toBeInstanceOf(DeliveryRefused);
});
