import { activityInfo, heartbeat, sleep } from "@temporalio/activity";
import type { z } from "zod";

/** How often an activity says that its worker lives, in milliseconds: well within its heartbeat time-out. */
const PULSE_MS = 3_000;
/** How soon one page is asked for after the other, in milliseconds: providers limit requests a second. */
const PAGE_EVERY_MS = 50;

/**
 * Does work that keeps its place in the activity's heartbeats: whoever takes it up after a crash or a failure goes on
 * where it was kept last. A place that cannot be read begins anew, which harms nobody.
 * @param first the place of a first attempt
 */
export async function fromPlace<Place, T>(
  schema: z.ZodType<Place>,
  first: Place,
  work: (place: Place, keep: (place: Place) => void) => Promise<T>,
): Promise<T> {
  let place = schema.safeParse(activityInfo().heartbeatDetails).data ?? first;
  const keep = (next: Place): void => {
    place = next;
    heartbeat(place);
  };
  const pulse = setInterval(() => heartbeat(place), PULSE_MS);
  try {
    return await work(place, keep);
  } finally {
    clearInterval(pulse);
  }
}

/**
 * Reads a list page by page, not faster than providers like.
 * @param from where to begin; null: at the first page
 * @param take is given each page; the next is read when it has resolved
 */
export async function readPages<Page extends { readonly next: string | null }>(
  from: string | null,
  read: (from: string | null) => Promise<Page>,
  take: (page: Page) => Promise<void>,
): Promise<void> {
  for (let next = from; ; ) {
    const soonest = performance.now() + PAGE_EVERY_MS;
    const page = await read(next);
    await take(page);
    if (page.next === null) return;
    next = page.next;
    // Also the moment in which a worker that stops lets go of it.
    await sleep(Math.max(1, soonest - performance.now()));
  }
}
