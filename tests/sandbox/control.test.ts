import { describe, expect, it } from "vitest";
import { buy, chargesOf, idOf, SUCCESS_URL, startSandbox } from "./support.ts";

describe("the control API", () => {
  it("tells how things stand", async () => {
    const sandbox = await startSandbox();
    await sandbox.control("/knobs", { billing: { retry_days: [2] }, delivery: { duplicate: 1 } });
    expect(await sandbox.control("")).toEqual({
      now: expect.closeTo(Date.now(), -5),
      offset_ms: 0,
      knobs: {
        delivery: { duplicate: 1, delay_ms: null, shuffle: false, drop: [], hold: false },
        errors: [],
        billing: { retry_days: [2], after_retries: "canceled" },
      },
      webhook: { url: sandbox.receiver.url, secrets: 2 },
    });
    await sandbox.control("/knobs", { webhook: { url: null } });
    expect(await sandbox.control("/knobs/reset", {})).toMatchObject({
      knobs: { delivery: { duplicate: 0 } },
      webhook: null,
    });
    await sandbox.stripe.customers.create();
    expect(await sandbox.control("/deliveries")).toEqual({ deliveries: [], count: 0 });
  });

  it("shows the books: what a database can be compared with", async () => {
    const sandbox = await startSandbox();
    const { customer, session, subscription } = await buy(sandbox, {
      client_reference_id: "checkout-1",
      subscription_data: { metadata: { ours: "1" } },
    });
    const [first] = await chargesOf(sandbox, customer);
    await sandbox.stripe.refunds.create({ charge: first?.id ?? "", amount: 900 });
    await sandbox.control(`/customers/${customer}/card`, { card: "4000000000000341" });
    await sandbox.control("/advance", { months: 1, hours: 2 });
    const [declined] = await chargesOf(sandbox, customer);
    const [renewal, start] = (await sandbox.stripe.invoices.list({ subscription })).data;
    expect(await sandbox.control("/books")).toEqual({
      subscriptions: [
        {
          id: subscription,
          customer,
          status: "past_due",
          metadata: { ours: "1" },
          invoices: [
            { id: start?.id, status: "paid", amount_due: 2900, amount_paid: 2900, attempt_count: 1 },
            { id: renewal?.id, status: "open", amount_due: 2900, amount_paid: 0, attempt_count: 1 },
          ],
          charges: [
            {
              id: first?.id,
              payment_intent: idOf(first?.payment_intent),
              amount: 2900,
              status: "succeeded",
              refunded: 900,
              created: first?.created,
            },
            {
              id: declined?.id,
              payment_intent: idOf(declined?.payment_intent),
              amount: 2900,
              status: "failed",
              refunded: 0,
              created: declined?.created,
            },
          ],
          paid: 2900,
          refunded: 900,
        },
      ],
      customers: 1,
      sessions: [{ id: session, status: "complete", customer, client_reference_id: "checkout-1" }],
    });
  });

  it("pays a checkout for a customer who is new, and says why not", async () => {
    const sandbox = await startSandbox();
    const { ask, stripe } = sandbox;
    const { id } = await stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: "price_scale_monthly", quantity: 1 }],
      success_url: SUCCESS_URL,
    });
    const pay = (body: object) => ask(`/checkouts/${id}/pay`, body);
    expect(await pay({ card: "4000000000009995", email: "a@b.c" })).toEqual({
      status: 402,
      json: { paid: false, message: "Your card has insufficient funds." },
    });
    expect(await pay({ card: "pm_card_visa" })).toMatchObject({
      status: 402,
      json: { message: "Please give your e-mail address." },
    });
    expect(await pay({ card: "pm_card_visa", email: "a@b.c" })).toEqual({
      status: 200,
      json: { paid: true, subscription: expect.stringMatching(/^sub_/) },
    });
    expect(await pay({ card: "pm_card_visa" })).toMatchObject({ status: 402 });
    expect(await pay({ number: "4242" })).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining("card") },
    });
  });

  it("lets a customer change the card and pay by hand, and tells of a decline", async () => {
    const sandbox = await startSandbox();
    const { ask, control, stripe } = sandbox;
    const { customer, subscription } = await buy(sandbox);
    expect(await ask(`/customers/${customer}/card`, { card: "4000000000000002" })).toMatchObject({
      status: 402,
      json: { paid: false, message: "Your card was declined." },
    });
    await control(`/customers/${customer}/card`, { card: "4000000000000341" });
    await control("/advance", { months: 1, hours: 2 });
    const [invoice] = (await stripe.invoices.list({ subscription })).data;
    expect(await ask(`/invoices/${invoice?.id}/pay`, {})).toEqual({
      status: 402,
      json: { paid: false, message: "Your card was declined." },
    });
    await control(`/customers/${customer}/card`, { card: "4242424242424242" });
    expect(await ask(`/invoices/${invoice?.id}/pay`, {})).toEqual({ status: 200, json: { paid: true } });
  });

  it("refuses what it does not know, with what it is about", async () => {
    const { ask, url } = await startSandbox();
    expect(await ask("/customers/cus_none/card", { card: "x" })).toEqual({
      status: 404,
      json: { error: "No such customer: 'cus_none'" },
    });
    expect(await ask("/idle", { limit: 3 })).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining('"limit"') },
    });
    expect(await ask("/requests?since=x")).toMatchObject({
      status: 400,
      json: { error: expect.stringMatching(/^since:/) },
    });
    const text = await fetch(`${url}/sandbox/advance`, { method: "POST", body: "{" });
    expect(text.status).toBe(400);
    expect(await text.json()).toEqual({ error: "the body is not JSON" });
    expect((await fetch(`${url}/sandbox/nothing`)).status).toBe(404);
    const large = await fetch(`${url}/sandbox/knobs`, { method: "POST", body: " ".repeat(2_000_000) });
    expect(large.status).toBe(413);
  });
});
