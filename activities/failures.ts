import { ApplicationFailure } from "@temporalio/activity";
import { ProviderError } from "../providers/provider.ts";
import { TemporalAway } from "../temporal/gateway.ts";
import type { Deps } from "./deps.ts";
import { providerRefuses } from "./incidents.ts";

/**
 * Runs an activity's work. Its failure goes to Temporal as a kind and a code only: messages of drivers and
 * providers may hold what does not belong there (R10). The log, which is ours, has the whole.
 */
export async function bounded<T>(deps: Deps, activity: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    deps.log.warn({ activity, err: error }, "activity failed");
    if (error instanceof ProviderError && error.kind === "misconfigured") await countRefusal(deps, error);
    throw toFailure(error);
  }
}

/** Whatever comes of the counting, the activity has failed for its own reason. */
async function countRefusal(deps: Deps, error: ProviderError): Promise<void> {
  try {
    await providerRefuses(deps, error);
  } catch (err) {
    deps.log.warn({ err }, "the provider's refusal is not counted");
  }
}

function toFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const [type, message] = described(error);
  return ApplicationFailure.create({ type, message });
}

function described(error: unknown): [type: string, message: string] {
  if (error instanceof ProviderError) return ["ProviderError", `${error.kind} ${error.code ?? ""}`.trim()];
  if (error instanceof TemporalAway) return ["TemporalAway", "Temporal did not answer in time"];
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return ["StoreError", `database error ${error.code}`];
  }
  return ["ActivityError", error instanceof Error ? error.name : "unknown error"];
}
