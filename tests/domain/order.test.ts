import { describe, expect, test } from "vitest";
import type { Answer } from "../../domain/answer.ts";
import { answerCommand } from "../../domain/answer.ts";
import type { OrderedOperation } from "../../domain/call.ts";
import type { Catalog } from "../../domain/catalog.ts";
import type { Command, Order } from "../../domain/command.ts";
import type { ObservedInvoice } from "../../domain/observation.ts";
import type { Subscription } from "../../domain/subscription.ts";
import {
  command,
  failedInvoice,
  IN,
  life,
  CATALOG as MONTHLY,
  observed,
  paidInvoice,
  START,
} from "./builders.ts";
import { decideOn } from "./deciding.ts";

/** Pro is sold by the year too. */
const CATALOG: Catalog = {
  ...MONTHLY,
  tiers: MONTHLY.tiers.map((tier) =>
    tier.name === "pro"
      ? {
          ...tier,
          current: [...tier.current, { provider: "stripe", interval: "year", id: "price_pro_year" }],
        }
      : tier,
  ),
};
const SUB = { providerSubscriptionId: "sub_1" };
const ENDING = { ...IN.active, cancelAt: IN.active.period.end };
const SCALE: OrderedOperation = { name: "change_price", ...SUB, priceId: "price_scale", quantity: 1 };
const SCALE_LATER: OrderedOperation = {
  name: "schedule_change",
  ...SUB,
  priceId: "price_scale",
  interval: "month",
  quantity: 2,
};
const ARRANGED = {
  ...IN.active,
  scheduled: {
    at: IN.active.period.end,
    tier: "scale",
    priceId: "price_scale",
    interval: "month",
    quantity: 2,
  },
} as const;
const ON_SCALE = { ...IN.active, terms: { ...IN.active.terms, priceId: "price_scale", tier: "scale" } };

interface Case {
  readonly order: Order;
  readonly parameters?: Command["parameters"];
  readonly before: Subscription;
  readonly operation: OrderedOperation;
  readonly after: Subscription;
  readonly what: string;
  readonly unpaid?: readonly ObservedInvoice[];
  readonly paid?: readonly ObservedInvoice[];
}

const CASES: readonly Case[] = [
  {
    order: "cancel_at_period_end",
    before: IN.active,
    operation: { name: "arrange_end", ...SUB },
    after: ENDING,
    what: "It ends with its period",
  },
  {
    order: "uncancel",
    before: ENDING,
    operation: { name: "withdraw_end", ...SUB },
    after: IN.active,
    what: "It runs on: no end is arranged",
  },
  {
    order: "pause",
    before: IN.active,
    operation: { name: "pause_collection", ...SUB },
    after: IN.paused,
    what: "It is paused: nothing is collected, and it gives no access",
  },
  {
    order: "resume",
    before: IN.paused,
    operation: { name: "resume_collection", ...SUB },
    after: IN.active,
    what: "The subscription is active",
  },
  {
    order: "retry_payment",
    before: IN.past_due,
    unpaid: [paidInvoice({ id: "in_0" }), failedInvoice()],
    operation: { name: "pay_invoice", invoiceId: "in_1" },
    after: IN.active,
    paid: [paidInvoice()],
    what: "The invoice is paid; the subscription is active",
  },
  {
    order: "change",
    parameters: { tier: "scale" },
    before: IN.active,
    operation: SCALE,
    after: ON_SCALE,
    what: "It is 1 × scale by the month",
  },
  {
    order: "change",
    parameters: { quantity: 3 },
    before: IN.active,
    operation: { ...SCALE, priceId: IN.active.terms.priceId, quantity: 3 },
    after: { ...IN.active, terms: { ...IN.active.terms, quantity: 3 } },
    what: "It is 3 × pro by the month",
  },
  {
    order: "change",
    parameters: { interval: "year" },
    before: IN.active,
    operation: { ...SCALE, priceId: "price_pro_year" },
    after: { ...IN.active, terms: { ...IN.active.terms, priceId: "price_pro_year", interval: "year" } },
    what: "It is 1 × pro by the year",
  },
  {
    order: "change",
    parameters: { tier: "scale", quantity: 2, at: "period_end" },
    before: IN.active,
    operation: SCALE_LATER,
    after: ARRANGED,
    what: "From 1 February 2026 on it is 2 × scale by the month; until then 1 × pro by the month",
  },
  {
    // What runs now, from the period's end on: so nothing changes then.
    order: "change",
    parameters: { tier: "pro", at: "period_end" },
    before: ARRANGED,
    operation: { name: "withdraw_change", ...SUB },
    after: IN.active,
    what: "It stays 1 × pro by the month: no change is arranged",
  },
  {
    order: "change",
    parameters: { tier: "pro" },
    before: ARRANGED,
    operation: { ...SCALE, priceId: "price_pro" },
    after: IN.active,
    what: "It is 1 × pro by the month",
  },
];

const asked = ({ order, parameters }: Pick<Case, "order" | "parameters">): Command => ({
  ...command(order, "c1"),
  ...(parameters === undefined ? {} : { parameters }),
});

