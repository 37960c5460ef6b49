import { describe, expect, test } from "vitest";
import type { FinishedCall, Operation } from "../../domain/call.ts";
import type { Decision } from "../../domain/decide.ts";
import { subscriptionId } from "../../domain/ids.ts";
import type { Life, Turn } from "../../domain/life.ts";
import type { ObservedInvoice, ObservedSubscription } from "../../domain/observation.ts";
import type { Payment } from "../../domain/payment.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY, HOUR, MINUTE } from "../../domain/time.ts";
import {
  checkout,
  failedInvoice,
  IN,
  OTHER,
  observed,
  paid,
  paidInvoice,
  START,
  withTerms,
} from "./builders.ts";
import { byPolicy, decideOn, told, wanted } from "./deciding.ts";

const BOUGHT_HERE = checkout({ state: "complete" });
const NOW = START + 2 * DAY;
const PRICES = { pro: "price_pro", scale: "price_scale" };

/** The customer's other subscription, `sub_2`, as it is recorded. */
const other = (tier: keyof typeof PRICES, startedAt: number, as: Subscription = IN.active) => ({
  id: OTHER,
  subscription: withTerms(as, { tier, providerSubscriptionId: "sub_2", priceId: PRICES[tier] }, startedAt),
});

interface Second {
  readonly isOurs?: boolean;
  readonly tier?: keyof typeof PRICES;
  readonly startedAt: number;
  readonly seen?: Partial<ObservedSubscription>;
  readonly invoices?: readonly ObservedInvoice[];
  readonly known?: Partial<Life>;
  readonly change?: Partial<Turn>;
}

/** A look at `sub_1` beside the other one, which by default is the same tier and began at START. */
const beside = ({
  isOurs = true,
  tier = "pro",
  startedAt,
  seen,
  invoices,
  known,
  change,
}: Second): Decision =>
  decideOn(
    {
      subscription: observed({ startedAt, priceId: PRICES[tier], ...seen }),
      invoices: invoices ?? [paidInvoice({ createdAt: startedAt, paidAt: startedAt })],
    },
    {
      checkout: isOurs ? BOUGHT_HERE : null,
      subscription: withTerms(IN.active, { tier, priceId: PRICES[tier] }, startedAt),
      siblings: [other("pro", START)],
      ...known,
    },
    { now: NOW, ...change },
  );

const ending = (credit: boolean): Operation => ({
  name: "end_duplicate",
  providerSubscriptionId: "sub_1",
  live: OTHER,
  credit,
});

