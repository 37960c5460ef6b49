import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { FinishedCall, Operation } from "../../../domain/call.ts";
import { CHECKOUT_STATES } from "../../../domain/checkout.ts";
import { SUBSCRIPTION_COMMANDS } from "../../../domain/command.ts";
import type { Decision } from "../../../domain/decide.ts";
import { decide } from "../../../domain/decide.ts";
import type { Turn } from "../../../domain/life.ts";
import type { ObservedInvoice, ObservedSubscription, SeenEvent } from "../../../domain/observation.ts";
import type { Payment } from "../../../domain/payment.ts";
import type { Policy } from "../../../domain/policy.ts";
import { NOTICES } from "../../../domain/policy.ts";
import { STATUSES } from "../../../domain/status.ts";
import { DAY } from "../../../domain/time.ts";
import {
  CATALOG,
  checkout,
  dispute,
  IN,
  OTHER,
  OURS,
  refund,
  START,
  session,
  withTerms,
} from "../builders.ts";

/** A word of the provider's, be it one that it adds some day, or one that an object has by nature. */
const word = fc.oneof(
  fc.constantFrom<string>(...STATUSES),
  fc.constantFrom("", "hibernating", "constructor", "__proto__"),
  fc.string({ maxLength: 12 }),
);
const instant = fc.oneof(
  fc.integer({ min: START - 400 * DAY, max: START + 400 * DAY }),
  fc.constantFrom(0, START),
);
const maybe = fc.option(instant, { nil: null });
const quantity = fc.nat(3);
const usd = fc.record({ amount: fc.nat(9_900), currency: fc.constantFrom("usd", "jpy", "") });
const priceId = fc.constantFrom("price_pro", "price_pro_2024", "price_scale", "price_other", "");
const days = fc.nat(40);

const subscription: fc.Arbitrary<ObservedSubscription> = fc.record({
  provider: fc.constantFrom("stripe", "razorpay"),
  id: fc.constantFrom("sub_1", "sub_2"),
  customerId: fc.constant("cus_1"),
  status: word,
  priceId,
  interval: fc.constantFrom("month", "year"),
  quantity,
  price: usd,
  period: fc.record({ start: instant, end: instant }),
  startedAt: instant,
  trialEnd: maybe,
  cancelAt: maybe,
  canceledAt: maybe,
  endedAt: maybe,
  scheduled: fc.option(fc.record({ at: instant, priceId, quantity }), { nil: null }),
});

const invoice: fc.Arbitrary<ObservedInvoice> = fc
  .record({
    id: fc.constantFrom("in_1", "in_2", "in_3", "constructor"),
    state: fc.constantFrom("draft", "open", "paid", "uncollectible", "void"),
    due: usd,
    createdAt: instant,
    paidAt: maybe,
    attempts: fc.nat(6),
    nextAttemptAt: maybe,
    payments: fc.array(fc.record({ state: fc.constantFrom("open", "paid", "canceled"), paid: usd }), {
      maxLength: 2,
    }),
  } as const)
  .map((one) => ({
    ...one,
    payments: one.payments.map((payment, index) => ({ ...payment, id: `pi_${one.id}_${index}` })),
  }));

const seen: fc.Arbitrary<SeenEvent> = fc
  .record({
    type: fc.constantFrom("invoice.paid", "refund.created", ""),
    problem: fc.option(fc.string(), { nil: null }),
    attempt: fc.option(fc.record({ invoiceId: fc.constantFrom("in_1", "in_9"), attempt: fc.nat(6) }), {
      nil: null,
    }),
    trialEnd: maybe,
  })
  .map(({ type, problem, attempt, trialEnd }) => ({
    provider: "stripe",
    id: `evt_${type}`,
    type,
    ...(problem === null ? {} : { problem }),
    ...(attempt === null ? {} : { failedAttempt: attempt }),
    ...(trialEnd === null ? {} : { announcedTrialEnd: trialEnd }),
  }));

const OPERATIONS: readonly Operation[] = [
  { name: "open_checkout", checkoutId: checkout().id },
  { name: "cancel_subscription", providerSubscriptionId: "sub_1" },
  { name: "arrange_end", providerSubscriptionId: "sub_1" },
  { name: "withdraw_end", providerSubscriptionId: "sub_1" },
  { name: "pause_collection", providerSubscriptionId: "sub_1" },
  { name: "resume_collection", providerSubscriptionId: "sub_1" },
  { name: "withdraw_change", providerSubscriptionId: "sub_1" },
  { name: "pay_invoice", invoiceId: "in_1" },
  { name: "change_price", providerSubscriptionId: "sub_1", priceId: "price_scale", quantity: 1 },
  {
    name: "schedule_change",
    providerSubscriptionId: "sub_1",
    priceId: "price_scale",
    interval: "month",
    quantity: 1,
  },
  { name: "end_unpaid", providerSubscriptionId: "sub_1" },
  { name: "end_duplicate", providerSubscriptionId: "sub_1", live: OTHER, credit: false },
  { name: "refund_payment", paymentId: "pi_1", refunded: { amount: 1, currency: "usd" }, because: "late" },
];

const finished: fc.Arbitrary<FinishedCall> = fc.record({
  key: fc.constantFrom("k1", "k2"),
  commandId: fc.constantFrom("c1", "c2", null),
  operation: fc.constantFrom(...OPERATIONS),
  end: fc.oneof(
    fc.record({ state: fc.constant("done" as const), expiresAt: maybe }),
    fc.record({
      state: fc.constant("refused" as const),
      reason: fc.constantFrom("paid_meanwhile", "not_needed", "payment_failed", "provider_refused"),
      what: fc.string(),
    }),
  ),
});

