import type Koa from "koa";
import { createApp } from "./app.ts";
import { type Clock, createClock } from "./clock.ts";
import { createTraveller } from "./control/advance.ts";
import { createQueue } from "./delivery/queue.ts";
import { openStore } from "./store.ts";
import { seedCatalog } from "./stripe/catalog.ts";
import { setEndpoint } from "./stripe/endpoint.ts";
import { forgetUnfinished } from "./stripe/http/idempotency.ts";
import { createPerform } from "./stripe/perform.ts";
import { file, write } from "./stripe/publish.ts";

/** How a sandbox is set up. */
export interface Settings {
  /** keeps the state; absent = only in memory */
  dataFile?: string | undefined;
  /** where all events go; absent = as the state says */
  webhook?: { url: string; secrets: readonly string[] } | undefined;
  /** told of each new offset of the clock */
  clockHook?: string | undefined;
  /** real ms to wait after each failed attempt of a webhook */
  retryMs: readonly number[];
  log: (line: string) => void;
}

/** A provider that is ready to be listened to. */
export interface Sandbox {
  app: Koa;
  clock: Clock;
  /** Stops sending and writes the state. */
  close(): Promise<void>;
}

/** How long after a change the state is written, ms: a burst of changes is one write. */
const writeAfterMs = 100;
/** How often what became due in real time is done, ms. */
const catchUpEveryMs = 1_000;

export function createSandbox(settings: Settings): Sandbox {
  const { log } = settings;
  const store = openStore(settings.dataFile);
  const { state } = store;
  const clock = createClock(state);
  seedCatalog(state.stripe);
  forgetUnfinished(state.stripe);
  if (settings.webhook !== undefined) setEndpoint(state.stripe, clock.seconds(), settings.webhook);

  let writing: NodeJS.Timeout | undefined;
  const flush = (): Promise<void> => {
    clearTimeout(writing);
    writing = undefined;
    return store.flush();
  };
  const changed = (): void => {
    store.changed();
    writing ??= setTimeout(() => {
      flush().catch((error: unknown) => log(`the state could not be written: ${String(error)}`));
    }, writeAfterMs);
  };
  changed();

  const queue = createQueue({
    deliveries: state.deliveries,
    attempts: state.attempts,
    knobs: () => state.knobs,
    write: (delivery) => write(state, delivery),
    retryMs: settings.retryMs,
    changed,
  });
  const perform = createPerform({ state, clock, publish: (events) => queue.send(file(state, events)) });
  const traveller = createTraveller({
    state,
    clock,
    queue,
    perform,
    changed,
    clockHook: settings.clockHook ?? null,
  });
  const ticking = setInterval(() => {
    try {
      traveller.catchUp();
    } catch (error) {
      log(`what was due could not be done: ${String(error)}`);
    }
  }, catchUpEveryMs);
  return {
    app: createApp({ state, clock, queue, perform, traveller, changed, log }),
    clock,
    async close() {
      clearInterval(ticking);
      queue.stop();
      store.changed();
      await flush();
    },
  };
}
