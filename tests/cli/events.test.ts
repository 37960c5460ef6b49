import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError } from "../../cli/config.ts";
import { readWish, USAGE } from "../../cli/event-wish.ts";
import { deliver, eventOf } from "../api/deliver.ts";
import { eventually } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `npm run events -- …` with the environment of the system. */
async function events(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const program = join(import.meta.dirname, "../../cli/events.ts");
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), program, ...args], {
    env: { PATH: process.env["PATH"], ...system.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (part: Buffer) => (out += part.toString()));
  child.stderr.on("data", (part: Buffer) => (err += part.toString()));
  const [code]: (number | null)[] = await once(child, "close");
  return { code: code ?? null, out, err };
}

const stateOf = async (id: string) => {
  const { rows } = await system.database.pool.query<{ state: string; reason: string; attempts: number }>(
    "select state, reason, attempts from webhook_events where id = $1",
    [id],
  );
  return rows[0];
};
const becomes = (id: string, state: string, attempts: number) =>
  eventually(`${id} is ${state}`, async () => {
    const row = await stateOf(id);
    return row?.state === state && row.attempts === attempts && row;
  });

/** Events that cannot be read, and so are parked. */
const parked = (count: number): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const event = eventOf("invoice.paid", { object: "invoice", id: null });
      await deliver(system, event);
      await becomes(event.id, "parked", 1);
      return event.id;
    }),
  );

describe("npm run events", () => {
  it("says how it is used, with exit code 1, when it is not clear what is wanted; nothing is done then", async () => {
    const [id = ""] = await parked(1);
    for (const args of [
      [],
      ["ignore", id],
      ["ignore", id, "--reason", " "],
      ["ignore", id, id, "--reason", "two"],
      ["forget", id],
      ["list", "--state", "lost"],
      ["list", "--limit", "all"],
      ["list", "--everything"],
      ["show", id, "--provider", "paypal"],
    ]) {
      expect(() => readWish(args)).toThrow(ConfigError);
      expect(() => readWish(args)).toThrow("npm run events -- list");
    }
    // An id that is too much is no wish to do anything to it.
    const [run, help] = await Promise.all([events(["list", id]), events(["--help"])]);
    expect(run).toEqual({ code: 1, out: "", err: `${USAGE}\n` });
    expect(help).toEqual({ code: 0, out: `${USAGE}\n`, err: "" });
    expect(await stateOf(id)).toMatchObject({ state: "parked", attempts: 1 });
  });

  it("lists the newest first, by state and limit, and shows one with its payload", async () => {
    const [id = ""] = await parked(1);
    const noise = eventOf("customer.created", { id: "cus_1" });
    await deliver(system, noise);
    expect(readWish(["list"])).toEqual({ action: "list", state: undefined, limit: 50 });
    const [all, ofParked, shown, none] = await Promise.all([
      events(["list", "--limit", "2"]),
      events(["list", "--state", "parked"]),
      events(["show", id]),
      events(["show", "evt_none"]),
    ]);
    const [first = "", second = ""] = all.out.split("\n");
    expect(first).toMatch(/^ignored +\d{4}-\S+Z {2}stripe {2}evt_\w+ {2}customer\.created/);
    expect([first.includes(noise.id), second.includes(id)]).toEqual([true, true]);
    expect(ofParked.out).toContain(id);
    expect(ofParked.out).not.toContain(noise.id);
    expect(all.out.trim().split("\n")).toHaveLength(2);
    expect(JSON.parse(shown.out)).toMatchObject({ id, state: "parked", payload: { object: "event" } });
    expect(none).toEqual({ code: 1, out: "", err: "There is no event evt_none of stripe\n" });
  });

  it("R2: replays, ignores for a reason, and says with exit code 1 what was not done", async () => {
    const [again = "", given = ""] = await parked(2);
    expect(
      await Promise.all([events(["replay", again]), events(["ignore", given, "--reason", "a test"])]),
    ).toEqual([
      { code: 0, out: `${again}: replayed\n`, err: "" },
      { code: 0, out: `${given}: ignored\n`, err: "" },
    ]);
    await becomes(again, "parked", 2);
    expect(await stateOf(given)).toMatchObject({ state: "ignored", reason: "a test" });
    expect(
      await Promise.all([
        events(["ignore", given, "--reason", "again"]),
        events(["replay", again, "--provider", "razorpay"]),
      ]),
    ).toEqual([
      { code: 1, out: `${given}: already_ended\n`, err: "" },
      { code: 1, out: `${again}: no_provider\n`, err: "" },
    ]);
    expect(await stateOf(given)).toMatchObject({ reason: "a test" });
  });

  it("R1: with Temporal away what is replayed waits for the sweep, and that is said", async () => {
    const [id = ""] = await parked(1);
    const run = await events(["replay", id], { TEMPORAL_ADDRESS: "127.0.0.1:9" });
    expect([run.code, run.out, run.err]).toEqual([
      0,
      `${id}: replayed\n`,
      expect.stringContaining("the sweep takes the event up"),
    ]);
    expect(await stateOf(id)).toMatchObject({ state: "received" });
  });
});
