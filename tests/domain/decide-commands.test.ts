import { describe, expect, test } from "vitest";
import type { FinishedCall } from "../../domain/call.ts";
import type { Observation } from "../../domain/observation.ts";
import { HOUR } from "../../domain/time.ts";
import { canceling, checkout, command, IN, life, observed, paidInvoice, START } from "./builders.ts";
import { decideOn, told } from "./deciding.ts";

const running = { subscription: observed(), invoices: [paidInvoice()] };
const known = { subscription: IN.active };

/** What an operator hears who asks to look again. */
const resync = (seen: Partial<Observation>) =>
  decideOn(seen, known, { commands: [command("resync")] }).answers[0]?.outcome.what;

describe("commands", () => {
  test("of several that ask to cancel, the first asks the provider and all hear the answer", () => {
    const commands = [command("cancel", "c1"), command("cancel", "c2")];
    const asked = decideOn(running, known, { commands });
    expect(asked.calls.map((call) => call.commandId)).toEqual(["c1"]);
    expect(asked.answers).toEqual([]);

    const calls = [canceling("c1", { state: "refused", reason: "provider_refused", what: "locked" })];
    const refused = decideOn(running, known, { commands, calls });
    expect(refused.calls).toEqual([]);
    expect(refused.answers.map(({ commandId, outcome }) => [commandId, outcome.state])).toEqual([
      ["c1", "refused"],
      ["c2", "refused"],
    ]);
  });

  test("R7: only a refusal for good needs attention, until an operator has looked", () => {
    const calls = [canceling("c1", { state: "refused", reason: "provider_refused", what: "locked" })];
    const refused = decideOn(running, known, { commands: [command("cancel", "c1")], calls });
    expect(refused.needsAttention).toBe("locked");
    expect(told(refused.alerts)).toContain(`command_refused:${life().id}:c1`);

    const standing = { ...known, needsAttention: "locked" };
    expect(decideOn(running, standing).needsAttention).toBe("locked");
    const looked = decideOn(running, standing, { commands: [command("unpark")] });
    expect(looked).toMatchObject({ needsAttention: null, unpark: true });
    expect(decideOn(running, standing).unpark).toBe(false);
  });

  test("each hears the end of its own call, and a cancel that of another cancel", () => {
    const pausing: FinishedCall = {
      key: "stripe/pause/sub_1/c9",
      commandId: "c9",
      operation: { name: "pause_collection", providerSubscriptionId: "sub_1" },
      end: { state: "refused", reason: "provider_refused", what: "locked" },
    };
    const cancel = decideOn(running, known, { commands: [command("cancel")], calls: [pausing] });
    expect([cancel.answers, cancel.calls.length]).toEqual([[], 1]);
    const canceled = canceling("c9", { state: "refused", reason: "provider_refused", what: "locked" });
    const pause = decideOn(running, known, { commands: [command("pause")], calls: [canceled] });
    expect([pause.answers, pause.calls.length]).toEqual([[], 1]);
  });

  test("only unpark tries parked events again, and ends the need of attention", () => {
    const standing = { ...known, needsAttention: "locked" };
    expect(decideOn(running, standing, { commands: [command("resync")] })).toMatchObject({
      unpark: false,
      needsAttention: "locked",
    });
  });

  test("a checkout that opens keeps no other command waiting", () => {
    const opening = { checkout: checkout({ state: "opening" }), ...known };
    const commands = [command("checkout", checkout().id), command("cancel")];
    const decision = decideOn({}, { ...opening, subscription: null }, { commands });
    expect(decision.calls.map(({ operation }) => operation.name)).toEqual(["open_checkout"]);
    expect(decision.answers).toMatchObject([{ outcome: { reason: "no_subscription" } }]);
  });

  test("a cancel that came too late is done, and nobody has to look", () => {
    const ended = { subscription: observed({ status: "canceled", endedAt: START + HOUR }) };
    const calls = [canceling("c1", { state: "refused", reason: "provider_refused", what: "not_found" })];
    const decision = decideOn(ended, known, { commands: [command("cancel", "c1")], calls });
    expect(decision.answers).toMatchObject([{ outcome: { state: "done" } }]);
    expect(decision.needsAttention).toBeNull();
  });

  test("resync says what came of the look", () => {
    expect(resync(running)).toBe("The provider says active; so do we");
    expect(resync({ subscription: observed({ status: "hibernating" }) })).toBe(
      'Nothing changed: the provider\'s status "hibernating" is unknown to this version',
    );
    expect(resync({})).toBe("The provider no longer shows it; it stays active");
  });
});