function answer(
  one: Case,
  subscription: Subscription,
  end: "none" | "done" | "refused" = "none",
  invoices: readonly ObservedInvoice[] = [],
): Answer {
  const call = { key: "k", commandId: "c1", operation: one.operation };
  return answerCommand(asked(one), {
    checkout: null,
    subscription,
    invoices,
    catalog: CATALOG,
    isPending: false,
    isBehind: false,
    unread: null,
    finished:
      end === "none"
        ? undefined
        : end === "done"
          ? { ...call, end: { state: "done", expiresAt: null } }
          : { ...call, end: { state: "refused", reason: "payment_failed", what: "declined" } },
  });
}

const doneWith = (what: string): Answer => ({ kind: "outcome", outcome: { state: "done", what } });

describe.each(CASES)("$order $parameters", (one) => {
  test("asks the provider, under a key made of the command (R6)", () => {
    expect(answer(one, one.before, "none", one.unpaid)).toEqual({
      kind: "call",
      call: { key: `stripe/${one.order}/sub_1/c1`, commandId: "c1", operation: one.operation },
    });
  });

  test("is done when the provider's truth shows it, whatever the call said", () => {
    expect(answer(one, one.after, "done", one.paid)).toEqual(doneWith(one.what));
    expect(answer(one, one.after, "refused", one.paid)).toEqual(doneWith(one.what));
  });

  test("is refused when the provider refused and nothing changed", () => {
    expect(answer(one, one.before, "refused", one.unpaid)).toEqual({
      kind: "outcome",
      outcome: { state: "refused", reason: "payment_failed", what: "declined" },
    });
  });

  test("waits for nobody who has changed it back meanwhile", () => {
    expect(answer(one, one.before, "done", one.unpaid)).toEqual(
      doneWith("The provider has done it, and has changed again since"),
    );
  });
});

const outcomeOf = (given: Answer) => (given.kind === "outcome" ? given.outcome : given.kind);

const change = (parameters: Command["parameters"]): Case => ({
  order: "change",
  ...(parameters === undefined ? {} : { parameters }),
  before: IN.active,
  operation: SCALE,
  after: ON_SCALE,
  what: "",
});

describe("what needs no asking, or cannot be asked", () => {
  const [arrange] = CASES;
  test("what is so already is done without asking", () => {
    expect(arrange && answer(arrange, ENDING)).toEqual(doneWith("It ends with its period"));
    expect(answer(change({ tier: "pro" }), IN.active)).toEqual(doneWith("It is 1 × pro by the month"));
    expect(answer(change(undefined), IN.active)).toEqual(doneWith("It is 1 × pro by the month"));
  });

  test("an end that is arranged for later than the period is taken back first", () => {
    const later = { ...IN.active, cancelAt: IN.active.period.end + 1 };
    expect(arrange && outcomeOf(answer(arrange, later))).toMatchObject({
      reason: "not_allowed",
      what: "The subscription is active; what can be asked now: cancel, uncancel, pause, change, resync, unpark",
    });
  });

  test("a tier that is not sold", () => {
    for (const tier of ["gold", "starter"]) {
      expect(outcomeOf(answer(change({ tier }), IN.active))).toMatchObject({ reason: "unknown_tier" });
    }
  });

  test("a payment, when no invoice is open", () => {
    const retry = CASES.find(({ order }) => order === "retry_payment");
    const nothing = failedInvoice({ due: { amount: 0, currency: "usd" } });
    expect(retry && outcomeOf(answer(retry, IN.past_due, "none", [paidInvoice(), nothing]))).toMatchObject({
      reason: "nothing_due",
    });
  });
});

describe("several at once", () => {
  const seen = { subscription: observed(), invoices: [paidInvoice()] };
  const known = { subscription: IN.active };
  const commands = [command("pause", "c1"), command("resume", "c2"), command("resync", "c3")];

  test("one at a time is at the provider; what asks nothing of it does not wait", () => {
    const decision = decideOn(seen, known, { commands });
    expect(decision.calls.map(({ commandId }) => commandId)).toEqual(["c1"]);
    expect(decision.answers.map(({ commandId }) => commandId)).toEqual(["c3"]);
  });

  test("the next is judged by what came of the one before", () => {
    const calls = [
      {
        key: "k",
        commandId: "c1",
        operation: { name: "pause_collection", ...SUB },
        end: { state: "done", expiresAt: null },
      },
    ] as const;
    const paused = { ...seen, subscription: observed({ status: "paused" }) };
    const decision = decideOn(paused, known, { commands: commands.slice(0, 2), calls });
    expect(decision.answers).toMatchObject([{ commandId: "c1", outcome: { state: "done" } }]);
    expect(decision.calls).toMatchObject([{ commandId: "c2", operation: { name: "resume_collection" } }]);
  });

  test("R7: a bank that says no needs nobody's attention, and tells the asker only", () => {
    const calls = [
      {
        key: "k",
        commandId: "c1",
        operation: SCALE,
        end: { state: "refused", reason: "payment_failed", what: "declined card_declined" },
      },
    ] as const;
    const decision = decideOn(seen, known, {
      commands: [asked({ order: "change", parameters: { tier: "scale" } })].map((one) => ({
        ...one,
        id: "c1",
      })),
      calls,
    });
    expect(decision.answers).toMatchObject([{ outcome: { state: "refused", reason: "payment_failed" } }]);
    expect(decision.needsAttention).toBeNull();
    expect(decision.alerts.map(({ key }) => key)).not.toContain(`command_refused:${life().id}:c1`);
    expect(decision.why).toContain("maria asked for change scale");
    expect(decision.subscription?.since).toBe(START);
  });
});
