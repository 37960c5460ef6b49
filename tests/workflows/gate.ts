import { EventEmitter, once } from "node:events";
import type { SubscriptionId } from "../../domain/ids.ts";

/** Holds work of chosen subscriptions back, so that a test can let other things happen in the meantime. */
export interface Gate {
  /** Closes for one subscription. `arrived` resolves when its work has come and is held. */
  hold(id: SubscriptionId): { readonly arrived: Promise<unknown>; release(): void };
  /** Put into an activity: waits while the gate is closed. */
  pass(id: SubscriptionId): Promise<void>;
}

export function createGate(): Gate {
  const held = new Map<SubscriptionId, EventEmitter>();
  return {
    hold(id) {
      const emitter = new EventEmitter();
      held.set(id, emitter);
      return {
        arrived: once(emitter, "arrived"),
        release() {
          held.delete(id);
          emitter.emit("open");
        },
      };
    },
    async pass(id) {
      const emitter = held.get(id);
      if (emitter === undefined) return;
      const opened = once(emitter, "open");
      emitter.emit("arrived");
      await opened;
    },
  };
}
