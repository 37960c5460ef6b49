import { parseArgs } from "node:util";
import { ConfigError } from "./config.ts";

export const USAGE = `Why is this subscription in this state: its life line by line, each decision made again under today's code.

  npm run explain -- <subscription id | provider's id | receipt>
  npm run explain -- <…> --as-test <name>

--as-test also writes the decisions, without ids and words of people, to tests/fixtures/decisions/<name>.json, where
the tests make them again. Exit code 1: a decision would differ.`;

export interface ExplainWish {
  readonly name: string;
  readonly asTest: string | undefined;
}

/** @throws ConfigError with the usage, when it is not clear what is wanted; undefined: help was */
export function readWish(args: readonly string[]): ExplainWish | undefined {
  const { values, positionals } = parse(args);
  if (values.help === true) return undefined;
  const [name, ...more] = positionals;
  const asTest = values["as-test"];
  if (name === undefined || name === "" || more.length > 0) throw new ConfigError(USAGE);
  if (asTest !== undefined && !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(asTest)) {
    throw new ConfigError(`--as-test takes a name in kebab-case\n\n${USAGE}`);
  }
  return { name, asTest };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { "as-test": { type: "string" }, help: { type: "boolean" } },
    });
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}
