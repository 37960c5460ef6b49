import { describe, expect, it } from "vitest";
import { buy, chargesOf, latestInvoice, SUCCESS_URL, startSandbox, type TestSandbox } from "./support.ts";

const card = { expiry: "12 / 34", cvc: "123", name: "Ada" };

async function show(url: string) {
  const response = await fetch(url, { redirect: "manual" });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function send(url: string, fields: Record<string, string>) {
  const response = await fetch(url, {
    method: "POST",
    body: new URLSearchParams(fields),
    redirect: "manual",
    headers: { Origin: new URL(url).origin },
  });
  return { status: response.status, to: response.headers.get("location"), text: await response.text() };
}

const open = ({ stripe }: TestSandbox, more: object = {}) =>
  stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: "price_pro_monthly", quantity: 1 }],
    success_url: SUCCESS_URL,
    cancel_url: "http://127.0.0.1:1/back?a=1&b=2",
    ...more,
  });

describe("the checkout page", () => {
  it("shows what is sold, asks with labelled fields, and says which cards there are", async () => {
    const sandbox = await startSandbox();
    const { id, url } = await open(sandbox);
    expect(url).toBe(`${sandbox.url}/c/pay/${id}`);
    const { status, headers, text } = await show(url ?? "");
    expect(status).toBe(200);
    expect(text).toContain("1 × Pro");
    expect(text).toContain("$29.00 / month");
    for (const label of ["E-mail", "Card number", "Expiry", "Security code (CVC)", "Name on the card"]) {
      expect(text).toMatch(new RegExp(`<label>${label.replace(/[()]/g, "\\$&")}.*<input name="`));
    }
    expect(text).toContain("4000 0000 0000 0341");
    expect(text).toContain('<a href="http://127.0.0.1:1/back?a=1&amp;b=2">');
    expect(text).not.toContain("<script");
    // browsers hold the redirect after the form to this list too
    expect(headers.get("content-security-policy")).toContain("form-action 'self' http://127.0.0.1;");
  });

  it("takes a good card and sends the customer on with the session's id", async () => {
    const sandbox = await startSandbox();
    const { id, url } = await open(sandbox);
    const paid = await send(url ?? "", { ...card, card: "4242 4242 4242 4242", email: "ada@example.com" });
    expect(paid).toMatchObject({ status: 303, to: `http://127.0.0.1/paid?session_id=${id}` });
    const session = await sandbox.stripe.checkout.sessions.retrieve(id, { expand: ["subscription"] });
    expect(session).toMatchObject({
      status: "complete",
      customer_details: { email: "ada@example.com" },
      subscription: { status: "active" },
    });
    expect((await show(url ?? "")).text).toContain("This checkout is complete");
    const again = await send(url ?? "", { ...card, card: "4242 4242 4242 4242", email: "ada@example.com" });
    expect(again.text).toContain("This checkout is complete");
    expect((await sandbox.stripe.subscriptions.list()).data).toHaveLength(1);
  });

  it.each([
    ["4000 0000 0000 0341", {}, "Your card was declined."],
    ["4000 0000 0000 0002", {}, "Your card was declined."],
    ["4000 0000 0000 9995", {}, "Your card has insufficient funds."],
    ["4111 1111 1111 1111", {}, "Your card number is invalid."],
    ["", {}, "Your card number is incomplete."],
    ["4242 4242 4242 4242", { expiry: "01 / 20" }, "Your card&#39;s expiration date is in the past."],
    ["4242 4242 4242 4242", { expiry: "13 / 34" }, "Your card&#39;s expiration date is incomplete."],
    ["4242 4242 4242 4242", { cvc: "1" }, "Your card&#39;s security code is incomplete."],
    ["4242 4242 4242 4242", { email: "" }, "Please give your e-mail address."],
  ])("refuses %s with %j and stays open", async (number, other, message) => {
    const sandbox = await startSandbox();
    const { id, url } = await open(sandbox);
    const fields = { ...card, card: number, email: "ada@example.com", ...other };
    const refused = await send(url ?? "", fields);
    expect(refused.status).toBe(402);
    expect(refused.text).toContain(`role="alert">${message}`);
    // the name may stay in the form, a card never
    expect(refused.text).toContain('value="Ada"');
    expect(refused.text).not.toContain(`value="${number}"`);
    expect((await sandbox.stripe.checkout.sessions.retrieve(id)).status).toBe("open");
    expect(await sandbox.events()).toEqual([]);
    expect(
      (await send(url ?? "", { ...fields, ...card, card: "4242424242424242", email: "a@b.c" })).status,
    ).toBe(303);
  });

  it("asks for no e-mail that is known, and gives one to a customer who had none", async () => {
    const sandbox = await startSandbox();
    const known = await sandbox.stripe.customers.create({ email: "ada@example.com" });
    expect((await show((await open(sandbox, { customer: known.id })).url ?? "")).text).not.toContain(
      "E-mail",
    );
    const typed = await open(sandbox, { customer_email: "eve@example.com" });
    expect((await show(typed.url ?? "")).text).not.toContain("E-mail");
    const unknown = await sandbox.stripe.customers.create();
    const { url } = await open(sandbox, { customer: unknown.id });
    expect((await show(url ?? "")).text).toContain("E-mail");
    await send(url ?? "", { ...card, card: "4242424242424242", email: "new@example.com" });
    expect(await sandbox.stripe.customers.retrieve(unknown.id)).toMatchObject({ email: "new@example.com" });
  });

  it("shows what strangers wrote as text", async () => {
    const sandbox = await startSandbox();
    const { url } = await open(sandbox);
    const bad = `"><script>alert(1)</script>`;
    const { text } = await send(url ?? "", { card: "", expiry: "", cvc: "", name: bad, email: bad });
    expect(text).not.toContain("<script");
    expect(text).toContain("&lt;script&gt;");
  });

  it("says that it has expired, and that there is nothing at a wrong address", async () => {
    const sandbox = await startSandbox();
    const { id, url } = await open(sandbox);
    await sandbox.stripe.checkout.sessions.expire(id);
    expect((await show(url ?? "")).text).toContain("This checkout has expired");
    for (const path of ["/c/pay/cs_none", "/c/pay/__proto__", "/p/session/none"])
      expect((await show(sandbox.url + path)).status).toBe(404);
  });
});

