import { describe, expect, it } from "vitest";
import type { EventSubject, Seen } from "../../providers/provider.ts";
import { CHARGE, DISPUTE, object, PAYMENT, SUBSCRIPTION } from "./stripe-fixtures.ts";
import type { Reply } from "./stripe-server.ts";
import { list, missing, startStripe } from "./stripe-server.ts";

const names = (disputeId: string): EventSubject => ({
  objectId: disputeId,
  reference: null,
  subscriptionId: null,
  sessionId: null,
  customerId: null,
  invoiceId: null,
  paymentId: null,
  chargeId: CHARGE,
  refundId: null,
  disputeId,
  disputeLost: true,
  trialEnd: null,
  failedAttempt: null,
});

/** What is seen of the subscription while events name these disputes, and how often each was asked for. */
async function lookAt(disputes: Readonly<Record<string, Reply>>, named: readonly string[]): Promise<Seen> {
  const stripe = await startStripe();
  stripe.script(`GET /v1/subscriptions/${SUBSCRIPTION}`, { body: object("customer.subscription.updated") });
  stripe.script("GET /v1/invoices", list([]));
  for (const [id, reply] of Object.entries(disputes)) stripe.script(`GET /v1/disputes/${id}`, reply);
  const seen = await stripe
    .provider()
    .look({ subscriptionId: SUBSCRIPTION, sessionId: null, named: named.map(names) });
  for (const id of Object.keys(disputes)) expect(stripe.queries(`/v1/disputes/${id}`)).toHaveLength(1);
  expect(stripe.queries("/v1/refunds")).toEqual([]);
  return seen;
}

const inState = (status: string): Reply => ({ body: object("charge.dispute.created", { status }) });

describe("look, at disputes", () => {
  it("R4: fetches a dispute by its id, once, whatever its events say of it", async () => {
    const seen = await lookAt({ [DISPUTE]: inState("needs_response") }, [DISPUTE, DISPUTE]);
    expect(seen.disputes).toEqual([
      {
        id: DISPUTE,
        paymentId: PAYMENT,
        status: "open",
        disputed: { amount: 2_900, currency: "usd" },
        createdAt: Date.parse("2026-11-22T10:15:30Z"),
        answerBy: Date.parse("2026-12-01T10:15:30Z"),
      },
    ]);
    expect(seen.problems.size).toBe(0);
  });

  it("takes one without a PaymentIntent by its charge", async () => {
    const body = object("charge.dispute.closed", { payment_intent: null });
    const seen = await lookAt({ [DISPUTE]: { body } }, [DISPUTE]);
    expect(seen.disputes).toMatchObject([{ paymentId: CHARGE, status: "lost", answerBy: null }]);
  });

  it.each([
    ["warning_needs_response", "inquiry"],
    ["warning_under_review", "inquiry"],
    ["warning_closed", "closed"],
    ["needs_response", "open"],
    ["under_review", "open"],
    ["appeal_needs_response", "lost"],
    ["appeal_under_review", "lost"],
    ["lost", "lost"],
    ["won", "won"],
    ["prevented", "closed"],
  ])("reads %s as %s", async (word, status) => {
    expect((await lookAt({ [DISPUTE]: inState(word) }, [DISPUTE])).disputes).toMatchObject([{ status }]);
  });

  it("R7: notes what it cannot find or understand, and goes on", async () => {
    const seen = await lookAt(
      {
        du_gone: missing("dispute: 'du_gone'"),
        [DISPUTE]: inState("settled_on_the_moon"),
        du_2: { body: object("charge.dispute.closed", { id: "du_2" }) },
      },
      ["du_gone", DISPUTE, "du_2"],
    );
    expect(seen.disputes.map(({ id }) => id)).toEqual(["du_2"]);
    expect(seen.problems).toEqual(
      new Map([
        ["du_gone", "Stripe has no dispute du_gone"],
        [DISPUTE, `the state of dispute ${DISPUTE} is unknown to this version: settled_on_the_moon`],
      ]),
    );
  });
});
