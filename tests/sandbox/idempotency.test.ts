import { Stripe } from "stripe";
import { describe, expect, it } from "vitest";
import { buy, client, KEY, startSandbox } from "./support.ts";

const keyed = { idempotencyKey: "key-1" };

describe("an idempotency key", () => {
  it("gives the first answer again, and does the work once", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const first = await stripe.customers.create({ email: "ada@example.com" }, keyed);
    const again = await stripe.customers.create({ email: "ada@example.com" }, keyed);
    expect(again.id).toBe(first.id);
    expect(sandbox.sent.map(({ replayed }) => replayed)).toEqual([false, true]);
    expect(await sandbox.events()).toEqual(["customer.created"]);
    const { requests } = await sandbox.control<{ requests: { replayed: boolean }[] }>("/requests");
    expect(requests.slice(0, 2).map(({ replayed }) => replayed)).toEqual([false, true]);
    const told = (await stripe.events.list()).data[0];
    expect(told?.request).toEqual({ id: first.lastResponse.requestId, idempotency_key: "key-1" });
  });

  it("does not mind the order of parameters", async () => {
    const { url } = await startSandbox();
    const send = async (body: string) => {
      const headers = { Authorization: `Bearer ${KEY}`, "Idempotency-Key": "key-1" };
      const response = await fetch(`${url}/v1/customers`, {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/x-www-form-urlencoded" },
        body,
      });
      const customer: { id: string } = JSON.parse(await response.text());
      return customer.id;
    };
    expect(await send("email=a%40b.c&metadata[x]=1&metadata[y]=2")).toBe(
      await send("metadata[y]=2&metadata[x]=1&email=a%40b.c"),
    );
  });

  it("with other parameters or another path is refused", async () => {
    const { stripe } = await startSandbox();
    const { id } = await stripe.customers.create({ email: "ada@example.com" }, keyed);
    const other = stripe.customers.create({ email: "eve@example.com" }, keyed);
    await expect(other).rejects.toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    await expect(other).rejects.toMatchObject({ statusCode: 400 });
    await expect(stripe.customers.update(id, { email: "ada@example.com" }, keyed)).rejects.toBeInstanceOf(
      Stripe.errors.StripeIdempotencyError,
    );
  });

  it("keeps a failure too: a 500 is given again, though the trouble is over", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    await control("/knobs", { errors: [{ kind: "500", stored: true, times: 1 }] });
    for (const attempt of [1, 2]) {
      const made = stripe.customers.create({ email: "ada@example.com" }, keyed);
      await expect(made).rejects.toBeInstanceOf(Stripe.errors.StripeAPIError);
      await expect(made).rejects.toMatchObject({
        statusCode: 500,
        headers: attempt === 1 ? {} : { "idempotent-replayed": "true" },
      });
    }
    expect(await sandbox.events()).toEqual([]);
    expect((await stripe.customers.create({ email: "ada@example.com" })).id).toMatch(/^cus_/);
  });

  it("keeps the 500 of work that was done", async () => {
    const sandbox = await startSandbox();
    await sandbox.control("/knobs", { errors: [{ kind: "500_after", times: 1 }] });
    for (const _attempt of [1, 2]) {
      await expect(sandbox.stripe.customers.create({}, keyed)).rejects.toMatchObject({ statusCode: 500 });
    }
    expect(await sandbox.events()).toEqual(["customer.created"]);
  });

  it("is not used up by a request that could not be read, or was not looked at", async () => {
    const { stripe, control } = await startSandbox();
    await expect(stripe.rawRequest("POST", "/v1/customers", { emial: "x" }, keyed)).rejects.toMatchObject({
      code: "parameter_unknown",
    });
    await control("/knobs", { errors: [{ kind: "503", times: 1 }] });
    await expect(stripe.customers.create({ name: "Ada" }, keyed)).rejects.toMatchObject({ statusCode: 503 });
    expect((await stripe.customers.create({ name: "Ada" }, keyed)).name).toBe("Ada");
  });

  it("of a request that is under way is 409", async () => {
    const { stripe, control, url } = await startSandbox();
    await control("/knobs", { errors: [{ kind: "slow", delay_ms: 150, times: 1 }] });
    const slow = stripe.customers.create({ name: "Ada" }, keyed);
    await expect.poll(async () => (await control<{ count: number }>("/requests")).count).toBe(1);
    await expect(client(url).customers.create({ name: "Ada" }, keyed)).rejects.toMatchObject({
      statusCode: 409,
      code: "idempotency_key_in_use",
    });
    const { id } = await slow;
    expect((await stripe.customers.create({ name: "Ada" }, keyed)).id).toBe(id);
  });

  it("can be used anew after a day", async () => {
    const { stripe, control } = await startSandbox();
    const { id } = await stripe.customers.create({ name: "Ada" }, keyed);
    await control("/advance", { hours: 23 });
    expect((await stripe.customers.create({ name: "Ada" }, keyed)).id).toBe(id);
    await control("/advance", { hours: 2 });
    expect((await stripe.customers.create({ name: "Eve" }, keyed)).id).not.toBe(id);
  });

  it("works for a cancellation, which is a DELETE, as for all else", async () => {
    const sandbox = await startSandbox();
    const { subscription } = await buy(sandbox);
    const first = await sandbox.stripe.subscriptions.cancel(subscription, {}, keyed);
    const again = await sandbox.stripe.subscriptions.cancel(subscription, {}, keyed);
    expect(again.ended_at).toBe(first.ended_at);
    expect(sandbox.sent.at(-1)?.replayed).toBe(true);
    await expect(sandbox.stripe.subscriptions.cancel(subscription)).rejects.toMatchObject({
      statusCode: 404,
    });
  });

  it("may have 255 characters and no more", async () => {
    const { stripe } = await startSandbox();
    await stripe.customers.create({}, { idempotencyKey: "k".repeat(255) });
    await expect(stripe.customers.create({}, { idempotencyKey: "k".repeat(256) })).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});
