import { heartbeat } from "@temporalio/activity";

/** How often an activity says that its worker lives, in milliseconds: well within its heartbeat time-out. */
const PULSE_MS = 3_000;

/** Says so as long as the work goes on: what a worker that was killed had in hand is given to another soon. */
export async function alive<T>(work: () => Promise<T>): Promise<T> {
  const pulse = setInterval(() => heartbeat(), PULSE_MS);
  try {
    return await work();
  } finally {
    clearInterval(pulse);
  }
}