async function portal(sandbox: TestSandbox) {
  const bought = await buy(sandbox);
  const { url } = await sandbox.stripe.billingPortal.sessions.create({
    customer: bought.customer,
    return_url: "http://127.0.0.1:1/account",
  });
  return { ...bought, url };
}

describe("the billing portal", () => {
  it("plans an end as a time, not as the boolean, and takes it back", async () => {
    const sandbox = await startSandbox();
    const { subscription, url } = await portal(sandbox);
    expect((await show(url)).text).toContain('<a href="http://127.0.0.1:1/account">');
    expect(await send(url, { action: "cancel", id: subscription })).toMatchObject({ status: 303 });
    const planned = await sandbox.stripe.subscriptions.retrieve(subscription);
    expect(planned).toMatchObject({
      cancel_at_period_end: false,
      cancel_at: planned.items.data[0]?.current_period_end,
      cancellation_details: { reason: "cancellation_requested" },
    });
    expect((await show(url)).text).toContain("Keep it");
    await send(url, { action: "undo", id: subscription });
    expect((await sandbox.stripe.subscriptions.retrieve(subscription)).cancel_at).toBeNull();
    expect((await sandbox.events()).slice(-2)).toEqual([
      "customer.subscription.updated",
      "customer.subscription.updated",
    ]);
  });

  it("changes the card and pays what is open", async () => {
    const sandbox = await startSandbox();
    const { subscription, customer, url } = await portal(sandbox);
    await send(url, { ...card, action: "card", card: "4000000000000341" });
    expect((await show(url)).text).toContain("ending in 0341");
    await sandbox.control("/advance", { months: 1, hours: 2 });
    const invoice = await latestInvoice(sandbox, subscription);
    expect((await show(url)).text).toContain("$29.00 <button>Pay now</button>");
    const refused = await send(url, { action: "pay", id: invoice.id });
    expect(refused.status).toBe(402);
    expect(refused.text).toContain('role="alert">Your card was declined.');
    expect((await chargesOf(sandbox, customer)).map(({ status }) => status)).toEqual([
      "failed",
      "failed",
      "succeeded",
    ]);
    await send(url, { ...card, action: "card", card: "5555 5555 5555 4444" });
    expect(await send(url, { action: "pay", id: invoice.id })).toMatchObject({ status: 303 });
    expect((await sandbox.stripe.subscriptions.retrieve(subscription)).status).toBe("active");
  });

  it("lets nobody touch what is not theirs", async () => {
    const sandbox = await startSandbox();
    const { url } = await portal(sandbox);
    const other = await buy(sandbox);
    const before = (await sandbox.events()).length;
    const invoice = await latestInvoice(sandbox, other.subscription);
    for (const wish of [
      { action: "cancel", id: other.subscription },
      { action: "pay", id: invoice.id },
      { action: "destroy", id: other.subscription },
    ]) {
      expect((await send(url, wish)).status).toBe(402);
    }
    expect(await sandbox.events(before)).toEqual([]);
  });
});

describe("the home page", () => {
  it("shows the clock, open checkouts, subscriptions, webhooks and knobs", async () => {
    const sandbox = await startSandbox();
    const { subscription } = await buy(sandbox);
    const { url } = await open(sandbox, { customer_email: "eve@example.com" });
    await sandbox.control("/idle", {});
    const { text } = await show(sandbox.url);
    expect(text).toContain(`<a href="${new URL(url ?? "").pathname}">Pro</a>`);
    expect(text).toContain("eve@example.com");
    expect(text).toMatch(
      new RegExp(`<td>${subscription}</td><td>ada@example.com</td><td>Pro</td><td>active</td>`),
    );
    expect(text).toMatch(/<td>checkout\.session\.completed<\/td><td>delivered<\/td><td>1<\/td><td>200<\/td>/);
    expect(text).toContain("retry_days");
    expect(text).not.toContain("<script");
  });

  it("advances the clock at the press of a button", async () => {
    const sandbox = await startSandbox();
    const { customer } = await buy(sandbox);
    for (const step of ["month", "week", "day", "hour"])
      expect(await send(`${sandbox.url}/advance`, { step })).toMatchObject({ status: 303, to: "/" });
    expect(await chargesOf(sandbox, customer)).toHaveLength(2);
    expect((await show(sandbox.url)).text).toMatch(/3[5-9] d \d+ h ahead/);
    expect((await send(`${sandbox.url}/advance`, { step: "__proto__" })).status).toBe(404);
  });

  it("says why it could not", async () => {
    const sandbox = await startSandbox({ clockHook: "http://127.0.0.1:9/nobody" });
    const { status, text } = await send(`${sandbox.url}/advance`, { step: "day" });
    expect(status).toBe(502);
    expect(text).toContain("the clock hook could not be reached");
  });
});