const policy: fc.Arbitrary<Policy> = fc.record({
  dunning: fc.record({
    messages: fc
      .uniqueArray(days, { maxLength: 4 })
      .map((all) =>
        all.toSorted((a, b) => a - b).map((day, index) => ({ day, send: NOTICES[index % 3] ?? "reminder" })),
      ),
    end: fc.record({ day: days, action: fc.constantFrom("cancel", "keep_unpaid") }),
  }),
  trialReminderDays: fc.nat(30),
  latePayments: fc.constantFrom("refund", "keep"),
  duplicates: fc.constantFrom("cancel_and_refund", "cancel", "keep"),
});

const PAYMENTS: readonly Payment[] = (["succeeded", "failed"] as const).map((status, index) => ({
  id: `pi_in_${index + 1}_0`,
  invoiceId: `in_${index + 1}`,
  status,
  money: { amount: 2_900, currency: "usd" },
  failedAttempts: index,
  paidAt: index === 0 ? START : null,
}));

const known = fc.constantFrom(null, ...STATUSES);

const anything: fc.Arbitrary<Turn> = fc
  .record({
    before: known,
    sibling: known,
    siblingStarted: instant,
    bought: fc.constantFrom(null, ...CHECKOUT_STATES),
    isEnding: fc.boolean(),
    adoptedAt: maybe,
    payments: fc.subarray([...PAYMENTS]),
    announced: fc.subarray(["dunning:in_1:3", "payment_failed:in_1:1", "dunning::", "access_ended:"]),
    observation: fc.record({
      events: fc.uniqueArray(seen, { maxLength: 3, selector: (each) => each.id }),
      session: fc.constantFrom(null, session("open"), session("complete"), session("expired")),
      subscription: fc.option(subscription, { nil: null }),
      invoices: fc.uniqueArray(invoice, { maxLength: 3, selector: (each) => each.id }),
      refunds: fc.constantFrom([], [refund()], [refund({ status: "failed" })]),
      disputes: fc.constantFrom([], [dispute()], [dispute({ status: "won" })]),
    }),
    commands: fc.array(
      fc.record({
        kind: fc.constantFrom("checkout", ...SUBSCRIPTION_COMMANDS),
        askedBy: fc.constantFrom("api", "maria"),
        why: fc.constantFrom(null, "asked by phone"),
        parameters: fc.constantFrom(
          {},
          { days: 5 },
          { tier: "scale" },
          { tier: "gone", at: "period_end" },
          { interval: "year" },
        ),
      }),
      { maxLength: 3 },
    ),
    calls: fc.uniqueArray(finished, { maxLength: 2, selector: (each) => each.key }),
    pending: fc.subarray(["c1", "c2"]),
    policy,
    now: instant,
  } as const)
  .map((given) => ({
    life: {
      id: OURS,
      checkout: given.bought && checkout({ state: given.bought }),
      subscription: given.before && IN[given.before],
      payments: given.payments,
      announced: given.announced,
      siblings:
        given.sibling === null
          ? []
          : [
              {
                id: OTHER,
                subscription: withTerms(IN[given.sibling], { tier: "scale" }, given.siblingStarted),
              },
            ],
      isEnding: given.isEnding,
      adoptedAt: given.adoptedAt,
      needsAttention: null,
    },
    observation: given.observation,
    // A checkout is asked for once: its command has its id.
    commands: given.commands
      .filter(
        ({ kind }, index, all) => kind !== "checkout" || all.findIndex((one) => one.kind === kind) === index,
      )
      .map((each, index) => ({ ...each, id: `c${index + 1}` })),
    calls: given.calls,
    pending: given.pending,
    catalog: { ...CATALOG, policy: given.policy },
    now: given.now,
  }));

const distinct = (keys: readonly string[]): boolean => new Set(keys).size === keys.length;

/** What every decision has, whatever it is about. */
function expectWhole(turn: Turn, decision: Decision): void {
  expect(decision.events.map(({ event }) => event)).toEqual(turn.observation.events);
  expect(decision.why).not.toBe("");
  expect(distinct(decision.alerts.map(({ key }) => key))).toBe(true);
  expect(distinct(decision.calls.map(({ key }) => key))).toBe(true);
  expect(distinct(decision.answers.map(({ commandId }) => commandId))).toBe(true);
  if (decision.nextDeadline !== null) expect(decision.nextDeadline).toBeGreaterThan(turn.now);
  // It can be stored, and is made again alike from what was stored.
  expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
  const stored: Turn = JSON.parse(JSON.stringify(turn));
  expect(decide(stored)).toEqual(decision);
}

test("decide has an answer to every word, state and gap", () => {
  fc.assert(
    fc.property(anything, (turn) => expectWhole(turn, decide(turn))),
    { numRuns: 3_000 },
  );
});

test("R2: a word that nobody knows parks the events of what is ours, and changes nothing", () => {
  const unknown = word.filter((each) => !STATUSES.some((status) => status === each));
  fc.assert(
    fc.property(anything, unknown, subscription, (turn, status, shown) => {
      const before = turn.life.subscription;
      fc.pre(before === null || !("endedAt" in before));
      const decision = decide({
        ...turn,
        observation: { ...turn.observation, subscription: { ...shown, status } },
      });
      expect(decision.subscription).toEqual(before);
      expect(decision.events.every(({ state }) => state === "parked")).toBe(true);
      expect(decision.payments).toEqual([]);
      // But for what goes back of a duplicate, which was ended by us.
      const asked = decision.calls.filter(({ operation }) => operation.name !== "refund_payment");
      expect(asked.filter(({ commandId }) => commandId === null)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});
