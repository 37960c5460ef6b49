import { describe, expect, test } from "vitest";
import type { FinishedCall } from "../../domain/call.ts";
import type { Checkout, Learned } from "../../domain/checkout.ts";
import { CHECKOUT_STATES, isOpen, settleCheckout } from "../../domain/checkout.ts";
import { DAY } from "../../domain/time.ts";
import { checkout, opening, START, session } from "./builders.ts";

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
