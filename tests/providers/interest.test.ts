import { describe, expect, it } from "vitest";
import type { EventSubject } from "../../providers/provider.ts";
import { interest, STRIPE_EVENTS } from "../../providers/stripe/interest.ts";
import {
  CHARGE,
  CUSTOMER,
  event,
  FIRST_INVOICE,
  FIXTURES,
  object,
  PAYMENT,
  REFERENCE,
  REFUND,
  RENEWAL,
  SESSION,
  SUBSCRIPTION,
} from "./stripe-fixtures.ts";

const NOTHING: EventSubject = {
  objectId: null,
  reference: null,
  subscriptionId: null,
  sessionId: null,
  customerId: null,
  invoiceId: null,
  paymentId: null,
  chargeId: null,
  refundId: null,
  failedAttempt: null,
};

const subscription: Partial<EventSubject> = {
  objectId: SUBSCRIPTION,
  reference: REFERENCE,
  subscriptionId: SUBSCRIPTION,
  customerId: CUSTOMER,
};
const invoice = (id: string): Partial<EventSubject> => ({
  objectId: id,
  reference: REFERENCE,
  subscriptionId: SUBSCRIPTION,
  customerId: CUSTOMER,
  invoiceId: id,
});
const session: Partial<EventSubject> = {
  objectId: SESSION,
  reference: REFERENCE,
  sessionId: SESSION,
  customerId: CUSTOMER,
};
const charge: Partial<EventSubject> = {
  objectId: CHARGE,
  customerId: CUSTOMER,
  paymentId: PAYMENT,
  chargeId: CHARGE,
};
const refund: Partial<EventSubject> = {
  objectId: REFUND,
  paymentId: PAYMENT,
  chargeId: CHARGE,
  refundId: REFUND,
};

/** What each recorded event is about, read from the recordings by eye. */
const SUBJECTS: Readonly<Record<string, Partial<EventSubject>>> = {
  "charge.refunded": charge,
  "charge.refunded.pre-basil": { ...charge, invoiceId: FIRST_INVOICE },
  "checkout.session.completed": { ...session, subscriptionId: SUBSCRIPTION },
  "checkout.session.completed.pre-basil": { ...session, subscriptionId: SUBSCRIPTION },
  "checkout.session.expired": session,
  "checkout.session.expired.pre-basil": session,
  "customer.subscription.created": subscription,
  "customer.subscription.created.pre-basil": subscription,
  "customer.subscription.deleted": subscription,
  "customer.subscription.deleted.pre-basil": subscription,
  "customer.subscription.paused": subscription,
  "customer.subscription.paused.pre-basil": subscription,
  "customer.subscription.resumed": subscription,
  "customer.subscription.resumed.pre-basil": subscription,
  "customer.subscription.updated": subscription,
  "customer.subscription.updated.pre-basil": subscription,
  "invoice.marked_uncollectible": invoice(RENEWAL),
  "invoice.marked_uncollectible.pre-basil": invoice(RENEWAL),
  "invoice.paid": invoice(FIRST_INVOICE),
  "invoice.paid.pre-basil": invoice(FIRST_INVOICE),
  "invoice.payment_action_required": invoice(RENEWAL),
  "invoice.payment_action_required.pre-basil": invoice(RENEWAL),
  "invoice.payment_failed": { ...invoice(RENEWAL), failedAttempt: 2 },
  "invoice.payment_failed.pre-basil": { ...invoice(RENEWAL), failedAttempt: 2 },
  "invoice.payment_succeeded": invoice(FIRST_INVOICE),
  "invoice.payment_succeeded.pre-basil": invoice(FIRST_INVOICE),
  "invoice.voided": invoice(RENEWAL),
  "invoice.voided.pre-basil": invoice(RENEWAL),
  "invoice_payment.paid": {
    objectId: "inpay_1SPlA6Kd7XwR4fJ9bNmQwErT",
    invoiceId: FIRST_INVOICE,
    paymentId: PAYMENT,
  },
  "refund.created": refund,
  "refund.failed": refund,
  "refund.updated": refund,
};

/** What an event of the type is about, whose object has these fields. */
const about = (type: string, fields: unknown) =>
  interest(type, { id: "evt_1", type, data: { object: fields } });

describe("interest", () => {
  it("has a recorded event of each type that it reads, and knows what each recorded one is about", () => {
    const types = new Set(FIXTURES.map((name) => name.replace(".pre-basil", "")));
    expect([...types].toSorted()).toEqual(STRIPE_EVENTS.toSorted());
    expect(Object.keys(SUBJECTS).toSorted()).toEqual(FIXTURES.toSorted());
  });

  it.each(FIXTURES)("reads what %s is about", (name) => {
    const recorded = event(name);
    expect(recorded.type).toBe(name.replace(".pre-basil", ""));
    expect(recorded.api_version === "2026-10-28.endive").toBe(name === recorded.type);
    expect(interest(recorded.type, recorded)).toEqual({
      kind: "subject",
      subject: { ...NOTHING, ...SUBJECTS[name] },
    });
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
    "invoice.created",
    "invoice.upcoming",
    "customer.subscription.trial_will_end",
    "charge.succeeded",
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
        expect(["unreadable", "ignore", "subject"]).toContain(interest(type, payload).kind);
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