describe("R9: a second subscription of one customer", () => {
  const HIGHER = { siblings: [other("scale", START)] };

  test.each<[string, Second, readonly Operation[]]>([
    ["ours, newer, of the same tier: ended, and paid back", { startedAt: START + HOUR }, [ending(false)]],
    ["ours, older: it is the live one", { startedAt: START - HOUR }, []],
    ["ours, newer, of a higher tier: it is the live one", { startedAt: START + HOUR, tier: "scale" }, []],
    [
      "ours, used alone before a higher tier was bought: ended, its rest is credited",
      { startedAt: START - HOUR, known: HIGHER },
      [ending(true)],
    ],
    [
      "ours, bought at once with a higher tier: ended, and paid back",
      { startedAt: START - 5 * MINUTE, known: HIGHER },
      [ending(false)],
    ],
    [
      "ours, bought just before at once: ended, its rest is credited",
      { startedAt: START - 5 * MINUTE - 1, known: HIGHER },
      [ending(true)],
    ],
    ["the dashboard's, newer: theirs to end", { isOurs: false, startedAt: START + HOUR }, []],
    [
      "the dashboard's, older, lower tier: theirs to end",
      { isOurs: false, startedAt: START - HOUR, known: HIGHER },
      [],
    ],
    [
      "ours, by a policy that only cancels: nothing is credited",
      { startedAt: START - HOUR, known: HIGHER, change: { catalog: byPolicy({ duplicates: "cancel" }) } },
      [ending(false)],
    ],
    [
      "ours, by a policy that keeps it",
      { startedAt: START + HOUR, change: { catalog: byPolicy({ duplicates: "keep" }) } },
      [],
    ],
    [
      "ours, beside one that has ended",
      { startedAt: START + HOUR, known: { siblings: [other("pro", START, IN.canceled)] } },
      [],
    ],
    [
      "ours, beside one that is being ended itself",
      { startedAt: START + HOUR, known: { siblings: [{ ...other("pro", START), isEnding: true }] } },
      [],
    ],
    ["ours, alone", { startedAt: START + HOUR, known: { siblings: [] } }, []],
  ])("%s", (_what, second, expected) => {
    expect(wanted(beside(second))).toEqual(expected);
  });

  test.each<[string, readonly ObservedInvoice[]]>([
    ["under way as a debit", [paidInvoice(), failedInvoice({ id: "in_2", nextAttemptAt: null })]],
    ["given up", [paidInvoice(), failedInvoice({ id: "in_2", state: "uncollectible" })]],
    ["not shown", []],
  ])("credits nothing of a period whose payment is %s", (_what, invoices) => {
    const second = { startedAt: START - HOUR, known: HIGHER };
    expect(wanted(beside({ ...second, invoices }))).toEqual([ending(false)]);
    expect(wanted(beside(second))).toEqual([ending(true)]);
  });

  test.each(["past_due", "trialing"] as const)(
    "one that is %s has paid nothing that could be credited",
    (status) => {
      const second = {
        startedAt: START - HOUR,
        known: HIGHER,
        seen: { status, trialEnd: START + 7 * DAY },
      };
      expect(wanted(beside(second))).toEqual([ending(false)]);
    },
  );

  test.each(["incomplete", "paused"] as const)("one that is %s doubles nothing", (status) => {
    expect(wanted(beside({ startedAt: START + HOUR, seen: { status } }))).toEqual([]);
  });

  test("R6: is due anew when the other one, not paid for at the first time, has recovered", () => {
    const [recovered] = [other("pro", START)].map((held) => ({
      ...held,
      subscription: { ...held.subscription, since: START + DAY },
    }));
    const siblings = recovered === undefined ? [] : [recovered];
    const keys = [
      beside({ startedAt: START + HOUR }),
      beside({ startedAt: START + HOUR, known: { siblings } }),
    ]
      .flatMap(({ calls }) => calls)
      .map(({ key }) => key);
    expect(new Set(keys).size).toBe(2);
  });

  test("is asked for under a key of both, and said", () => {
    const decision = beside({ startedAt: START + HOUR });
    expect(decision.calls).toMatchObject([
      { key: `stripe/end_duplicate/sub_1/${OTHER}/${START}`, commandId: null },
    ]);
    expect(decision.why).toContain(`the customer has another, ${OTHER}: this one is to be ended`);
    expect(decision.place).toEqual({ live: OTHER, liveSince: START, duplicateOf: OTHER });
  });

  test("is told of, whoever sold it and whatever the policy, also when it is adopted", () => {
    for (const [isOurs, known] of [
      [true, {}],
      [false, {}],
      [false, { subscription: null }],
    ] as const) {
      const decision = beside({
        isOurs,
        startedAt: START + HOUR,
        known,
        change: { catalog: byPolicy({ duplicates: "keep" }) },
      });
      expect(told(decision.alerts)).toContain("duplicate_subscription:sub_1");
    }
    expect(told(beside({ startedAt: START - HOUR }).alerts)).not.toContain("duplicate_subscription:sub_1");
  });

  test("R14: the turn that adopts it asks nothing of the provider", () => {
    expect(wanted(beside({ isOurs: false, startedAt: START + HOUR, known: { subscription: null } }))).toEqual(
      [],
    );
  });

  test("in a turn that was stored before siblings were looked at has no place", () => {
    const { siblings: _, ...older } = { siblings: [], subscription: IN.active };
    const decision = decideOn({ subscription: observed(), invoices: [paidInvoice()] }, older);
    expect(decision).toMatchObject({ place: null, calls: [] });
  });
});

const done = (credit = false): FinishedCall => ({
  key: `stripe/end_duplicate/sub_1/${OTHER}/${START}`,
  commandId: null,
  operation: ending(credit),
  end: { state: "done", expiresAt: null },
});

