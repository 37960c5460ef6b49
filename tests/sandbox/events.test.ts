import { describe, expect, it } from "vitest";
import { buy, startSandbox } from "./support.ts";

describe("the list of events", () => {
  it("comes in pages of a stable order, newest first, though many are of one second", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    await buy(sandbox);
    await buy(sandbox);
    const all = (await stripe.events.list({ limit: 100 })).data;
    expect(new Set(all.map(({ created }) => created)).size).toBeLessThan(all.length);
    expect(all.map(({ type }) => type).toReversed()).toEqual(await sandbox.events());
    const paged = await stripe.events.list({ limit: 3 }).autoPagingToArray({ limit: 100 });
    expect(paged.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    const [, , third] = all;
    const newer = await stripe.events.list({ ending_before: third?.id ?? "", limit: 1 });
    expect(newer).toMatchObject({ data: [{ id: all[1]?.id }], has_more: true });
  });

  it("has what was created in a span, of the types that are asked for", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription } = await buy(sandbox);
    await control("/advance", { days: 10 });
    await stripe.subscriptions.update(subscription, { metadata: { a: "1" } });
    const [latest] = (await stripe.events.list({ limit: 1 })).data;
    const now = latest?.created ?? 0;
    const types = ["customer.subscription.updated", "invoice.paid"];
    const since = await stripe.events.list({ types, created: { gte: now } });
    expect(since.data.map(({ type }) => type)).toEqual(["customer.subscription.updated"]);
    const until = await stripe.events.list({ types, created: { lt: now } });
    expect(until.data.map(({ type }) => type)).toEqual(["invoice.paid", "customer.subscription.updated"]);
  });

  it("ends 30 days back, for one event as for all", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { id } = await stripe.customers.create();
    const [old] = (await stripe.events.list()).data;
    await control("/advance", { days: 29 });
    expect(await stripe.events.retrieve(old?.id ?? "")).toMatchObject({ data: { object: { id } } });
    await control("/advance", { days: 2 });
    expect((await stripe.events.list()).data).toEqual([]);
    await expect(stripe.events.retrieve(old?.id ?? "")).rejects.toMatchObject({
      statusCode: 404,
      code: "resource_missing",
    });
    expect(await sandbox.events()).toEqual(["customer.created"]);
  });
});

describe("the list of subscriptions", () => {
  it("leaves out the canceled ones unless they are asked for, in pages of at most 100", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await buy(sandbox)).subscription);
    await stripe.subscriptions.cancel(ids[1] ?? "");
    const living = await stripe.subscriptions.list();
    expect(living.data.map(({ id }) => id)).toEqual(ids.filter((id) => id !== ids[1]));
    const first = await stripe.subscriptions.list({ status: "all", limit: 2 });
    expect(first).toMatchObject({ data: [{ id: ids[0] }, { id: ids[1] }], has_more: true });
    const rest = await stripe.subscriptions.list({ status: "all", limit: 3, starting_after: ids[1] ?? "" });
    expect(rest).toMatchObject({ data: [{ id: ids[2] }, { id: ids[3] }, { id: ids[4] }], has_more: false });
    await expect(stripe.subscriptions.list({ limit: 101 })).rejects.toMatchObject({ param: "limit" });
  });
});
