import { describe, expect, it } from "vitest";
import { interest, STRIPE_EVENTS } from "../../providers/stripe/interest.ts";
import {
  CHARGE,
  CUSTOMER,
  DISPUTE,
  event,
  FIRST_INVOICE,
  FIXTURES,
  object,
  REFERENCE,
  SESSION,
  SUBSCRIPTION,
} from "./stripe-fixtures.ts";
import { NOTHING, SUBJECTS } from "./subjects.ts";

/** What an event of the type is about, whose object has these fields. */
const about = (type: string, fields: unknown) =>
  interest(type, { id: "evt_1", type, data: { object: fields } });

describe("interest", () => {
  it("has a recorded event of each type that it reads, and knows what each recorded one is about", () => {
    const types = new Set(FIXTURES.map((name) => name.replace(".pre-basil", "")));
    expect([...types].toSorted()).toEqual(STRIPE_EVENTS.toSorted());
    expect([...Object.keys(SUBJECTS), "customer.deleted"].toSorted()).toEqual(FIXTURES.toSorted());
  });

  it.each(FIXTURES)("reads what %s is about", (name) => {
    const recorded = event(name);
    expect(recorded.type).toBe(name.replace(".pre-basil", ""));
    expect(recorded.api_version === "2026-10-28.endive").toBe(name === recorded.type);
    expect(interest(recorded.type, recorded)).toEqual(
      name === "customer.deleted"
        ? { kind: "customer", customerId: CUSTOMER }
        : { kind: "subject", subject: { ...NOTHING, ...SUBJECTS[name] } },
    );
  });

  it.each(FIXTURES)("reads %s the same with its references expanded", (name) => {
    const recorded = event(name);
    const expanded = Object.fromEntries(
      ["customer", "subscription", "invoice", "charge", "payment_intent"].flatMap((field) => {
        const id = recorded.data.object[field];
        return typeof id === "string" ? [[field, { id, object: field, metadata: {} }]] : [];
      }),
    );
    expect(about(recorded.type, object(name, expanded))).toEqual(interest(recorded.type, recorded));
  });

  it.each([
    "charge.succeeded",
    "customer.updated",
    "a.type.that.is.new",
    "",
    "__proto__",
    "constructor",
    "toString",
  ])("ignores %s at once, whatever it holds, and says why", (type) => {
    for (const payload of [event("invoice.paid"), { data: { object: { object: "invoice" } } }, null]) {
      expect(interest(type, payload)).toEqual({ kind: "ignore", reason: `nothing is decided from ${type}` });
    }
  });

  it.each([
    ["invoice.created", "a draft: nothing is decided before it is collected"],
    ["invoice.finalized", "nothing is decided before it is paid or fails"],
  ])("ignores %s at once, and says why", (type, reason) => {
    expect(interest(type, event("invoice.paid"))).toEqual({ kind: "ignore", reason });
  });

  it("takes no id of an invoice that is only upcoming, though newer versions give it one", () => {
    const named = object("invoice.upcoming", { id: "upcoming_in_1SPlA2Kd7XwR4fJ9" });
    expect(about("invoice.upcoming", named)).toEqual(interest("invoice.upcoming", event("invoice.upcoming")));
    const single = object("invoice.upcoming", { parent: null, lines: null });
    expect(about("invoice.upcoming", single)).toEqual({ kind: "ignore", reason: "about no subscription" });
  });

  it("takes for lost only a dispute that is closed as lost", () => {
    for (const [type, status, disputeLost] of [
      ["charge.dispute.closed", "lost", true],
      ["charge.dispute.closed", "won", false],
      ["charge.dispute.closed", "warning_closed", false],
      ["charge.dispute.updated", "lost", false],
    ] as const) {
      const fields = object("charge.dispute.closed", { status });
      expect(about(type, fields)).toMatchObject({ subject: { disputeLost } });
    }
  });

  it("reads a dispute older than PaymentIntents by its charge", () => {
    const old = object("charge.dispute.created.pre-basil", { payment_intent: null });
    expect(about("charge.dispute.created", old)).toMatchObject({
      subject: { disputeId: DISPUTE, chargeId: CHARGE, paymentId: null },
    });
  });

  it("ignores the events of connected accounts", () => {
    expect(interest("invoice.paid", { ...event("invoice.paid"), account: "acct_1" })).toEqual({
      kind: "ignore",
      reason: "of a connected account, not ours",
    });
  });

  it.each([
    [
      "an invoice of no subscription",
      "invoice.paid",
      object("invoice.paid", { parent: null, lines: { data: [] } }),
    ],
    [
      "a quote's invoice",
      "invoice.paid",
      object("invoice.paid", { parent: { type: "quote_details" }, lines: null }),
    ],
    [
      "a single payment's session",
      "checkout.session.completed",
      { id: "cs_1", mode: "payment", subscription: null },
    ],
    ["a session to save a card", "checkout.session.expired", { id: "cs_1", mode: "setup" }],
  ])("ignores %s", (_what, type, fields) => {
    expect(about(type, fields)).toEqual({ kind: "ignore", reason: "about no subscription" });
  });

  it.each([
    ["the line of a period", { parent: { subscription_item_details: { subscription: SUBSCRIPTION } } }],
    ["the line of a proration", { parent: { invoice_item_details: { subscription: SUBSCRIPTION } } }],
    ["an old line", { subscription: SUBSCRIPTION, price: { id: "price_1" } }],
  ])("finds the subscription of an invoice made by hand in %s", (_which, line) => {
    const lines = { data: [{ parent: null }, line] };
    expect(about("invoice.paid", object("invoice.paid", { parent: null, lines }))).toMatchObject({
      kind: "subject",
      subject: { invoiceId: FIRST_INVOICE, subscriptionId: SUBSCRIPTION, reference: null },
    });
  });

  it("does not mind odd lines, for they are a last resort", () => {
    expect(about("invoice.paid", object("invoice.paid", { lines: { data: [7] } }))).toMatchObject({
      kind: "subject",
    });
  });

  it("reads a session older than modes by its subscription", () => {
    const { mode: _mode, ...old } = object("checkout.session.completed");
    expect(about("checkout.session.completed", old)).toMatchObject({
      kind: "subject",
      subject: { sessionId: SESSION, subscriptionId: SUBSCRIPTION },
    });
  });

  it("reads an invoice older than the metadata that it carries since 2023", () => {
    const { subscription_details: _details, ...old } = object("invoice.paid.pre-basil");
    expect(about("invoice.paid", old)).toMatchObject({
      kind: "subject",
      subject: { subscriptionId: SUBSCRIPTION, reference: null },
    });
  });

  it("reads an event whose request is a bare id, as before 2017-05-25", () => {
    const recorded = { ...event("customer.subscription.deleted"), request: "req_1" };
    expect(interest(recorded.type, recorded).kind).toBe("subject");
  });

  it.each([
    [1, 1],
    [0, 1],
    [null, 1],
    [undefined, 1],
    [4, 4],
  ])("counts a failure with attempt_count %s as attempt %s", (attempt_count, failedAttempt) => {
    const failed = object("invoice.payment_failed", { attempt_count });
    expect(about("invoice.payment_failed", failed)).toMatchObject({ subject: { failedAttempt } });
    expect(about("invoice.paid", failed)).toMatchObject({ subject: { failedAttempt: null } });
  });

  it("takes nothing from metadata but our own entry, and that only as text", () => {
    for (const [metadata, reference] of [
      [{ perennial_subscription: REFERENCE, theirs: 7, nested: { a: 1 } }, REFERENCE],
      [{ perennial_subscription: 7 }, null],
      [{}, null],
      [null, null],
      [undefined, null],
    ] as const) {
      const fields = object("customer.subscription.updated", { metadata });
      expect(about("customer.subscription.updated", fields)).toMatchObject({ subject: { reference } });
    }
  });

  it("R7: calls unreadable what it cannot read, says where, and never throws", () => {
    const odd: readonly unknown[] = [
      undefined,
      null,
      7,
      "text",
      [],
      {},
      { data: null },
      { data: {} },
      { data: { object: null } },
      { data: { object: "in_1" } },
      { data: { object: { id: "" } } },
      { data: { object: { id: 7 } } },
      { data: { object: { id: "x", customer: 7, invoice: "", charge: {} } } },
      { account: 7, data: { object: { id: "x" } } },
    ];
    for (const type of STRIPE_EVENTS) {
      for (const payload of odd) {
        expect(["unreadable", "ignore", "subject", "customer"]).toContain(interest(type, payload).kind);
      }
      expect(interest(type, { data: { object: { id: 7 } } })).toEqual({
        kind: "unreadable",
        why: "cannot read id: Invalid input: expected string, received number",
      });
    }
    expect(about("refund.created", { id: "re_1", charge: { id: 9 } })).toMatchObject({ kind: "unreadable" });
  });

  it("R10: does not repeat what it could not read", () => {
    const mark = "maria@example.com";
    const payloads = STRIPE_EVENTS.map((type) =>
      about(type, { id: [mark], customer: [mark], metadata: mark }),
    );
    expect(payloads.every(({ kind }) => kind === "unreadable")).toBe(true);
    expect(JSON.stringify(payloads)).not.toContain(mark);
  });
});
