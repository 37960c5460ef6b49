import { setTimeout as pause } from "node:timers/promises";
import { isGrpcServiceError } from "@temporalio/client";
import { msToTs } from "@temporalio/common/lib/time.js";
import { createClient, type TemporalAddress } from "./connect.ts";

/** gRPC's codes (grpc.io/docs/guides/status-codes). */
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const LOOK_EVERY_MS = 250;
const LIMIT_MS = 30_000;

/** Makes the namespace where there is none, and waits until it can be used. Closed workflows are kept for a day. */
export async function ensureNamespace(place: TemporalAddress): Promise<void> {
  const { connection } = createClient(place);
  const { namespace } = place;
  // Not describeNamespace: it knows a new namespace seconds before the rest of the server does.
  const isUsable = (): Promise<boolean> =>
    connection.operatorService.listSearchAttributes({ namespace }).then(
      () => true,
      (error: unknown) => {
        if (hasCode(error, NOT_FOUND)) return false;
        throw error;
      },
    );
  try {
    await connection.withDeadline(Date.now() + LIMIT_MS, async () => {
      if (await isUsable()) return;
      await connection.workflowService
        .registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs("1 day") })
        .catch((error: unknown) => {
          if (!hasCode(error, ALREADY_EXISTS)) throw error;
        });
      while (!(await isUsable())) await pause(LOOK_EVERY_MS);
    });
  } finally {
    await connection.close();
  }
}

function hasCode(error: unknown, code: number): boolean {
  const given: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
  return given === code;
}
