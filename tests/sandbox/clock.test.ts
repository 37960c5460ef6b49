import { createServer } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../sandbox/clock.ts";
import { buy, SUCCESS_URL, startSandbox } from "./support.ts";

interface Standing {
  now: number;
  offset_ms: number;
  steps: number;
}

describe("the clock", () => {
  it("never goes back", async () => {
    const stored = { offset_ms: 0 };
    const clock = createClock(stored);
    clock.moveTo(Date.now() + 60_000);
    expect(() => clock.moveTo(Date.now())).toThrow("never goes back");
    expect(stored.offset_ms).toBeGreaterThan(59_000);

    const { ask, control } = await startSandbox();
    await control("/advance", { days: 1 });
    const back = await ask("/advance", { to: Date.now() });
    expect(back).toMatchObject({ status: 400, json: { error: "the sandbox's clock never goes back" } });
    expect((await control<Standing>("")).offset_ms).toBeGreaterThanOrEqual(86_399_000);
  });

  it("is advanced by months of the calendar and by plain lengths", async () => {
    const { control } = await startSandbox();
    const before = (await control<Standing>("")).now;
    const { now, offset_ms } = await control<Standing>("/advance", { months: 1, days: 2, hours: 3 });
    const expected = new Date(before);
    const day = expected.getUTCDate();
    expected.setUTCDate(1);
    expected.setUTCMonth(expected.getUTCMonth() + 1);
    const last = new Date(Date.UTC(expected.getUTCFullYear(), expected.getUTCMonth() + 1, 0)).getUTCDate();
    expected.setUTCDate(Math.min(day, last));
    expect(Math.abs(now - expected.getTime() - (2 * 24 + 3) * 3_600_000)).toBeLessThan(5_000);
    expect(Math.abs(now - offset_ms - Date.now())).toBeLessThan(5_000);
  });

  it.each([
    [{}],
    [{ month: 1 }],
    [{ days: -1 }],
    [{ days: 0 }],
    [{ months: 0.5 }],
    [{ to: "tomorrow" }],
    [[]],
  ])("is not moved by %j", async (wanted) => {
    const { ask, control } = await startSandbox();
    expect(await ask("/advance", wanted)).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining('expected {"months"?') },
    });
    expect(await control<Standing>("")).toMatchObject({ offset_ms: 0 });
  });

  it("stops at each moment at which something happens, and waits there for the webhooks", async () => {
    const sandbox = await startSandbox();
    await buy(sandbox);
    const { steps } = await sandbox.control<Standing>("/advance", { months: 1, hours: 2 });
    // announced seven days before, renewed, and charged an hour later
    expect(steps).toBe(3);
    const created = sandbox.receiver.received.map(({ event }) => event.created);
    expect(created).toEqual(created.toSorted((a, b) => a - b));
    expect(new Set(created).size).toBeGreaterThanOrEqual(4);
  });

  it("gives up waiting for webhooks that nobody takes, and goes on", async () => {
    const sandbox = await startSandbox({ retryMs: [60_000] });
    sandbox.receiver.answer = () => 500;
    await buy(sandbox);
    const { steps } = await sandbox.control<Standing>("/advance", { months: 1, hours: 2 });
    expect(steps).toBe(3);
  });

  it("also runs by itself: what becomes due in real time happens then", async () => {
    const sandbox = await startSandbox();
    await sandbox.stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: "price_pro_monthly", quantity: 1 }],
      success_url: SUCCESS_URL,
    });
    sandbox.clock.moveTo(sandbox.clock.now() + 86_400_000);
    await expect.poll(() => sandbox.events(), { timeout: 5_000 }).toEqual(["checkout.session.expired"]);
  });

  it("is moved by one at a time", async () => {
    const sandbox = await startSandbox();
    const { ask, control, receiver, stripe } = sandbox;
    await control("/knobs", { delivery: { delay_ms: [200, 200] } });
    await stripe.customers.create();
    const first = ask("/advance", { days: 1 });
    await expect.poll(() => ask("/advance", { days: 1 })).toMatchObject({ status: 409 });
    expect(await first).toMatchObject({ status: 200 });
    expect(receiver.received).toHaveLength(1);
  });
});

