import { describe, expect, test } from "vitest";
import type { FinishedCall } from "../../domain/call.ts";
import type { Checkout, Learned } from "../../domain/checkout.ts";
import {
  CHECKOUT_STATES,
  isOpen,
  isSamePurchase,
  NOTHING_OFFERED,
  settleCheckout,
  trialDaysOf,
} from "../../domain/checkout.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { DAY } from "../../domain/time.ts";
import { CATALOG, checkout, IN, opening, START, session, withTerms } from "./builders.ts";

const NOTHING: Learned = { bought: false, session: null, opening: undefined };
const OPENED: FinishedCall = opening({ state: "done", expiresAt: START + 2 * DAY });
const REFUSED: FinishedCall = opening({ state: "refused", reason: "paid_meanwhile", what: "paid" });

const after = (state: Checkout["state"], learned: Partial<Learned>): Checkout["state"] =>
  settleCheckout(checkout({ state }), { ...NOTHING, ...learned }).state;

describe("R9: the states of a checkout", () => {
  test("a customer may pay while it opens and while it is open", () => {
    expect(CHECKOUT_STATES.filter((state) => isOpen(checkout({ state })))).toEqual(["opening", "open"]);
  });

  test.each<[Checkout["state"], string, Partial<Learned>, Checkout["state"]]>([
    ["opening", "nothing", {}, "opening"],
    ["opening", "its session is there", { opening: OPENED }, "open"],
    ["opening", "it could not be opened", { opening: REFUSED }, "refused"],
    ["opening", "opened and expired at once", { opening: OPENED, session: session("expired") }, "expired"],
    ["open", "its session is open", { session: session("open") }, "open"],
    ["open", "its session is paid", { session: session("complete") }, "complete"],
    ["open", "its session has expired", { session: session("expired") }, "expired"],
    ["open", "its subscription is there", { bought: true }, "complete"],
    ["replaced", "its session is still open", { session: session("open") }, "replaced"],
    ["replaced", "its session has expired", { session: session("expired") }, "replaced"],
    ["replaced", "its session was paid after all", { session: session("complete") }, "complete"],
    ["replaced", "its subscription is there", { bought: true }, "complete"],
    ["replaced", "it could not be opened", { opening: REFUSED }, "replaced"],
    ["expired", "its subscription is there", { bought: true }, "complete"],
    ["expired", "its session was paid after all", { session: session("complete") }, "complete"],
    ["expired", "its session is there", { opening: OPENED }, "expired"],
    ["refused", "its subscription is there", { bought: true }, "complete"],
    ["refused", "nothing", {}, "refused"],
    ["complete", "its session has expired", { session: session("expired") }, "complete"],
    ["complete", "nothing", {}, "complete"],
  ])("%s, then %s", (state, _what, learned, expected) => {
    expect(after(state, learned)).toBe(expected);
  });

  test("an opened one knows until when it can be paid", () => {
    const opened = settleCheckout(checkout({ state: "opening", expiresAt: null }), {
      ...NOTHING,
      opening: OPENED,
    });
    expect(opened.expiresAt).toBe(START + 2 * DAY);
  });

  test("one that was replaced while it opened is watched until its session has ended", () => {
    const replaced = settleCheckout(checkout({ state: "replaced", expiresAt: null }), {
      ...NOTHING,
      opening: OPENED,
    });
    expect(replaced).toMatchObject({ state: "replaced", expiresAt: START + 2 * DAY });
    expect(settleCheckout(replaced, { ...NOTHING, session: session("expired") })).toMatchObject({
      state: "replaced",
      expiresAt: null,
    });
  });

  test("all else of it stays as it was asked", () => {
    const before = checkout({ state: "opening" });
    const next = settleCheckout(before, { bought: true, session: session("complete"), opening: OPENED });
    expect(next).toEqual({ ...before, state: "complete" });
  });
});

test("a replaced checkout whose page could not be opened stays as it is", () => {
  const replaced = checkout({ state: "replaced" });
  const no = opening({ state: "refused", reason: "provider_refused", what: "no" });
  expect(settleCheckout(replaced, { ...NOTHING, opening: no })).toEqual(replaced);
});

describe("what a page offers besides the price", () => {
  const [, pro] = CATALOG.tiers;
  if (pro === undefined) throw new Error("the catalog of these tests has no second tier");
  const tried = { ...pro, trialDays: 14 };

  test.each<[string, readonly Subscription[], number]>([
    ["nothing so far", [], 14],
    ["a first payment that never came through", [IN.incomplete_expired, IN.incomplete], 14],
    ["a subscription once", [IN.canceled], 0],
    ["one of another tier", [withTerms(IN.active, { tier: "scale" })], 0],
    ["one that is paused", [IN.incomplete_expired, IN.paused], 0],
  ])("a trial is for a first subscription: who had %s", (_what, had, days) => {
    expect(trialDaysOf(tried, had)).toBe(days);
  });

  test("a tier without one has none, for anybody", () => {
    expect([trialDaysOf({ ...pro, trialDays: 0 }, []), trialDaysOf(pro, [])]).toEqual([0, 0]);
  });

  test("R9: the same purchase is one checkout, unless its page asks or offers something else", () => {
    const before = checkout();
    expect(isSamePurchase(before, checkout({ state: "opening" }))).toBe(true);
    expect(isSamePurchase(before, checkout({ offered: NOTHING_OFFERED }))).toBe(true);
    for (const other of [
      { tier: "scale" },
      { interval: "year" as const },
      { quantity: 2 },
      { priceId: "price_new" },
      { offered: { ...NOTHING_OFFERED, trialDays: 7 } },
      { offered: { ...NOTHING_OFFERED, promotionCodes: true } },
      { offered: { ...NOTHING_OFFERED, automaticTax: true } },
    ]) {
      expect(isSamePurchase(before, checkout(other)), JSON.stringify(other)).toBe(false);
    }
  });
});
