import type { Alert } from "../../domain/alert.ts";
import type { Operation } from "../../domain/call.ts";
import type { Decision } from "../../domain/decide.ts";
import { decide } from "../../domain/decide.ts";
import type { Life, Turn } from "../../domain/life.ts";
import type { Observation } from "../../domain/observation.ts";
import type { Policy } from "../../domain/policy.ts";
import { CATALOG, checkout, life, observation, turn } from "./builders.ts";

/** Decides on what was seen of a subscription that was bought at our own checkout. */
export const decideOn = (
  seen: Partial<Observation>,
  known: Partial<Life> = {},
  change: Partial<Turn> = {},
): Decision =>
  decide(
    turn({
      life: life({ checkout: checkout({ state: "complete" }), ...known }),
      observation: observation(seen),
      ...change,
    }),
  );

/** What people are told, and in brackets what is only recorded. */
export const told = (alerts: readonly Alert[]): readonly string[] =>
  alerts.map(({ key, superseded }) => (superseded ? `(${key})` : key));

/** What became of each event. */
export const ends = ({ events }: Decision): readonly string[] =>
  events.map(({ event: { type }, state }) => `${type}: ${state}`);

/** The catalog of these tests, with other rules. */
export const byPolicy = (policy: Partial<Policy>): Turn["catalog"] => ({
  ...CATALOG,
  policy: { ...CATALOG.policy, ...policy },
});

/** What is asked of the provider. */
export const wanted = ({ calls }: Decision): readonly Operation[] => calls.map(({ operation }) => operation);
