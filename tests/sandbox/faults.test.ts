import { Stripe } from "stripe";
import { describe, expect, it } from "vitest";
import { client, startSandbox } from "./support.ts";

const { errors } = Stripe;
const customer = { email: "ada@example.com" };

describe("an error knob", () => {
  it.each([
    ["500", errors.StripeAPIError, 500, []],
    ["503", errors.StripeAPIError, 503, []],
    ["429", errors.StripeRateLimitError, 429, []],
    ["401", errors.StripeAuthenticationError, 401, []],
    ["402", errors.StripeCardError, 402, []],
    ["card_declined", errors.StripeCardError, 402, []],
    ["500_after", errors.StripeAPIError, 500, ["customer.created"]],
  ] as const)("%s is the SDK's error of that kind, once", async (kind, type, status, events) => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    await control("/knobs", { errors: [{ match: { method: "POST" }, kind, times: 1 }] });
    const failed = stripe.customers.create(customer);
    await expect(failed).rejects.toBeInstanceOf(type);
    await expect(failed).rejects.toMatchObject({ statusCode: status });
    expect(await sandbox.events()).toEqual(events);
    expect((await stripe.customers.create(customer)).email).toBe("ada@example.com");
    expect(await control("/requests")).toMatchObject({ requests: [{ fault: kind, status }, {}] });
  });

  it.each([
    ["timeout_before", 0],
    ["timeout_after", 1],
    ["reset_before", 0],
    ["reset_after", 1],
  ] as const)("%s leaves the caller without an answer, and the work done %i times", async (kind, times) => {
    const sandbox = await startSandbox();
    const { control, stripe, url } = sandbox;
    // the SDK repeats by itself, once, what ended in a broken connection
    const reset = kind.startsWith("reset");
    await control("/knobs", { errors: [{ match: { path: "/v1/customers" }, kind, times: reset ? 2 : 1 }] });
    const failed = client(url, { timeout: 150 }).customers.create(customer, { idempotencyKey: "key-1" });
    await expect(failed).rejects.toBeInstanceOf(errors.StripeConnectionError);
    expect((await stripe.customers.list()).data).toHaveLength(times);
    const { requests } = await control<{ requests: { status: number | null }[] }>("/requests");
    expect(requests[0]).toMatchObject({ status: null, fault: kind });
    // who repeats with the same key finds out
    await stripe.customers.create(customer, { idempotencyKey: "key-1" });
    expect(sandbox.sent.at(-1)?.replayed).toBe(times === 1);
    expect((await stripe.customers.list()).data).toHaveLength(1);
  });

  it("of a time-out hangs up after its time", async () => {
    const { control, url } = await startSandbox();
    await control("/knobs", { errors: [{ kind: "timeout_before", delay_ms: 40 }] });
    const began = performance.now();
    const headers = { Authorization: "Bearer sk_test_x" };
    await expect(fetch(`${url}/v1/customers`, { headers })).rejects.toThrow("fetch failed");
    expect(performance.now() - began).toBeGreaterThanOrEqual(35);
  });

  it("slow makes the caller wait and then does the work", async () => {
    const { stripe, control } = await startSandbox();
    await control("/knobs", { errors: [{ kind: "slow", delay_ms: 60, times: 1 }] });
    const began = performance.now();
    await stripe.customers.create(customer);
    expect(performance.now() - began).toBeGreaterThanOrEqual(55);
  });

  it("hits only what it is meant for, until it is reset", async () => {
    const { stripe, control } = await startSandbox();
    await control("/knobs", {
      errors: [{ match: { method: "get", path: "/\\/v1\\/sub.*/" }, kind: "503" }],
    });
    await stripe.customers.list();
    for (const _time of [1, 2]) {
      await expect(stripe.subscriptions.list()).rejects.toMatchObject({ statusCode: 503 });
    }
    await control("/knobs/reset", {});
    expect((await stripe.subscriptions.list()).data).toEqual([]);
  });

  it("that the sandbox does not have is refused with what it has", async () => {
    const { ask } = await startSandbox();
    const { status, json } = await ask("/knobs", { errors: [{ kind: "smoke" }] });
    expect(status).toBe(400);
    expect(json["error"]).toContain("errors.0.kind");
    expect(await ask("/knobs", { deliver: {} })).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining("deliver") },
    });
    expect(await ask("/knobs", [])).toMatchObject({ status: 400 });
    expect(await ask("/knobs", { errors: [{ kind: "503", match: { path: "/(/" } }] })).toMatchObject({
      status: 400,
      json: { error: "errors.0.match.path: this is no regular expression" },
    });
  });
});
