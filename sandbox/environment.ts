import { z } from "zod";
import { defaultSecret } from "./stripe/endpoint.ts";

const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .refine((number) => number <= 65_535);
const commaList = z.string().transform((text) => text.split(",").map((part) => part.trim()));
const url = z.url({ protocol: /^https?$/ });

const fields = {
  SANDBOX_PORT: { schema: port.default(4280), expected: "a port number, or 0 for any free port" },
  SANDBOX_DATA: { schema: z.string().optional(), expected: "a file name" },
  SANDBOX_WEBHOOK_URL: { schema: url.optional(), expected: "an http(s) address" },
  SANDBOX_WEBHOOK_SECRET: {
    schema: commaList.pipe(z.array(z.string().min(1))).default([defaultSecret]),
    expected: "one or more secrets, separated by commas",
  },
  SANDBOX_CLOCK_HOOK: { schema: url.optional(), expected: "an http(s) address" },
  SANDBOX_RETRY_MS: {
    schema: commaList
      .pipe(z.array(z.string().regex(/^\d+$/).transform(Number)))
      .default([5_000, 30_000, 120_000, 600_000, 3_600_000]),
    expected: "whole numbers of ms, separated by commas",
  },
};

/** What the environment says, checked. */
export interface Environment {
  port: number;
  dataFile: string | undefined;
  webhook: { url: string; secrets: readonly string[] } | undefined;
  clockHook: string | undefined;
  retryMs: readonly number[];
}

/** Reads the environment; throws with the name and what is expected of each variable that is wrong. Empty = absent. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const wrong: string[] = [];
  function read<S extends z.ZodType>(name: string, { schema, expected }: { schema: S; expected: string }) {
    const result = schema.safeParse(env[name] === "" ? undefined : env[name]);
    if (!result.success) wrong.push(`${name} is wrong: expected ${expected}`);
    return result.data;
  }
  const values = {
    port: read("SANDBOX_PORT", fields.SANDBOX_PORT),
    dataFile: read("SANDBOX_DATA", fields.SANDBOX_DATA),
    url: read("SANDBOX_WEBHOOK_URL", fields.SANDBOX_WEBHOOK_URL),
    secrets: read("SANDBOX_WEBHOOK_SECRET", fields.SANDBOX_WEBHOOK_SECRET),
    clockHook: read("SANDBOX_CLOCK_HOOK", fields.SANDBOX_CLOCK_HOOK),
    retryMs: read("SANDBOX_RETRY_MS", fields.SANDBOX_RETRY_MS),
  };
  const { port: number, url: address, secrets, retryMs } = values;
  if (wrong.length > 0 || number === undefined || secrets === undefined || retryMs === undefined)
    throw new Error(wrong.join("\n"));
  return {
    port: number,
    dataFile: values.dataFile,
    webhook: address === undefined ? undefined : { url: address, secrets },
    clockHook: values.clockHook,
    retryMs,
  };
}
