import { describe, expect, test } from "vitest";
import type { Known } from "../../domain/answer.ts";
import { answerCommand } from "../../domain/answer.ts";
import type { Checkout } from "../../domain/checkout.ts";
import type { Command } from "../../domain/command.ts";
import { STATUSES } from "../../domain/status.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY } from "../../domain/time.ts";
import {
  CATALOG,
  canceling,
  checkout,
  command,
  failedInvoice,
  GRACE_DAYS,
  IN,
  observed,
  opening,
  paidInvoice,
  START,
} from "./builders.ts";
import { decideOn } from "./deciding.ts";

const NOTHING: Known = {
  checkout: null,
  subscription: null,
  finished: undefined,
  invoices: [],
  catalog: CATALOG,
  isPending: false,
  isBehind: false,
  unread: null,
};

describe("checkout", () => {
  const asked = command("checkout", checkout().id);
  const answer = (state: Checkout["state"]) =>
    answerCommand(asked, { ...NOTHING, checkout: checkout({ state }) });

  test("asks for the session while it opens, under a key made of the checkout (R6)", () => {
    expect(answer("opening")).toEqual({
      kind: "call",
      call: {
        key: `stripe/checkout/${checkout().id}`,
        commandId: checkout().id,
        operation: { name: "open_checkout", checkoutId: checkout().id },
      },
    });
  });

  test.each(["open", "complete"] as const)("is done when it is %s", (state) => {
    expect(answer(state)).toEqual({
      kind: "outcome",
      outcome: { state: "done", what: `The checkout is ${state}` },
    });
  });

  test.each(["expired", "replaced", "refused"] as const)("is refused when it is %s", (state) => {
    expect(answer(state)).toMatchObject({ outcome: { state: "refused", reason: "checkout_closed" } });
  });

  test("is refused when there is none", () => {
    expect(answerCommand(asked, NOTHING)).toMatchObject({ outcome: { reason: "checkout_closed" } });
  });

  test("is refused for the reason that its call has", () => {
    const finished = opening({ state: "refused", reason: "paid_meanwhile", what: "the other was paid" });
    expect(answerCommand(asked, { ...NOTHING, checkout: checkout({ state: "refused" }), finished })).toEqual({
      kind: "outcome",
      outcome: { state: "refused", reason: "paid_meanwhile", what: "the other was paid" },
    });
  });
});

const answerCancel = (known: Partial<Known>) =>
  answerCommand(command("cancel", "c1"), { ...NOTHING, ...known });

describe("cancel", () => {
  const done = canceling("c1", { state: "done", expiresAt: null });
  const refused = canceling("c1", { state: "refused", reason: "provider_refused", what: "not_found" });
  const running = STATUSES.filter((status) => status !== "canceled" && status !== "incomplete_expired");

  test("has nothing to end before there is a subscription", () => {
    expect(answerCancel({ checkout: checkout() })).toMatchObject({ outcome: { reason: "no_subscription" } });
  });

  test.each(running)("asks the provider to end one that is %s", (status) => {
    expect(answerCancel({ subscription: IN[status] })).toEqual({
      kind: "call",
      call: {
        key: "stripe/cancel/sub_1/c1",
        commandId: "c1",
        operation: { name: "cancel_subscription", providerSubscriptionId: "sub_1" },
      },
    });
  });

  test("waits for what was asked until the provider shows it", () => {
    expect(answerCancel({ subscription: IN.active, finished: done })).toEqual({ kind: "wait" });
    expect(answerCancel({ subscription: IN.active, isBehind: true })).toEqual({ kind: "wait" });
    expect(answerCancel({ subscription: IN.canceled, finished: done })).toEqual({
      kind: "outcome",
      outcome: { state: "done", what: "The subscription is canceled" },
    });
  });

  test("says so when it had ended before anybody asked", () => {
    for (const subscription of [IN.canceled, IN.incomplete_expired]) {
      expect(answerCancel({ subscription })).toMatchObject({ outcome: { reason: "already_ended" } });
    }
  });

  test("is done, not refused, when the provider refused because it had just ended", () => {
    expect(answerCancel({ subscription: IN.canceled, finished: refused })).toMatchObject({
      outcome: { state: "done" },
    });
  });

  test("is refused when the provider refuses and it runs on; asked again, it is another attempt", () => {
    expect(answerCancel({ subscription: IN.active, finished: refused })).toEqual({
      kind: "outcome",
      outcome: { state: "refused", reason: "provider_refused", what: "not_found" },
    });
    const again = answerCommand(command("cancel", "c2"), { ...NOTHING, subscription: IN.active });
    expect(again).toMatchObject({ kind: "call", call: { key: "stripe/cancel/sub_1/c2" } });
  });
});

