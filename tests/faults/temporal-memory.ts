import type { Client } from "@temporalio/client";

/** All that Temporal remembers of a namespace, as text: every history, search attribute and memo, payloads decoded. */
export async function everythingIn(temporal: Client): Promise<string> {
  const texts: string[] = [];
  for await (const { workflowId, runId } of temporal.workflow.list()) {
    const handle = temporal.workflow.getHandle(workflowId, runId);
    texts.push(readable(await handle.fetchHistory()), readable((await handle.describe()).raw));
  }
  for await (const { scheduleId } of temporal.schedule.list()) {
    texts.push(readable((await temporal.schedule.getHandle(scheduleId).describe()).raw));
  }
  return texts.join("\n");
}

/** JSON in which bytes are the text that they stand for. */
function readable(value: unknown): string {
  return JSON.stringify(decoded(value));
}

function decoded(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, decoded(each)]));
}
