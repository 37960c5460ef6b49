import { setTimeout as pause } from "node:timers/promises";

/**
 * Asks again every `everyMs` until the answer is not undefined; answers undefined when `limitMs` has passed.
 * What `ask` throws ends the wait.
 */
export async function until<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  { limitMs, everyMs = 50 }: { limitMs: number; everyMs?: number },
): Promise<T | undefined> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() >= end) return answer;
    await pause(everyMs);
  }
}