const answerResync = (known: Partial<Known>) => answerCommand(command("resync"), { ...NOTHING, ...known });

describe("resync", () => {
  test("says what the provider says", () => {
    expect(answerResync({ subscription: { ...IN.past_due, since: START } })).toEqual({
      kind: "outcome",
      outcome: { state: "done", what: "The provider says past_due; so do we" },
    });
  });

  test("does not claim to agree with a provider that was not understood", () => {
    const unread = "Nothing changed: the provider's status is unknown";
    expect(answerResync({ subscription: IN.active, unread })).toMatchObject({ outcome: { what: unread } });
  });
});

const extend = (days: number, id = `c${days}`) => ({
  ...command("extend_grace", id),
  parameters: { days },
});
const overdue = { subscription: observed({ status: "past_due" }), invoices: [failedInvoice()] };
const decided = (before: Subscription, commands: readonly Command[], seen = overdue) =>
  decideOn(seen, { subscription: before }, { commands });

describe("extend_grace", () => {
  test("puts the end of access off by so many days, asks nothing of the provider, and adds up", () => {
    const decision = decided(IN.past_due, [extend(10)]);
    expect(decision).toMatchObject({
      subscription: { graceExtendedDays: 10, graceUntil: IN.past_due.graceUntil + 10 * DAY },
      answers: [{ outcome: { what: "Its access ends on 25 January 2026, unless it is paid before" } }],
      calls: [],
    });
    expect(decision.why).toContain("maria asked for extend grace 10 days");
    const extended = decision.subscription ?? IN.past_due;
    expect(decided(extended, [extend(5), extend(1)]).subscription).toMatchObject({ graceExtendedDays: 16 });
    expect(decided(extended, []).subscription).toMatchObject({ graceExtendedDays: 10 });
  });

  test("counts also in the turn that first sees the payment fail, and for the next invoice after one that is paid", () => {
    expect(decided(IN.active, [extend(10)]).subscription).toMatchObject({ graceExtendedDays: 10 });
    const second = failedInvoice({ id: "in_2", createdAt: START + DAY });
    const seen = { ...overdue, invoices: [paidInvoice({ attempts: 2 }), second] };
    const extended = { ...IN.past_due, graceExtendedDays: 5 };
    const decision = decided(extended, [extend(10)], seen);
    expect(decision.subscription).toMatchObject({
      graceExtendedDays: 10,
      graceUntil: START + DAY + (GRACE_DAYS + 10) * DAY,
    });
    expect(decision.answers).toMatchObject([{ outcome: { state: "done" } }]);
  });

  test("changes nothing where the look said nothing of the subscription", () => {
    const unread = { ...overdue, subscription: observed({ status: "hibernating" }) };
    const decision = decided(IN.past_due, [extend(10)], unread);
    expect(decision.subscription).toEqual(IN.past_due);
    expect(decision.answers).toMatchObject([{ outcome: { state: "refused", reason: "not_allowed" } }]);
  });

  test("is refused with what is allowed where nothing is overdue, also when it was paid just now", () => {
    const paid = { subscription: observed(), invoices: [paidInvoice()] };
    for (const before of [IN.active, IN.past_due]) {
      expect(decided(before, [extend(10)], paid).answers).toMatchObject([
        { outcome: { state: "refused", reason: "not_allowed" } },
      ]);
    }
  });
});

test("unpark is done at once", () => {
  expect(answerCommand(command("unpark"), NOTHING)).toMatchObject({ outcome: { state: "done" } });
});