describe("the clock's hook", () => {
  it("is told each new offset before what happens then is told", async () => {
    const story: string[] = [];
    const hook = await startHook((offset) => {
      // Before the way it is asked when the others want the time first.
      if (offset > 0) story.push(`offset ${Math.floor(offset / 86_400_000)} d`);
      return 200;
    });
    const sandbox = await startSandbox({ clockHook: hook });
    await buy(sandbox);
    await sandbox.control("/idle", {});
    sandbox.receiver.answer = ({ event }) => {
      if (!event.type.startsWith("invoice.updated")) story.push(event.type);
      return 200;
    };
    await sandbox.control("/advance", { months: 1, minutes: 5 });
    const renewed = story.findIndex((entry) => entry === "customer.subscription.updated");
    const upcoming = story.indexOf("invoice.upcoming");
    expect(story[0]).toMatch(/^offset 2\d d$/);
    expect(upcoming).toBe(1);
    expect(story[2]).toMatch(/^offset (27|28|29|30) d$/);
    expect(renewed).toBeGreaterThan(2);
    expect(story.at(-1)).toMatch(/^offset (28|29|30|31) d$/);
  });

  it("that fails stops the advance where it is, and the next one goes on from there", async () => {
    let status = 503;
    const hook = await startHook((offset) => (offset === 0 ? 200 : status));
    const sandbox = await startSandbox({ clockHook: hook });
    const { subscription } = await buy(sandbox);
    const before = (await sandbox.events()).length;
    const stopped = await sandbox.ask("/advance", { months: 1, hours: 2 });
    expect(stopped.status).toBe(502);
    expect(stopped.json["error"]).toMatch(/^the advance stopped at 20.*: the clock hook answered 503/);
    expect(stopped.json).toMatchObject({ steps: 0 });
    // nothing has happened yet at a time of which the others were not told
    expect(await sandbox.events(before)).toEqual([]);
    status = 200;
    await sandbox.control("/advance", { days: 8, hours: 2 });
    expect((await sandbox.events(before)).slice(0, 3)).toEqual([
      "invoice.upcoming",
      "invoice.created",
      "customer.subscription.updated",
    ]);
    expect((await sandbox.stripe.invoices.list({ subscription })).data).toHaveLength(2);
  });
});

it("the clock stops where the others want the time, too, and says when it has arrived", async () => {
  const day = 86_400_000;
  const begin = Date.now();
  const stops: { readonly days: number; readonly arrived: boolean }[] = [];
  const hook = await startHook(
    (offset, arrived) => {
      stops.push({ days: Math.round(offset / day), arrived });
      return 200;
    },
    // On the third day and on the seventh; what lies before the clock or behind the end is no stop.
    (offset) => begin + (offset < 3 * day ? 3 : offset < 7 * day ? 7 : 1) * day,
  );
  const { control } = await startSandbox({ clockHook: hook });
  await control("/advance", { days: 5 });
  await control("/advance", { days: 5 });
  expect(stops).toEqual([
    { days: 0, arrived: false },
    { days: 3, arrived: false },
    { days: 5, arrived: true },
    { days: 5, arrived: false },
    { days: 7, arrived: false },
    { days: 10, arrived: true },
  ]);
});

/** Takes offsets; `answer` says with which status, `next` when the system behind it wants the time next. */
async function startHook(
  answer: (offset: number, arrived: boolean) => number,
  next: ((offset: number) => number) | null = null,
): Promise<string> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    request.on("end", () => {
      const body: { offset_ms: number; arrived: boolean } = JSON.parse(text);
      const status = answer(body.offset_ms, body.arrived);
      response.writeHead(status);
      response.end(next === null ? "" : JSON.stringify({ next_deadline_ms: next(body.offset_ms) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}/clock`;
}