const invoice = (id: string, paidAt: number) =>
  paidInvoice({ id: `in_${id}`, createdAt: paidAt, paidAt, payments: [paid(`pi_${id}`)] });

const back = (id: string): Operation => ({
  name: "refund_payment",
  paymentId: `pi_${id}`,
  refunded: { amount: 2_900, currency: "usd" },
  because: "duplicate",
});

const PAID_LATELY: Payment = {
  id: "pi_new",
  invoiceId: "in_new",
  status: "succeeded",
  money: { amount: 2_900, currency: "usd" },
  failedAttempts: 0,
  paidAt: START + DAY,
};

describe("R9: what was paid for a duplicate goes back when it has been ended", () => {
  const ended = (
    startedAt: number,
    invoices: readonly ObservedInvoice[],
    call: FinishedCall,
    more: Partial<Second> = {},
  ) =>
    beside({
      startedAt,
      seen: { status: "canceled", endedAt: NOW },
      invoices,
      ...more,
      change: { calls: [call], ...more.change },
    });

  test("of the payments those since there were two, each under its own key", () => {
    const invoices = [
      invoice("old", START - DAY),
      invoice("then", START - 5 * MINUTE),
      invoice("new", START + DAY),
    ];
    const decision = ended(START - 2 * DAY, invoices, done());
    expect(wanted(decision)).toEqual([back("then"), back("new")]);
    expect(decision.calls.map(({ key }) => key)).toEqual(["stripe/refund/pi_then", "stripe/refund/pi_new"]);
    expect(decision.why).toContain(`the customer has another, ${OTHER}, so we ended this one`);
    expect(decision.why).toContain("29.00 USD are to be given back");
  });

  test("reckoned from the one that it doubled, whoever else there is", () => {
    const third = subscriptionId("0190f000-0000-7000-8000-000000000003");
    const earlier = {
      id: third,
      subscription: withTerms(IN.canceled, { providerSubscriptionId: "sub_3" }, START - 90 * DAY),
    };
    const known = { siblings: [earlier, other("pro", START)] };
    const invoices = [invoice("alone", START - DAY), invoice("new", START + DAY)];
    expect(wanted(ended(START - 60 * DAY, invoices, done(), { known }))).toEqual([back("new")]);
  });

  test("also when that turn could not read what the provider shows: it is heard of once", () => {
    const known = { payments: [PAID_LATELY] };
    const seen = { status: "hibernating" };
    const change = { calls: [done()] };
    expect(wanted(beside({ startedAt: START + HOUR, seen, invoices: [], known, change }))).toEqual([
      back("new"),
    ]);
    expect(wanted(beside({ startedAt: START + HOUR, seen, invoices: [], known }))).toEqual([]);
  });

  test("up to its end: what came in later goes back as late money, under the same key", () => {
    const late = { ...invoice("late", NOW + 1), createdAt: NOW - HOUR };
    const decision = ended(START + HOUR, [invoice("new", NOW), late], done());
    expect(wanted(decision)).toEqual([back("new"), { ...back("late"), because: "late" }]);
  });

  test("and is not asked for again while it is being ended", () => {
    expect(wanted(beside({ startedAt: START + HOUR, known: { isEnding: true } }))).toEqual([]);
  });

  test("and none from before it began itself, nor what has failed", () => {
    const early = invoice("old", START + HOUR - 5 * MINUTE - 1);
    const failed = { ...invoice("failed", START + HOUR), state: "open" as const, payments: [], paidAt: null };
    expect(wanted(ended(START + HOUR, [early, failed, invoice("new", START + HOUR)], done()))).toEqual([
      back("new"),
    ]);
  });

  test.each<[string, FinishedCall, Partial<Second>]>([
    ["when its rest was credited instead", done(true), {}],
    [
      "when it could not be ended",
      { ...done(), end: { state: "refused", reason: "not_needed", what: "over" } },
      {},
    ],
    ["by a policy that only cancels", done(), { change: { catalog: byPolicy({ duplicates: "cancel" }) } }],
    ["when the other one is not known any more", done(), { known: { siblings: [] } }],
  ])("but nothing %s", (_what, call, more) => {
    expect(wanted(ended(START + HOUR, [invoice("new", START + HOUR)], call, more))).toEqual([]);
  });
});
