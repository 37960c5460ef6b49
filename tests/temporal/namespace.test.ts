import { randomUUID } from "node:crypto";
import { expect, inject, test } from "vitest";
import { HOUR } from "../../domain/time.ts";
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
    await ensureTemporal(client, {
      namespace,
      sweepEveryMs: HOUR,
      verifyEveryMs: HOUR,
      catchUpEveryMs: HOUR,
    });
    for (const id of ["sweep", "verification", "catch-up"]) {
      expect((await client.schedule.getHandle(id).describe()).scheduleId).toBe(id);
      await client.schedule.getHandle(id).delete();
    }
  } finally {
    await client.connection.close();
  }
});
