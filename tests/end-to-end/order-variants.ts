import { seeded, shuffled } from "../../sandbox/random.ts";
import type { Phase } from "./order-table.ts";
import { PHASES } from "./order-table.ts";

/** One event of a story: from which phase on it can be delivered. */
export interface StoryEvent {
  readonly id: string;
  readonly type: string;
  readonly phase: Phase;
}

/** A way of delivering a story. */
export interface Variant {
  readonly name: string;
  /** Extra copies of each delivery. */
  readonly copies: number;
  /** Whether every delivery is applied before the next is sent, so that each has a look of its own. */
  readonly oneByOne: boolean;
  /** What is delivered in this phase, in order, of what has happened and was not delivered yet. */
  deliver(phase: Phase, pending: readonly StoryEvent[]): readonly StoryEvent[];
  /** Whether some events are lost on the way. */
  readonly loses: boolean;
}

const isLast = (phase: Phase): boolean => phase === PHASES.at(-1);

const IN_ORDER: Variant = {
  name: "in order",
  copies: 0,
  oneByOne: true,
  loses: false,
  deliver: (_phase, pending) => pending,
};

const shuffle = (seed: number): Variant => {
  const random = seeded(seed);
  return {
    name: `shuffled by ${seed}`,
    copies: seed % 3,
    oneByOne: seed % 2 === 0,
    loses: false,
    deliver(phase, pending) {
      const due = isLast(phase) ? pending : pending.filter(() => random() < 0.5);
      return shuffled(due, random);
    },
  };
};

/** Each event is delivered at once, later or never. */
const subset = (seed: number): Variant => {
  const random = seeded(seed);
  const lost = new Set<string>();
  return {
    ...shuffle(seed),
    name: `a subset, by ${seed}`,
    loses: true,
    deliver(_phase, pending) {
      for (const { id } of pending) if (random() < 0.3) lost.add(id);
      return shuffled(
        pending.filter(({ id }) => !lost.has(id) && random() < 0.6),
        random,
      );
    },
  };
};

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

export const VARIANTS: readonly Variant[] = [
  IN_ORDER,
  {
    ...IN_ORDER,
    name: "reversed in each phase",
    deliver: (_phase, pending) => pending.toReversed(),
  },
  {
    ...IN_ORDER,
    name: "reversed, all at the end",
    deliver: (phase, pending) => (isLast(phase) ? pending.toReversed() : []),
  },
  {
    ...IN_ORDER,
    name: "in order, all at the end",
    deliver: (phase, pending) => (isLast(phase) ? pending : []),
  },
  { ...IN_ORDER, name: "tripled", copies: 2, oneByOne: false },
  ...seeds(10).map(shuffle),
  ...seeds(8).map(subset),
];
