import { describe, expect, test } from "vitest";
import type { Known } from "../../domain/answer.ts";
import { answerCommand } from "../../domain/answer.ts";
import type { Checkout } from "../../domain/checkout.ts";
import { STATUSES } from "../../domain/status.ts";
import { CATALOG, canceling, checkout, command, IN, opening, START } from "./builders.ts";

const NOTHING: Known = {
  checkout: null,
  subscription: null,
  finished: undefined,
  invoices: [],
  catalog: CATALOG,
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

test("unpark is done at once", () => {
  expect(answerCommand(command("unpark"), NOTHING)).toMatchObject({ outcome: { state: "done" } });
});
