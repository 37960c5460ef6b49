import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { z } from "zod";
import { hasPendingCalls } from "../store/calls.ts";
import { moveClock } from "../store/clock.ts";
import { oldestUnappliedSeconds } from "../store/events.ts";
import type { Pool } from "../store/pool.ts";
import { earliestDeadline, livesOverdue, livesWaiting } from "../store/subscriptions.ts";
import type { Gateway } from "../temporal/gateway.ts";
import { until } from "./embedded/until.ts";

const Move = z.object({
  offset_ms: z.number().int().min(0),
  /** The move ends here; else it goes on at once. */
  arrived: z.boolean().default(true),
});
/** How long what has happened so far may take to be applied before time goes on, in milliseconds. */
const SETTLE_MS = 10_000;
/** How long those whose deadline has come may take to have their turns, in milliseconds. */
const TURNS_MS = 5_000;
/** How many lives are woken at one stop; the others are at the next. */
const MOST = 10_000;

export interface ClockHook {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Moves the system's clock with the sandbox's (R13), from one deadline to the next: what has happened is applied first,
 * then those whose deadline has come are woken, and have their turns. The answer says when the next one comes.
 */
export async function startClockHook(deps: {
  readonly pool: Pool;
  readonly gateway: Gateway;
}): Promise<ClockHook> {
  const server = createServer((request, response) => {
    void (async () => {
      try {
        const { offset_ms, arrived } = Move.parse(await json(request));
        const next = await moveSystemClock(deps, offset_ms, arrived);
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ next_deadline_ms: next }));
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

/**
 * Sets how far the system's clock runs ahead, in milliseconds; never backwards. Answers when the next deadline comes,
 * or null: nobody waits for any.
 */
export async function moveSystemClock(
  { pool, gateway }: { readonly pool: Pool; readonly gateway: Gateway },
  offsetMs: number,
  arrived = true,
): Promise<number | null> {
  await until(async () => ((await isAtWork(pool)) ? undefined : true), { limitMs: SETTLE_MS });
  await moveClock(pool, offsetMs);
  const now = Date.now() + offsetMs;
  // Timers know nothing of a clock that was moved: at the end of the way all of them are set anew.
  const woken = arrived ? await livesWaiting(pool) : await livesOverdue(pool, now, MOST);
  for (const id of woken) await gateway.wakeNow(id);
  await until(
    async () => ((await isAtWork(pool)) || (await livesOverdue(pool, now, 1)).length > 0 ? undefined : true),
    { limitMs: TURNS_MS },
  );
  return earliestDeadline(pool);
}

/** Whether something that has happened is still to be applied, or to be asked of the provider. */
const isAtWork = async (pool: Pool): Promise<boolean> =>
  (await oldestUnappliedSeconds(pool)) !== null || (await hasPendingCalls(pool));
