import type { Deps } from "./deps.ts";

/** How many messages to Temporal are under way at once, and how long it goes on beginning them, in milliseconds. */
const AT_ONCE = 10;
const SEND_MS = 15_000;

/**
 * Sends one message for each, a few at a time. One that fails holds up none; what is left is for the next time.
 * Answers how many were sent.
 */
export async function sendEach<T>(
  { log }: Pick<Deps, "log">,
  items: readonly T[],
  send: (item: T) => Promise<void>,
): Promise<number> {
  const endsAt = performance.now() + SEND_MS;
  const queue = items.values();
  let sent = 0;
  const takeTurns = async (): Promise<void> => {
    for (const item of queue) {
      if (performance.now() > endsAt) return;
      try {
        await send(item);
        sent += 1;
      } catch (err) {
        log.warn({ err }, "left to the next time");
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, takeTurns));
  return sent;
}
