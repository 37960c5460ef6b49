import { describe, expect, it } from "vitest";
import { decide } from "../../domain/decide.ts";
import { decideAgain, type Inputs, recordOf } from "../../domain/decision-record.ts";
import type { Turn } from "../../domain/life.ts";
import {
  CATALOG,
  command,
  event,
  failedInvoice,
  IN,
  life,
  observation,
  observed,
  paidInvoice,
  turn,
} from "./builders.ts";

const failing: Turn = turn({
  life: life({ subscription: IN.active }),
  observation: observation({
    events: [event("invoice.payment_failed")],
    subscription: observed({ status: "past_due" }),
    invoices: [failedInvoice()],
  }),
  commands: [command("cancel")],
});

const ALERTS = [
  { key: "subscription_started:sub_1", superseded: false },
  { key: "payment_failed:in_1:1", superseded: false },
  { key: "dunning:in_1:0", superseded: false },
];

/** As Postgres gives back what settle has stored. */
const stored = (made: Turn): { inputs: Inputs; decision: object } =>
  JSON.parse(JSON.stringify({ inputs: { ...made, catalog: 3 }, decision: recordOf(decide(made)) }));

describe("a decision that was stored", () => {
  it("keeps what was decided: no sentence, and of alerts, calls and events what they are known by", () => {
    const record = recordOf(decide(failing));
    expect(record).not.toHaveProperty("why");
    expect(record.subscription).toMatchObject({ status: "past_due" });
    expect(record.alerts).toEqual(ALERTS);
    expect(record.calls).toHaveLength(1);
    expect(record.events).toEqual([{ id: "evt_invoice.payment_failed", state: "applied", reason: null }]);
  });

  it("is made again alike, from what was stored with it", () => {
    const { inputs, decision } = stored(failing);
    expect(decideAgain(inputs, CATALOG, decision)).toEqual([]);
  });

  it("names what today's code decides otherwise, and only that", () => {
    const { inputs, decision } = stored(failing);
    const dunning = { ...CATALOG.policy.dunning, end: { day: 1, action: "keep_unpaid" } } as const;
    const shorter = { ...CATALOG, policy: { ...CATALOG.policy, dunning } };
    expect(decideAgain(inputs, shorter, decision).map(({ what }) => what)).toEqual(
      expect.arrayContaining(["subscription.graceUntil", "nextDeadline"]),
    );
    expect(decideAgain(inputs, CATALOG, { ...decision, needsAttention: "look" })).toEqual([
      { what: "needsAttention", was: "look", wouldBe: null },
    ]);
    expect(decideAgain(inputs, CATALOG, { ...decision, alerts: [] })).toEqual([
      { what: "alerts", was: [], wouldBe: ALERTS },
    ]);
    const another = { ...decision, alerts: [ALERTS[0], { ...ALERTS[1], superseded: true }, ALERTS[2]] };
    expect(decideAgain(inputs, CATALOG, another)).toEqual([
      { what: "alerts[1].superseded", was: true, wouldBe: false },
    ]);
  });

  it("what a later version knows of and has nothing to say about is no difference", () => {
    const { inputs, decision } = stored(
      turn({ observation: observation({ subscription: observed(), invoices: [paidInvoice()] }) }),
    );
    const { refunds: _, ...older } = Object.fromEntries(Object.entries(decision));
    expect(decideAgain(inputs, CATALOG, older)).toEqual([]);
  });

  it("nothing is nothing, however it was written", () => {
    const { inputs, decision } = stored(failing);
    for (const nothing of [null, []]) {
      const older = { ...decision, refunds: nothing, place: nothing, needsAttention: nothing };
      expect(decideAgain(inputs, CATALOG, older)).toEqual([]);
    }
    expect(decideAgain(inputs, CATALOG, { ...decision, refunds: ["re_1"] })).toEqual([
      { what: "refunds", was: ["re_1"], wouldBe: [] },
    ]);
    expect(decideAgain(inputs, CATALOG, { ...decision, subscription: null })).toMatchObject([
      { what: "subscription", was: null },
    ]);
    expect(decideAgain(inputs, CATALOG, { ...decision, subscription: [1] })).toMatchObject([
      { what: "subscription", was: [1] },
    ]);
  });

  it("of calls the keys are compared", () => {
    const { inputs, decision } = stored(failing);
    expect(decideAgain(inputs, CATALOG, { ...decision, calls: ["stripe/cancel/sub_1/c9"] })).toEqual([
      { what: "calls[0]", was: "stripe/cancel/sub_1/c9", wouldBe: "stripe/cancel/sub_1/cmd_cancel" },
    ]);
  });

  it("one that cannot be made again differs as a whole", () => {
    const { inputs, decision } = stored(failing);
    const broken: Inputs = JSON.parse(JSON.stringify({ ...inputs, life: null }));
    expect(decideAgain(broken, CATALOG, decision)).toEqual([
      { what: "decision", was: "made", wouldBe: expect.stringContaining("TypeError") },
    ]);
  });
});
