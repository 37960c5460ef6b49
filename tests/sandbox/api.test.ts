import { Stripe } from "stripe";
import { describe, expect, it } from "vitest";
import { buy, client, idOf, KEY, latestInvoice, SUCCESS_URL, startSandbox } from "./support.ts";

const line = { price: "price_pro_monthly", quantity: 1 };

describe("a key", () => {
  it.each([
    ["is missing", undefined, "You did not provide an API key."],
    [
      "is of no test mode",
      "Bearer sk_live_abcdefghijklmnop",
      "Invalid API Key provided: sk_live_********mnop",
    ],
    ["was revoked", "Bearer sk_test_revoked_abcdefgh", "Expired API Key provided: sk_test_********efgh"],
  ])("that %s is 401", async (_, header, message) => {
    const { url } = await startSandbox();
    const response = await fetch(
      `${url}/v1/customers`,
      header === undefined ? {} : { headers: { Authorization: header } },
    );
    expect(response.status).toBe(401);
    const body = JSON.parse(await response.text());
    expect(body).toMatchObject({ error: { type: "invalid_request_error" } });
    expect(body.error.message.slice(0, message.length)).toBe(message);
  });

  it("is an authentication error to the SDK when it was revoked", async () => {
    const { url } = await startSandbox();
    await expect(client(url, {}, "sk_test_revoked").customers.list()).rejects.toBeInstanceOf(
      Stripe.errors.StripeAuthenticationError,
    );
  });

  it("may also be the user name of Basic", async () => {
    const { url } = await startSandbox();
    const response = await fetch(`${url}/v1/account`, {
      headers: { Authorization: `Basic ${Buffer.from(`${KEY}:`).toString("base64")}` },
    });
    expect(response.status).toBe(200);
  });
});

describe("a request", () => {
  it("is answered under an id of its own, and recorded with its version", async () => {
    const { stripe, control } = await startSandbox();
    const { lastResponse } = await stripe.customers.create({
      email: "ada@example.com",
      metadata: { a: "1" },
    });
    expect(lastResponse.requestId).toMatch(/^req_/);
    const { requests, count } = await control<{ requests: unknown[]; count: number }>("/requests");
    expect(count).toBe(1);
    expect(requests).toMatchObject([
      {
        id: lastResponse.requestId,
        method: "POST",
        path: "/v1/customers",
        params: { email: "ada@example.com", metadata: { a: "1" } },
        api_version: "2026-10-28.endive",
        status: 200,
        replayed: false,
        fault: null,
      },
    ]);
    await stripe.customers.list();
    expect(await control("/requests?since=1")).toMatchObject({ requests: [{ method: "GET" }], count: 2 });
  });

  it.each([
    ["an unknown parameter", { emial: "x" }, { code: "parameter_unknown", param: "emial" }],
    [
      "an unknown parameter deep down",
      { invoice_settings: { defualt: "x" } },
      { code: "parameter_unknown", param: "invoice_settings[defualt]" },
    ],
  ])("with %s is refused with its name", async (_, params, error) => {
    const { stripe } = await startSandbox();
    await expect(stripe.rawRequest("POST", "/v1/customers", params)).rejects.toMatchObject({
      statusCode: 400,
      ...error,
    });
    expect((await stripe.customers.list()).data).toEqual([]);
  });

  it.each([
    ["nothing to sell", { success_url: SUCCESS_URL }, { code: "parameter_missing", param: "line_items" }],
    ["nowhere to go", { line_items: [line] }, { code: "parameter_missing", param: "success_url" }],
    [
      "a script to go to",
      { line_items: [line], success_url: "javascript:alert(1)" },
      { code: "url_invalid", param: "success_url" },
    ],
    [
      "a price that is not there",
      { line_items: [{ price: "price_none" }], success_url: SUCCESS_URL },
      { code: "resource_missing", param: "line_items[0][price]" },
    ],
    [
      "a price that is not sold any more",
      { line_items: [{ price: "price_pro_legacy" }], success_url: SUCCESS_URL },
      { param: "line_items[0][price]" },
    ],
    [
      "a customer that is not there",
      { line_items: [line], success_url: SUCCESS_URL, customer: "cus_none" },
      { code: "resource_missing", param: "customer" },
    ],
  ])("for a checkout with %s is refused", async (_, params, error) => {
    const { stripe } = await startSandbox();
    const made = stripe.checkout.sessions.create({ mode: "subscription", ...params });
    await expect(made).rejects.toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    await expect(made).rejects.toMatchObject({ statusCode: expect.toBeOneOf([400, 404]), ...error });
  });

  it("for what Stripe does not have is Stripe's 404", async () => {
    const { url } = await startSandbox();
    const response = await fetch(`${url}/v1/nothing`, { headers: { Authorization: `Bearer ${KEY}` } });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { type: "invalid_request_error", message: expect.stringContaining("(GET: /v1/nothing)") },
    });
  });

  it("for an id that is not there, or is no id at all, is 404 resource_missing", async () => {
    const { stripe } = await startSandbox();
    for (const id of ["sub_none", "__proto__", "constructor"]) {
      await expect(stripe.subscriptions.retrieve(id)).rejects.toMatchObject({
        statusCode: 404,
        code: "resource_missing",
        param: "id",
      });
    }
  });

  it("in JSON is refused: Stripe takes forms", async () => {
    const { url } = await startSandbox();
    const response = await fetch(`${url}/v1/customers`, {
      method: "POST",
      headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" },
      body: "{}",
    });
    expect(response.status).toBe(400);
  });

  it("that goes wrong in the middle changes nothing and tells nobody", async () => {
    const sandbox = await startSandbox();
    const made = sandbox.stripe.customers.create({
      email: "ada@example.com",
      payment_method: "pm_card_chargeDeclined",
    });
    await expect(made).rejects.toBeInstanceOf(Stripe.errors.StripeCardError);
    expect((await sandbox.stripe.customers.list()).data).toEqual([]);
    expect(await sandbox.events()).toEqual([]);
  });

  it("that is declined after a real attempt leaves the attempt in the books", async () => {
    const sandbox = await startSandbox();
    const { stripe, control } = sandbox;
    const { subscription, customer } = await buy(sandbox);
    await control(`/customers/${customer}/card`, { card: "4000000000000341" });
    await control("/advance", { months: 1, hours: 2 });
    const invoice = await latestInvoice(sandbox, subscription);
    const before = (await sandbox.events()).length;
    await expect(stripe.invoices.pay(invoice.id)).rejects.toMatchObject({
      statusCode: 402,
      code: "card_declined",
      decline_code: "generic_decline",
    });
    expect(await sandbox.events(before)).toEqual([
      "payment_intent.payment_failed",
      "charge.failed",
      "invoice.payment_failed",
    ]);
  });

  it("from the page of another site is refused", async () => {
    const { url } = await startSandbox();
    const response = await fetch(`${url}/sandbox/knobs/reset`, {
      method: "POST",
      headers: { Origin: "http://elsewhere.example" },
    });
    expect(response.status).toBe(403);
  });
});

