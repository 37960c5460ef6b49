import { randomUUID } from "node:crypto";
import { z } from "zod";
import { subscriptionId } from "../../domain/ids.ts";
import type { Status } from "../../domain/status.ts";
import { oldestUnappliedSeconds } from "../../store/events.ts";
import type { Pool } from "../../store/pool.ts";
import { findSubscription } from "../../store/subscriptions.ts";
import { until } from "../embedded/until.ts";
import { sandboxControl } from "../sandbox-control.ts";
import type { Stage } from "../stage.ts";
import { withStage } from "./with-stage.ts";

const WORKS = "4242 4242 4242 4242";
const DECLINES = "4000 0000 0000 0341";
const LIMIT_MS = 30_000;

const say = (line: string): void => console.log(`\n▸ ${line}`);

const Opened = z.object({ checkout_url: z.url(), subscription_id: z.string().transform(subscriptionId) });

/** One customer's year in short: buys, renews, fails to pay, pays, is refunded, leaves. */
export function playStory(stage: Stage): Promise<void> {
  const sandbox = sandboxControl(stage.sandboxUrl);
  return withStage(stage, async ({ pool, gateway }) => {
    say("Every webhook will arrive three times, in a shuffled order");
    await sandbox.knobs({ delivery: { duplicate: 2, shuffle: 7 } });

    say("A product's backend asks for a checkout of Pro, twice with the same Idempotency-Key");
    const opened = await openCheckout(stage);
    const again = await openCheckout(stage);
    if (opened.checkout_url !== again.checkout_url) throw new Error("two checkouts for one Idempotency-Key");
    const id = opened.subscription_id;
    const reaches = (status: Status): Promise<void> => reach(pool, id, status);

    say(`The customer pays on the hosted page with ${WORKS}`);
    await sandbox.pay(opened.checkout_url, WORKS);
    await reaches("active");

    say("A month passes, and the subscription renews");
    await advance(sandbox, pool, { months: 1, hours: 2 });
    await reaches("active");

    say(`The card is replaced by one that declines (${DECLINES}), and another month passes`);
    const customer = await customerOf(pool, id);
    await sandbox.putCard(customer, DECLINES);
    await advance(sandbox, pool, { months: 1 });
    await reaches("past_due");

    say("The customer puts a working card on file and pays the open invoice");
    await sandbox.putCard(customer, WORKS);
    await sandbox.payInvoice(await openInvoice(sandbox));
    await reaches("active");

    say("Support refunds 10.00 of it from Stripe's dashboard");
    await sandbox.refund(await lastCharge(sandbox), 1_000);
    await settled(sandbox, pool);

    say("The customer asks to leave; an operator cancels");
    const reply = await gateway.command(
      id,
      "cancel",
      randomUUID(),
      { by: "demo", why: "asked to leave" },
      LIMIT_MS,
    );
    console.log(`  ${reply.state}: ${reply.what}`);
    await reaches("canceled");
    await settled(sandbox, pool);
  });
}

async function openCheckout({ apiUrl, environment }: Stage): Promise<z.infer<typeof Opened>> {
  const answer = await fetch(`${apiUrl}/api/billing/create-checkout`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${environment["BILLING_API_KEY"] ?? ""}`,
      "idempotency-key": "demo-checkout-1",
      "content-type": "application/json",
    },
    body: JSON.stringify({ receipt: "demo-customer", tier: "pro", email: "demo@example.com" }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`create-checkout answers ${answer.status}: ${text}`);
  return Opened.parse(JSON.parse(text));
}

type Sandbox = ReturnType<typeof sandboxControl>;

/** Lets time pass. What is delivered on the way is applied before it goes on (the clock hook waits for it). */
async function advance(sandbox: Sandbox, pool: Pool, by: { months?: number; hours?: number }): Promise<void> {
  const { now } = await sandbox.advance(by);
  await settled(sandbox, pool);
  console.log(`  it is ${new Date(now).toISOString().slice(0, 16).replace("T", " ")} UTC now`);
}

/** Waits until every webhook is delivered and applied, and every alert sent: answers do not wait for alerts. */
async function settled(sandbox: Sandbox, pool: Pool): Promise<void> {
  await sandbox.idle();
  const done = await until(
    async () => {
      if ((await oldestUnappliedSeconds(pool)) !== null) return undefined;
      const { rowCount } = await pool.query(
        "select from deliveries where delivered_at is null and refused_at is null limit 1",
      );
      return rowCount === 0 ? true : undefined;
    },
    { limitMs: LIMIT_MS },
  );
  if (done !== true) throw new Error("webhooks were delivered and are not applied, or alerts are not sent");
}

async function reach(pool: Pool, id: ReturnType<typeof subscriptionId>, status: Status): Promise<void> {
  const row = await until(
    async () => {
      const found = await findSubscription(pool, id);
      return found?.subscription.status === status ? found : undefined;
    },
    { limitMs: LIMIT_MS },
  );
  if (row === undefined) throw new Error(`the subscription did not become ${status}`);
  console.log(
    `  it is ${status}, paid until ${new Date(row.subscription.period.end).toISOString().slice(0, 10)}`,
  );
}

async function customerOf(pool: Pool, id: ReturnType<typeof subscriptionId>): Promise<string> {
  const row = await findSubscription(pool, id);
  if (row === undefined) throw new Error("the subscription is gone");
  return row.subscription.terms.providerCustomerId;
}

async function openInvoice(sandbox: Sandbox): Promise<string> {
  const { subscriptions } = await sandbox.books();
  const invoice = subscriptions.flatMap(({ invoices }) => invoices).find(({ status }) => status === "open");
  if (invoice === undefined) throw new Error("no invoice is open");
  return invoice.id;
}

async function lastCharge(sandbox: Sandbox): Promise<string> {
  const { subscriptions } = await sandbox.books();
  const charge = subscriptions
    .flatMap(({ charges }) => charges)
    .findLast(({ status }) => status === "succeeded");
  if (charge === undefined) throw new Error("nothing was charged");
  return charge.payment_intent;
}
