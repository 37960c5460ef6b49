import { parseArgs } from "node:util";
import { EVENT_STATES } from "../api/pages/events.ts";
import { PROVIDERS, type Provider } from "../domain/provider.ts";
import type { EventState } from "../store/events.ts";
import { ConfigError } from "./config.ts";

export const USAGE = `The received webhook events, for operators:

  npm run events -- list [--state received|parked|applied|ignored] [--limit 50]
  npm run events -- show <id>
  npm run events -- replay <id>
  npm run events -- ignore <id> --reason "why"

An id that two providers use is told apart by --provider stripe|razorpay. show prints the payload, which may hold
personal data.`;

export interface ListWish {
  readonly action: "list";
  readonly state: EventState | undefined;
  readonly limit: number;
}

export interface EventWish {
  readonly action: "show" | "replay" | "ignore";
  readonly provider: Provider;
  readonly id: string;
  readonly reason: string;
}

/** @throws ConfigError with the usage, when it is not clear what is wanted: nothing is done then */
export function readWish(args: readonly string[]): ListWish | EventWish | { readonly action: "help" } {
  const { values, positionals } = parse(args);
  const [action, id, ...more] = positionals;
  if (values.help === true) return { action: "help" };
  if (action === "list" && id === undefined) {
    const { state, limit = "50" } = values;
    const known = EVENT_STATES.find((each) => each === state);
    if (state !== undefined && known === undefined) throw misused(`There is no state ${state}`);
    if (!/^[1-9]\d{0,3}$/.test(limit)) throw misused("--limit takes a number from 1 to 9999");
    return { action, state: known, limit: Number(limit) };
  }
  if (
    id === undefined ||
    more.length > 0 ||
    (action !== "show" && action !== "replay" && action !== "ignore")
  ) {
    throw misused();
  }
  const provider = PROVIDERS.find((each) => each === (values.provider ?? "stripe"));
  if (provider === undefined) throw misused(`There is no provider ${values.provider}`);
  const reason = (values.reason ?? "").trim();
  if (action === "ignore" && reason === "") throw misused('Say why it is ignored: --reason "…"');
  return { action, provider, id, reason };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        state: { type: "string" },
        limit: { type: "string" },
        provider: { type: "string" },
        reason: { type: "string" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw misused(error instanceof Error ? error.message : undefined);
  }
}

function misused(problem?: string): ConfigError {
  return new ConfigError(problem === undefined ? USAGE : `${problem}\n\n${USAGE}`);
}