describe("a list", () => {
  it("comes in pages, newest first, both ways", async () => {
    const { stripe } = await startSandbox();
    const ids: string[] = [];
    for (let n = 0; n < 7; n += 1) ids.unshift((await stripe.customers.create({ name: `n${n}` })).id);
    const all = await stripe.customers.list({ limit: 3 }).autoPagingToArray({ limit: 100 });
    expect(all.map(({ id }) => id)).toEqual(ids);
    const first = await stripe.customers.list({ limit: 3 });
    expect(first).toMatchObject({ object: "list", has_more: true, url: "/v1/customers" });
    const back = await stripe.customers.list({ limit: 2, ending_before: ids[4] ?? "" });
    expect(back.data.map(({ id }) => id)).toEqual(ids.slice(2, 4));
    expect(back.has_more).toBe(true);
    await expect(stripe.customers.list({ limit: 101 })).rejects.toMatchObject({ param: "limit" });
    await expect(stripe.customers.list({ starting_after: "cus_none" })).rejects.toMatchObject({
      code: "resource_missing",
      param: "starting_after",
    });
  });

  it("is filtered as Stripe does", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, customer } = await buy(sandbox);
    await stripe.subscriptions.cancel(subscription);
    expect((await stripe.subscriptions.list({ customer })).data).toEqual([]);
    expect((await stripe.subscriptions.list({ customer, status: "all" })).data).toHaveLength(1);
    expect((await stripe.invoices.list({ subscription, status: "paid" })).data).toHaveLength(1);
    expect((await stripe.customers.list({ created: { gt: 4_000_000_000 } })).data).toEqual([]);
    expect((await stripe.events.list({ types: ["invoice.paid", "charge.succeeded"] })).data).toHaveLength(2);
  });
});

describe("an expansion", () => {
  it("puts objects where ids were, along a path and in lists", async () => {
    const sandbox = await startSandbox();
    const { stripe } = sandbox;
    const { subscription, session, customer } = await buy(sandbox);
    expect(
      await stripe.subscriptions.retrieve(subscription, { expand: ["latest_invoice.payments", "customer"] }),
    ).toMatchObject({
      customer: { object: "customer", id: customer },
      latest_invoice: {
        object: "invoice",
        payments: { data: [{ object: "invoice_payment", status: "paid" }] },
      },
    });
    const invoices = await stripe.invoices.list({ subscription, expand: ["data.payments"] });
    const intent = invoices.data[0]?.payments?.data[0]?.payment.payment_intent;
    const found = await stripe.invoicePayments.list({
      payment: { type: "payment_intent", payment_intent: idOf(intent) },
      expand: ["data.invoice"],
    });
    expect(found.data).toMatchObject([{ invoice: { parent: { subscription_details: { subscription } } } }]);
    expect(
      await stripe.checkout.sessions.retrieve(session, { expand: ["line_items", "subscription"] }),
    ).toMatchObject({
      line_items: { data: [{ price: { id: "price_pro_monthly" }, quantity: 1 }] },
      subscription: { object: "subscription" },
    });
  });

  it("of what has nothing to expand is refused", async () => {
    const sandbox = await startSandbox();
    const { subscription } = await buy(sandbox);
    for (const path of ["nothing", "status", "a.b.c.d.e"]) {
      await expect(
        sandbox.stripe.subscriptions.retrieve(subscription, { expand: [path] }),
      ).rejects.toMatchObject({ statusCode: 400 });
    }
  });
});

describe("the catalog", () => {
  it("has what is sold, what is not sold any more, and what is none of ours", async () => {
    const { stripe } = await startSandbox();
    const prices = await stripe.prices.list({ expand: ["data.product"] });
    expect(
      prices.data
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .map(({ id, unit_amount, active, recurring, product }) => [
          id,
          unit_amount,
          recurring?.interval,
          active,
          typeof product === "object" && "name" in product ? product.name : product,
        ]),
    ).toEqual([
      ["price_other_product", 500, "month", true, "Other product"],
      ["price_pro_legacy", 1900, "month", false, "Pro"],
      ["price_pro_monthly", 2900, "month", true, "Pro"],
      ["price_pro_yearly", 29_000, "year", true, "Pro"],
      ["price_scale_monthly", 9900, "month", true, "Scale"],
      ["price_scale_yearly", 99_000, "year", true, "Scale"],
    ]);
  });
});
