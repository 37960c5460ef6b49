import { randomUUID } from "node:crypto";
import { expect, inject, test } from "vitest";
import { createClient } from "../../temporal/connect.ts";
import { ensureTemporal } from "../../temporal/ensure.ts";
import { ensureNamespace } from "../../temporal/namespace.ts";

test("makes a namespace that can be used at once, and leaves one that is there as it is", async () => {
  const namespace = `stage-${randomUUID()}`;
  const place = { connectionOptions: { address: inject("temporalAddress") }, namespace };
  await Promise.all([ensureNamespace(place), ensureNamespace(place)]);
  await ensureNamespace(place);
  const client = createClient(place);
  try {
    await ensureTemporal(client, { namespace, sweepEveryMs: 3_600_000 });
    expect((await client.schedule.getHandle("sweep").describe()).scheduleId).toBe("sweep");
    await client.schedule.getHandle("sweep").delete();
  } finally {
    await client.connection.close();
  }
});
