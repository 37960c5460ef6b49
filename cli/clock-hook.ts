import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { z } from "zod";
import { moveClock } from "../store/clock.ts";
import { oldestUnappliedSeconds } from "../store/events.ts";
import type { Pool } from "../store/pool.ts";
import { livesWaiting } from "../store/subscriptions.ts";
import type { Gateway } from "../temporal/gateway.ts";
import { until } from "./embedded/until.ts";

const Move = z.object({ offset_ms: z.number().int().min(0) });
/** How long what has happened so far may take to be applied before time goes on, in milliseconds. */
const SETTLE_MS = 10_000;

export interface ClockHook {
  readonly url: string;
  stop(): Promise<void>;
}

/** Moves the system's clock with the sandbox's (R13): what has happened is applied first, then every life is woken. */
export async function startClockHook(deps: {
  readonly pool: Pool;
  readonly gateway: Gateway;
}): Promise<ClockHook> {
  const server = createServer((request, response) => {
    void (async () => {
      try {
        const { offset_ms } = Move.parse(await json(request));
        await moveSystemClock(deps, offset_ms);
        response.writeHead(200).end();
      } catch (error) {
        response.writeHead(500).end(error instanceof Error ? error.message : "failed");
      }
    })();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the clock hook has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

/** Sets how far the system's clock runs ahead, in milliseconds; never backwards. */
export async function moveSystemClock(
  { pool, gateway }: { readonly pool: Pool; readonly gateway: Gateway },
  offsetMs: number,
): Promise<void> {
  await until(async () => ((await oldestUnappliedSeconds(pool)) === null ? true : undefined), {
    limitMs: SETTLE_MS,
  });
  await moveClock(pool, offsetMs);
  for (const id of await livesWaiting(pool)) await gateway.wakeNow(id);
}
