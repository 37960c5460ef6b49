import { afterAll, beforeAll, expect, it } from "vitest";
import { API_KEY, startApi } from "./support.ts";

let api: Awaited<ReturnType<typeof startApi>>;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const ID = "0190f000-0000-7000-8000-000000000001";

async function ask(path: string, body?: object, key = API_KEY) {
  const answer = await fetch(`${api.url}/api/billing/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
}

it.each([
  ["preview", "say a tier, an interval or a quantity"],
  ["preview?tier=a%20b", "tier: expected the name of a tier"],
  ["preview?quantity=0", "quantity: expected a whole number"],
  ["preview?quantity=1e3", "quantity: expected a whole number"],
  ["preview?interval=week", "interval:"],
  ["preview?tier=pro&at=tomorrow", "at:"],
  ["preview?tier=pro&days=3", "days: unknown field"],
  ["invoices?limit=101", "limit: expected a number from 1 to 100"],
  ["invoices?after=in%2F1", "after: expected the next_after"],
])("refuses %s before it asks anybody", async (path, message) => {
  expect(await ask(`subscriptions/${ID}/${path}`)).toMatchObject({
    status: 400,
    body: { error: "invalid_request", message: expect.stringContaining(message) },
  });
});

it.each([
  [{ return_url: "javascript:alert(1)" }, "return_url: expected an http(s) address"],
  [{ return_url: "ftp://shop.example" }, "return_url: expected an http(s) address"],
  [{ return_url: "shop.example" }, "return_url: expected an http(s) address"],
  [{ flow: "anything" }, "flow:"],
  [{ returnUrl: "https://shop.example" }, "returnUrl: unknown field"],
])("refuses the portal %j", async (body, message) => {
  for (const path of [`subscriptions/${ID}/portal`, "customers/c-1/portal"]) {
    expect(await ask(path, body)).toMatchObject({
      status: 400,
      body: { error: "invalid_request", message: expect.stringContaining(message) },
    });
  }
});

it("is for callers with the key only", async () => {
  for (const path of ["preview?tier=pro", "invoices", "payments"]) {
    expect(await ask(`subscriptions/${ID}/${path}`, undefined, "wrong")).toMatchObject({ status: 401 });
  }
  for (const path of [`subscriptions/${ID}/portal`, "customers/c-1/portal"]) {
    expect(await ask(path, {}, "wrong")).toMatchObject({ status: 401 });
  }
});
