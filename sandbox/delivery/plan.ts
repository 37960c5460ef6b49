import type { Knobs } from "../knobs.ts";
import { seeded, shuffled } from "../random.ts";
import type { Delivery, Outgoing } from "./records.ts";

/** What becomes of one outgoing webhook. */
interface Planned {
  outgoing: Outgoing;
  state: Delivery["state"];
  wait_ms: number;
}

/** Between two deliveries of a shuffled batch, so that their order on the wire is the shuffled one. */
const shuffleGapMs = 4;

/** Lets the knobs decide: what is copied, lost, held, delayed, and in which order the rest leaves. */
export function plan(outgoing: readonly Outgoing[], knobs: Knobs["delivery"]): Planned[] {
  const random = typeof knobs.shuffle === "number" ? seeded(knobs.shuffle) : Math.random;
  const copies = outgoing.flatMap((one) => Array.from({ length: knobs.duplicate + 1 }, () => one));
  const ordered = knobs.shuffle === false ? copies : shuffled(copies, random);
  return ordered.map((one, position) => ({
    outgoing: one,
    state: fate(one, knobs, random),
    wait_ms: delay(knobs.delay_ms, random) + (knobs.shuffle === false ? 0 : position * shuffleGapMs),
  }));
}

function fate(one: Outgoing, knobs: Knobs["delivery"], random: () => number): Delivery["state"] {
  const lost = typeof knobs.drop === "number" ? random() < knobs.drop : knobs.drop.includes(one.type);
  if (lost) return "dropped";
  return knobs.hold ? "held" : "waiting";
}

function delay(range: [number, number] | null, random: () => number): number {
  return range === null ? 0 : range[0] + random() * (range[1] - range[0]);
}
