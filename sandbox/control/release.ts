import { z } from "zod";
import type { Queue } from "../delivery/queue.ts";
import type { Attempt, Delivery, Outgoing } from "../delivery/records.ts";
import { seeded, shuffled } from "../random.ts";

/** Which held deliveries leave, in which order and how often. */
export const releaseOrder = z.strictObject({
  order: z
    .union([z.enum(["in_order", "reversed"]), z.strictObject({ shuffle: z.number().int() })])
    .default("in_order"),
  /** extra copies of each */
  copies: z.number().int().min(0).max(50).default(0),
  types: z.array(z.string()).optional(),
  /** event ids */
  events: z.array(z.string()).optional(),
  /** all at once instead of one after the other */
  concurrent: z.boolean().default(false),
});

/** What came of one attempt. */
export type Outcome = Pick<Attempt, "event" | "type" | "status">;

/** Delivers what is held, now. What is not received stays held. */
export async function release(
  queue: Queue,
  deliveries: readonly Delivery[],
  wanted: z.infer<typeof releaseOrder>,
): Promise<Outcome[]> {
  const held = deliveries.filter(
    (it) =>
      it.state === "held" &&
      (wanted.types === undefined || wanted.types.includes(it.type)) &&
      (wanted.events === undefined || wanted.events.includes(it.event)),
  );
  const copies = new Map(held.map((it) => [it, addCopies(queue, it, wanted.copies)]));
  const all = held.flatMap((it) => [it, ...(copies.get(it) ?? [])]);
  const attempts = await queue.attemptNow(ordered(all, wanted.order), wanted.concurrent);
  for (const copy of [...copies.values()].flat()) giveUp(copy);
  return attempts.map(({ event, type, status }) => ({ event, type, status }));
}

/** Delivers an event again, whatever became of its first deliveries. */
export async function resend(
  queue: Queue,
  outgoing: readonly Outgoing[],
  copies: number,
): Promise<Outcome[]> {
  const again = outgoing.flatMap((one) => addCopies(queue, one, copies + 1));
  const attempts = await queue.attemptNow(again, false);
  again.forEach(giveUp);
  return attempts.map(({ event, type, status }) => ({ event, type, status }));
}

function addCopies(queue: Queue, of: Outgoing, count: number): Delivery[] {
  const { provider, event, type, endpoint } = of;
  return Array.from({ length: count }, () => queue.add({ provider, event, type, endpoint }, "held"));
}

/** A copy is tried once. */
function giveUp(copy: Delivery): void {
  if (copy.state === "held") copy.state = "failed";
}

function ordered(deliveries: Delivery[], order: z.infer<typeof releaseOrder>["order"]): Delivery[] {
  if (order === "in_order") return deliveries;
  if (order === "reversed") return deliveries.toReversed();
  return shuffled(deliveries, seeded(order.shuffle));
}
