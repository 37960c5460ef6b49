import type { Knobs } from "../knobs.ts";
import { token } from "../random.ts";
import { plan } from "./plan.ts";
import { post, received } from "./post.ts";
import type { Attempt, Delivery, Letter, Outgoing } from "./records.ts";

/** What the queue needs from the rest of the sandbox. */
export interface QueueParts {
  deliveries: Delivery[];
  attempts: Attempt[];
  knobs: () => Knobs;
  /** null: the event or its endpoint is gone */
  write: (delivery: Delivery) => Letter | null;
  /** real ms to wait after each failed attempt */
  retryMs: readonly number[];
  changed: () => void;
}

/** The webhooks on their way: concurrent, retried, and at the mercy of the knobs. */
export interface Queue {
  send(outgoing: readonly Outgoing[]): void;
  /** Attempts these deliveries now and answers with each one's outcome. */
  attemptNow(deliveries: readonly Delivery[], concurrent: boolean): Promise<Attempt[]>;
  /** Adds a delivery that waits for nobody (a resend or a copy). */
  add(outgoing: Outgoing, state: Delivery["state"]): Delivery;
  /** Nothing leaves while paused (the system's clock is being moved). */
  pause(): void;
  resume(): void;
  /** Resolves true when nothing is waiting or under way, false after the limit (real ms). */
  idle(limitMs: number): Promise<boolean>;
  stop(): void;
}

export function createQueue(parts: QueueParts): Queue {
  const timers = new Map<string, NodeJS.Timeout>();
  const underWay = new Set<string>();
  const stopper = new AbortController();
  let paused = false;

  async function attempt(delivery: Delivery): Promise<Attempt | null> {
    clearTimeout(timers.get(delivery.id));
    timers.delete(delivery.id);
    const letter = parts.write(delivery);
    if (letter === null) {
      delivery.state = "failed";
      parts.changed();
      return null;
    }
    underWay.add(delivery.id);
    const at = Date.now();
    const outcome = await post(letter, stopper.signal);
    underWay.delete(delivery.id);
    if (stopper.signal.aborted) return null;
    delivery.attempts += 1;
    const made: Attempt = {
      delivery: delivery.id,
      event: delivery.event,
      type: delivery.type,
      url: letter.url,
      at,
      ...outcome,
      took_ms: Date.now() - at,
    };
    parts.attempts.push(made);
    if (received(outcome.status)) delivery.state = "delivered";
    else if (delivery.state === "waiting") retryLater(delivery);
    parts.changed();
    return made;
  }

  function retryLater(delivery: Delivery): void {
    const wait = parts.retryMs[delivery.attempts - 1];
    if (wait === undefined) {
      delivery.state = "failed";
      return;
    }
    delivery.next_at = Date.now() + wait;
    schedule(delivery);
  }

  function schedule(delivery: Delivery): void {
    if (paused || stopper.signal.aborted || delivery.state !== "waiting") return;
    if (timers.has(delivery.id) || underWay.has(delivery.id)) return;
    timers.set(
      delivery.id,
      setTimeout(() => void attempt(delivery), Math.max(0, delivery.next_at - Date.now())),
    );
  }

  function add(outgoing: Outgoing, state: Delivery["state"], next_at = Date.now()): Delivery {
    const delivery: Delivery = { id: `dl_${token(16)}`, ...outgoing, state, attempts: 0, next_at };
    parts.deliveries.push(delivery);
    parts.changed();
    return delivery;
  }

  // a restart goes on where the last process stopped
  setImmediate(() => parts.deliveries.forEach(schedule));

  return {
    send(outgoing) {
      for (const planned of plan(outgoing, parts.knobs().delivery)) {
        schedule(add(planned.outgoing, planned.state, Date.now() + planned.wait_ms));
      }
    },
    add,
    async attemptNow(deliveries, concurrent) {
      const made: Attempt[] = [];
      const one = async (delivery: Delivery): Promise<void> => {
        const outcome = await attempt(delivery);
        if (outcome !== null) made.push(outcome);
      };
      if (concurrent) await Promise.all(deliveries.map(one));
      else for (const delivery of deliveries) await one(delivery);
      return made;
    },
    pause() {
      paused = true;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
    resume() {
      paused = false;
      parts.deliveries.forEach(schedule);
    },
    async idle(limitMs) {
      const end = Date.now() + limitMs;
      for (;;) {
        const waiting = parts.deliveries.filter((delivery) => delivery.state === "waiting");
        if (underWay.size === 0 && waiting.length === 0) return true;
        // a retry that comes after the limit cannot be waited for
        const inTime = underWay.size > 0 || waiting.some((delivery) => delivery.next_at <= end);
        if (!inTime || Date.now() >= end || stopper.signal.aborted) return false;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    stop() {
      stopper.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
