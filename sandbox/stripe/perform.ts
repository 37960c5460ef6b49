import type { Clock } from "../clock.ts";
import type { State } from "../state.ts";
import { StripeError } from "./errors.ts";
import type { StoredEvent } from "./records.ts";
import { copyOfBooks, type Work } from "./world.ts";

/** Who asks for a piece of work, and when it happens. */
interface Occasion {
  /** the API request; absent when Stripe itself or the customer acts */
  request?: Work["request"];
  /** seconds; absent = now */
  at?: number;
}

/** Does a piece of work as a whole: what it says goes out when it is done, and an error undoes all of it. */
export type Perform = <T>(run: (work: Work) => T, occasion?: Occasion) => T;

/** The one way in which the sandbox's books change. */
export function createPerform(parts: {
  state: State;
  clock: Clock;
  publish: (events: readonly StoredEvent[]) => void;
}): Perform {
  const { state, clock, publish } = parts;
  return (run, occasion = {}) => {
    const before = copyOfBooks(state.stripe);
    const work = workAt(state, occasion.at ?? clock.seconds(), occasion.request);
    try {
      const result = run(work);
      publish(work.events);
      return result;
    } catch (error) {
      if (error instanceof StripeError && error.stands) publish(work.events);
      else Object.assign(state.stripe, before);
      throw error;
    }
  };
}

/** A piece of work that only looks. */
export function workAt(state: State, now: number, request?: Work["request"]): Work {
  return {
    state: state.stripe,
    knobs: state.knobs,
    now,
    request: request ?? { id: null, idempotency_key: null },
    events: [],
  };
}
