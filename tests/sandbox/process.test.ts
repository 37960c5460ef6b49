import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { readEnvironment } from "../../sandbox/environment.ts";
import { openStore } from "../../sandbox/store.ts";
import { client, SUCCESS_URL } from "./support.ts";

const root = join(import.meta.dirname, "../..");

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, ["--import", "tsx", "sandbox/main.ts"], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { lines: [] as string[], errors: "" };
  child.stderr.on("data", (chunk: Buffer) => {
    output.errors += chunk.toString("utf8");
  });
  const lines = createInterface(child.stdout);
  lines.on("line", (line) => output.lines.push(line));
  const first = Promise.race([
    once(lines, "line"),
    once(child, "exit").then(() => Promise.reject(new Error(output.errors))),
  ]);
  first.catch(() => undefined);
  return {
    child,
    output,
    async url(): Promise<string> {
      await first;
      const ready: { url: string } = JSON.parse(output.lines[0] ?? "");
      return ready.url;
    },
  };
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  const gone = once(child, "exit");
  child.kill(signal);
  return (await gone)[0];
}

it("starts, says where, keeps its state over a stop, and goes on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-sandbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const env = { SANDBOX_PORT: "0", SANDBOX_DATA: join(folder, "new", "state.json") };

  const first = run(env);
  const url = await first.url();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const customer = await client(url).customers.create({ name: "Ada" }, { idempotencyKey: "key-1" });
  const session = await client(url).checkout.sessions.create({
    mode: "subscription",
    customer: customer.id,
    line_items: [{ price: "price_pro_monthly" }],
    success_url: SUCCESS_URL,
  });
  await fetch(`${url}/sandbox/advance`, { method: "POST", body: JSON.stringify({ hours: 5 }) });
  await fetch(`${url}/sandbox/knobs`, { method: "POST", body: '{"delivery":{"duplicate":3}}' });
  // written without being told to stop, too
  await expect
    .poll(() => readFileSync(env.SANDBOX_DATA, "utf8"), { timeout: 5_000 })
    .toContain('"duplicate":3');
  expect(await stopped(first.child, "SIGTERM")).toBe(0);
  expect(first.output.lines).toHaveLength(1);
  expect(first.output.errors).toBe("");

  const second = run(env);
  const stripe = client(await second.url());
  expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe("open");
  const again = await stripe.customers.create({ name: "Ada" }, { idempotencyKey: "key-1" });
  expect(again.id).toBe(customer.id);
  const standing = await (await fetch(`${await second.url()}/sandbox`)).json();
  expect(standing).toMatchObject({
    offset_ms: expect.any(Number),
    knobs: { delivery: { duplicate: 3 } },
    webhook: null,
  });
  expect(standing).not.toMatchObject({ offset_ms: 0 });
  expect(await stopped(second.child, "SIGINT")).toBe(0);
});

it("says which setting is wrong and what it expects, and does not start", async () => {
  const { child, output } = run({
    SANDBOX_PORT: "http",
    SANDBOX_WEBHOOK_URL: "nowhere",
    SANDBOX_RETRY_MS: "soon",
    SANDBOX_WEBHOOK_SECRET: "a,,b",
  });
  expect((await once(child, "exit"))[0]).toBe(1);
  expect(output.lines).toEqual([]);
  for (const line of [
    "SANDBOX_PORT is wrong: expected a port number, or 0 for any free port",
    "SANDBOX_WEBHOOK_URL is wrong: expected an http(s) address",
    "SANDBOX_WEBHOOK_SECRET is wrong: expected one or more secrets, separated by commas",
    "SANDBOX_RETRY_MS is wrong: expected whole numbers of ms, separated by commas",
  ])
    expect(output.errors).toContain(line);
});

it("keeps to the usual settings when none are given", () => {
  expect(readEnvironment({ SANDBOX_PORT: "" })).toEqual({
    port: 4280,
    dataFile: undefined,
    webhook: undefined,
    clockHook: undefined,
    retryMs: [5_000, 30_000, 120_000, 600_000, 3_600_000],
  });
  const url = "http://127.0.0.1:3000/webhook/stripe";
  expect(readEnvironment({ SANDBOX_WEBHOOK_URL: url }).webhook).toEqual({ url, secrets: ["whsec_sandbox"] });
  expect(
    readEnvironment({ SANDBOX_WEBHOOK_URL: url, SANDBOX_WEBHOOK_SECRET: "whsec_a, whsec_b" }).webhook,
  ).toEqual({ url, secrets: ["whsec_a", "whsec_b"] });
});

it("does not guess at a state that it cannot read", () => {
  const folder = mkdtempSync(join(tmpdir(), "perennial-sandbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "state.json");
  writeFileSync(file, "{");
  expect(() => openStore(file)).toThrow(`${file} is not a sandbox state`);
  writeFileSync(file, '{"version":2}');
  expect(() => openStore(file)).toThrow("version 1");
});

it("takes another port when its own is taken, and hangs up on who waits when it stops", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === "object" ? String(address?.port) : "";
  const third = run({ SANDBOX_PORT: port, SANDBOX_WEBHOOK_URL: "http://127.0.0.1:9/" });
  const at = await third.url();
  expect(at).not.toContain(`:${port}`);
  await fetch(`${at}/sandbox/knobs`, { method: "POST", body: '{"errors":[{"kind":"timeout_before"}]}' });
  const waiting = client(at).customers.list();
  waiting.catch(() => undefined);
  await expect
    .poll(async () => (await fetch(`${at}/sandbox/requests`)).json(), { timeout: 5_000 })
    .toMatchObject({ count: 1 });
  expect(await stopped(third.child, "SIGTERM")).toBe(0);
  await expect(waiting).rejects.toThrow();
});
