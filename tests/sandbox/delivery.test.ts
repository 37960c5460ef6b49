import { Stripe } from "stripe";
import { describe, expect, it, onTestFinished } from "vitest";
import { SECRETS, startReceiver } from "./receiver.ts";
import { buy, startSandbox, type TestSandbox } from "./support.ts";

interface Listed {
  deliveries: { id: string; event: string; type: string; state: string; attempts: number }[];
  attempts: { event: string; status: number | null; error: string | null }[];
}
interface Released {
  attempts: { event: string; type: string; status: number }[];
}

const deliveriesOf = async ({ control }: TestSandbox) =>
  (await control<Pick<Listed, "deliveries">>("/deliveries")).deliveries;
const idle = ({ control }: TestSandbox) => control("/idle", { limit_ms: 5_000 });

describe("a webhook", () => {
  it("is signed with the present and the former secret, with the real time, and is Stripe's event", async () => {
    const sandbox = await startSandbox();
    await sandbox.control("/advance", { months: 3 });
    const { id } = await sandbox.stripe.customers.create({ email: "ada@example.com" });
    await sandbox.receiver.count(1);
    const [received] = sandbox.receiver.received;
    if (received === undefined) throw new Error("nothing came");
    const header = String(received.headers["stripe-signature"]);
    for (const secret of SECRETS)
      expect(Stripe.webhooks.constructEvent(received.body, header, secret).id).toBe(received.event.id);
    expect(() => Stripe.webhooks.constructEvent(received.body, header, "whsec_other")).toThrow(
      Stripe.errors.StripeSignatureVerificationError,
    );
    expect(received.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(received.event).toMatchObject({
      type: "customer.created",
      api_version: "2026-10-28.endive",
      livemode: false,
      pending_webhooks: 1,
      data: { object: { id, object: "customer" } },
    });
    // its own time is the sandbox's
    expect(received.event.created - Date.now() / 1000).toBeGreaterThan(80 * 86_400);
  });

  it("is tried again after a non-2xx, signed anew, until it is received", async () => {
    const sandbox = await startSandbox();
    const answers = [500, 302, 200];
    sandbox.receiver.answer = () => answers.shift() ?? 200;
    await sandbox.stripe.customers.create();
    await idle(sandbox);
    expect(sandbox.receiver.received.map(({ event }) => event.id)).toHaveLength(3);
    expect(await deliveriesOf(sandbox)).toMatchObject([{ state: "delivered", attempts: 3 }]);
    expect(await sandbox.control("/attempts")).toMatchObject({
      attempts: [{ status: 500 }, { status: 302 }, { status: 200 }],
      count: 3,
    });
  });

  it("fails for good when every retry is used, and can be found by that", async () => {
    const sandbox = await startSandbox();
    sandbox.receiver.answer = () => 503;
    await sandbox.stripe.customers.create();
    await idle(sandbox);
    expect(await deliveriesOf(sandbox)).toMatchObject([{ state: "failed", attempts: 3 }]);
    expect((await sandbox.stripe.events.list({ delivery_success: false })).data).toHaveLength(1);
    expect((await sandbox.stripe.events.list({ delivery_success: true })).data).toEqual([]);
  });

  it("to nobody is an attempt without a status", async () => {
    const sandbox = await startSandbox({ retryMs: [] });
    await sandbox.control("/knobs", { webhook: { url: "http://127.0.0.1:9/webhook" } });
    await sandbox.stripe.customers.create();
    await idle(sandbox);
    const { attempts } = await sandbox.control<Pick<Listed, "attempts">>("/attempts");
    expect(attempts).toMatchObject([{ status: null, error: expect.any(String) }]);
  });

  it("goes to every endpoint that wants its type, with that endpoint's own secret", async () => {
    const sandbox = await startSandbox();
    const { stripe, receiver } = sandbox;
    const second = await startReceiver();
    onTestFinished(() => second.stop());
    const endpoint = await stripe.webhookEndpoints.create({
      url: second.url,
      enabled_events: ["customer.created"],
    });
    second.secret = endpoint.secret ?? "";
    expect(await stripe.webhookEndpoints.retrieve(endpoint.id)).not.toHaveProperty("secret");
    const { id } = await stripe.customers.create();
    await stripe.customers.update(id, { name: "Ada" });
    await idle(sandbox);
    expect(receiver.types().toSorted()).toEqual(["customer.created", "customer.updated"]);
    expect(second.types()).toEqual(["customer.created"]);
    await stripe.webhookEndpoints.del(endpoint.id);
    expect((await stripe.webhookEndpoints.list()).data).toHaveLength(1);
  });
});

describe("the delivery knob", () => {
  it("duplicate sends copies of the same event", async () => {
    const sandbox = await startSandbox();
    await sandbox.control("/knobs", { delivery: { duplicate: 2 } });
    await sandbox.stripe.customers.create();
    await idle(sandbox);
    expect(new Set(sandbox.receiver.received.map(({ event }) => event.id)).size).toBe(1);
    expect(sandbox.receiver.received).toHaveLength(3);
  });

  it("drop loses types, or a share of all", async () => {
    const sandbox = await startSandbox();
    await sandbox.control("/knobs", { delivery: { drop: ["invoice.paid", "charge.succeeded"] } });
    await buy(sandbox);
    await idle(sandbox);
    expect(sandbox.receiver.received).toHaveLength(13);
    expect(sandbox.receiver.types()).not.toContain("invoice.paid");
    await sandbox.control("/knobs", { delivery: { drop: 1 } });
    await sandbox.stripe.customers.create();
    await idle(sandbox);
    expect(sandbox.receiver.received).toHaveLength(13);
    // lost on the way, but in the provider's books
    expect(await sandbox.events()).toHaveLength(16);
  });

  it("shuffle sends them off in the order of the seed", async () => {
    const orders = await Promise.all(
      [7, 7, 8].map(async (seed) => {
        const sandbox = await startSandbox();
        await sandbox.control("/knobs", { delivery: { shuffle: seed } });
        await buy(sandbox);
        await idle(sandbox);
        return { events: await sandbox.events(), sent: await deliveriesOf(sandbox) };
      }),
    );
    const [one, same, other] = orders.map(({ sent }) => sent.map(({ type }) => type));
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
    expect(one).not.toEqual(orders[0]?.events);
    expect(one?.toSorted()).toEqual(orders[0]?.events.toSorted());
  });

  it("delay_ms lets time pass before the first attempt", async () => {
    const sandbox = await startSandbox();
    await sandbox.control("/knobs", { delivery: { delay_ms: [60, 80] } });
    await sandbox.stripe.customers.create();
    expect(await sandbox.control("/idle", { limit_ms: 0 })).toEqual({ idle: false });
    expect(sandbox.receiver.received).toEqual([]);
    expect(await idle(sandbox)).toEqual({ idle: true });
    expect(sandbox.receiver.received).toHaveLength(1);
  });
});

async function held() {
  const sandbox = await startSandbox();
  await sandbox.control("/knobs", { delivery: { hold: true } });
  await buy(sandbox);
  return { sandbox, release: (how: object) => sandbox.control<Released>("/deliveries/release", how) };
}

describe("what is held", () => {
  it("waits for its release and holds up nobody", async () => {
    const { sandbox, release } = await held();
    expect(await sandbox.control("/idle", {})).toEqual({ idle: true });
    await sandbox.control("/advance", { hours: 1 });
    expect(sandbox.receiver.received).toEqual([]);
    const { attempts } = await release({});
    expect(attempts.map(({ status }) => status)).toEqual(Array.from({ length: 15 }, () => 200));
    expect(sandbox.receiver.types()).toEqual(await sandbox.events());
    expect((await release({})).attempts).toEqual([]);
  });

  it("is released reversed, shuffled by a seed, tripled, by type and by id", async () => {
    const { sandbox, release } = await held();
    const { receiver } = sandbox;
    const order = await sandbox.events();
    await release({ types: ["customer.created"], copies: 2 });
    expect(receiver.types()).toEqual(["customer.created", "customer.created", "customer.created"]);
    const [, second] = await deliveriesOf(sandbox);
    await release({ events: [second?.event], concurrent: true });
    expect(receiver.types().slice(3)).toEqual(["checkout.session.completed"]);
    await release({ order: "reversed", types: order.slice(2, 6) });
    const rest = order.slice(2).filter((type) => order.slice(2, 6).includes(type));
    expect(receiver.types().slice(4)).toEqual(rest.toReversed());
    const before = receiver.received.length;
    await release({ order: { shuffle: 5 } });
    const shuffled = receiver.types().slice(before);
    const left = order.slice(6).filter((type) => !rest.includes(type));
    expect(shuffled).not.toEqual(left);
    expect(shuffled.toSorted()).toEqual(left.toSorted());
  });

  it("stays held when nobody takes it", async () => {
    const { sandbox, release } = await held();
    sandbox.receiver.answer = () => 500;
    const refused = await release({ types: ["invoice.paid"], copies: 1 });
    expect(refused.attempts.map(({ status }) => status)).toEqual([500, 500]);
    sandbox.receiver.answer = () => 200;
    const taken = await release({ types: ["invoice.paid"] });
    expect(taken.attempts.map(({ status }) => status)).toEqual([200]);
  });

  it("is refused an order that there is not", async () => {
    const { sandbox } = await held();
    expect(await sandbox.ask("/deliveries/release", { order: "sideways" })).toMatchObject({ status: 400 });
  });
});

describe("an event", () => {
  it("can be sent again by hand, which leaves the automatic retries alone", async () => {
    const sandbox = await startSandbox({ retryMs: [150] });
    const answers = [500];
    sandbox.receiver.answer = () => answers.shift() ?? 200;
    await sandbox.stripe.customers.create();
    await sandbox.receiver.count(1);
    const id = sandbox.receiver.received[0]?.event.id ?? "";
    await sandbox.control(`/events/${id}/resend`, { copies: 1 });
    await idle(sandbox);
    expect(sandbox.receiver.received.map(({ event }) => event.id)).toEqual([id, id, id, id]);
    expect(await deliveriesOf(sandbox)).toMatchObject([
      { attempts: 2, state: "delivered" },
      { attempts: 1, state: "delivered" },
      { attempts: 1, state: "delivered" },
    ]);
    expect(await sandbox.ask("/events/evt_none/resend", {})).toMatchObject({ status: 404 });
  });

  it("can be made up, of any type, version and shape", async () => {
    const sandbox = await startSandbox({}, { conform: false });
    const { event } = await sandbox.control<{ event: string }>("/events", {
      type: "planet.aligned",
      object: ["not", "an", "object"],
      api_version: "2020-08-27",
    });
    await idle(sandbox);
    expect(sandbox.receiver.received.map((received) => received.event)).toMatchObject([
      {
        id: event,
        type: "planet.aligned",
        api_version: "2020-08-27",
        data: { object: ["not", "an", "object"] },
      },
    ]);
    expect((await sandbox.stripe.events.retrieve(event)).type).toBe("planet.aligned");
    expect(await sandbox.ask("/events", { object: {} })).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining("type") },
    });
  });
});
