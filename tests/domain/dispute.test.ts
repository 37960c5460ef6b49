import { describe, expect, test } from "vitest";
import type { DisputeStatus } from "../../domain/dispute.ts";
import { disputeAlerts, takenBy } from "../../domain/dispute.ts";
import { HOUR } from "../../domain/time.ts";
import { dispute, event, IN, OURS, observation, observed, START } from "./builders.ts";
import { decideOn, ends, told } from "./deciding.ts";

const NOW = START + HOUR;
const [OPENED, LOST, WON] = ["dispute_opened:du_1", "dispute_lost:du_1", "dispute_won:du_1"];

test.each([
  ["inquiry", 0],
  ["open", 2_900],
  ["lost", 2_900],
  ["won", 0],
  ["closed", 0],
] as const)("a dispute that is %s has taken %i: winning gives back what losing took", (status, taken) => {
  expect(takenBy(dispute({ status }))).toBe(taken);
});

const raised = (status: DisputeStatus, announced: readonly string[] = [], lostBefore = false) =>
  told(
    disputeAlerts(
      OURS,
      dispute({ status }),
      observation({ events: [event("charge.dispute.closed", lostBefore ? { lostDispute: "du_1" } : {})] }),
      announced,
      NOW,
    ),
  );

describe("R4: a dispute is told of once in each state that it came to", () => {
  test.each<[DisputeStatus, readonly string[], readonly string[]]>([
    ["inquiry", [], [OPENED]],
    ["open", [], [OPENED]],
    ["open", [OPENED], [OPENED]],
    ["closed", [], [`(${OPENED})`]],
    ["lost", [], [`(${OPENED})`, LOST]],
    ["lost", [OPENED], [`(${OPENED})`, LOST]],
    ["won", [], [`(${OPENED})`, `(${WON})`]],
    ["won", [OPENED], [`(${OPENED})`, WON]],
    ["won", ["dispute_opened:du_2"], [`(${OPENED})`, `(${WON})`]],
  ])("%s, after %j", (status, announced, keys) => {
    expect(raised(status, announced)).toEqual(keys);
  });

  test("one that was lost and won on appeal leaves the same keys, whenever it was looked at", () => {
    expect(raised("won", [OPENED, LOST], true)).toEqual([`(${OPENED})`, `(${LOST})`, WON]);
    expect(raised("won", [LOST])).toEqual([`(${OPENED})`, WON]);
    expect(raised("lost", [OPENED], true)).toEqual([`(${OPENED})`, LOST]);
  });

  test("in one sentence, with until when the bank takes an answer", () => {
    const texts = (status: DisputeStatus) =>
      disputeAlerts(OURS, dispute({ status }), observation(), [], NOW).map(({ text }) => text);
    expect(texts("inquiry")).toEqual(["The customer's bank asks about a payment of 29.00 USD"]);
    expect(texts("open")).toEqual(["The customer's bank disputes 29.00 USD and has taken it back"]);
    expect(texts("lost").at(-1)).toBe("The dispute over 29.00 USD is lost");
    expect(texts("won").at(-1)).toBe("The dispute over 29.00 USD is won: the money is back");
    expect(disputeAlerts(OURS, dispute(), observation(), [], NOW)).toMatchObject([
      {
        kind: "dispute_opened",
        fields: {
          subscription: OURS,
          dispute: "du_1",
          payment: "pi_1",
          amount: 2_900,
          currency: "usd",
          answer_by: dispute().answerBy,
        },
        at: NOW,
      },
    ]);
  });
});

describe("a turn that sees a dispute", () => {
  test("records it, tells of it and says it in the timeline", () => {
    const decision = decideOn(
      { events: [event("charge.dispute.created")], subscription: observed(), disputes: [dispute()] },
      { subscription: IN.active },
    );
    expect(decision).toMatchObject({ subscription: IN.active, disputes: [dispute()] });
    expect(told(decision.alerts)).toContain(OPENED);
    expect(ends(decision)).toEqual(["charge.dispute.created: applied"]);
    expect(decision.why).toBe("Still active at the provider (dispute of 29.00 USD: open)");
  });

  test("R8: does so long after the end, and stays at the end", () => {
    const late = {
      events: [event("charge.dispute.closed", { lostDispute: "du_1" })],
      subscription: observed({ status: "canceled" }),
      disputes: [dispute({ status: "lost" })],
    };
    const decision = decideOn(late, { subscription: IN.canceled }, { now: START + 2_400 * HOUR });
    expect(decision).toMatchObject({ subscription: IN.canceled, nextDeadline: null });
    expect(told(decision.alerts)).toContain(LOST);
    expect(decideOn({ ...late, subscription: null }, { subscription: IN.canceled }).disputes).toHaveLength(1);
  });

  test("R14: leaves what is not ours alone, and adopts in silence", () => {
    const seen = { subscription: observed({ priceId: "price_other" }), disputes: [dispute()] };
    expect(decideOn(seen, { checkout: null })).toMatchObject({ disputes: [], alerts: [] });
    const adopted = decideOn({ subscription: observed(), disputes: [dispute()] }, { checkout: null });
    expect(told(adopted.alerts)).toContain(`(${OPENED})`);
  });

  test("a look that was stored before disputes were looked at can be decided again", () => {
    const { disputes: _none, ...old } = observation({ subscription: observed() });
    expect(decideOn(old).disputes).toEqual([]);
  });
});
