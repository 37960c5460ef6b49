import { isIP } from "node:net";
import { loadClientConnectConfig } from "@temporalio/envconfig";
import type { NativeConnectionOptions } from "@temporalio/worker";
import { z } from "zod";

/** The environment of a process, as `process.env` gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

const isUrl =
  (...protocols: string[]) =>
  (text: string): boolean =>
    URL.canParse(text) && protocols.includes(new URL(text).protocol);
/** The SDK takes scheme, host and port, and nothing more. */
const isOrigin = (text: string): boolean =>
  isUrl("http:", "https:")(text) && `${new URL(text).origin}/` === new URL(text).href;
const webUrl = (what: string) => z.string(what).refine(isUrl("http:", "https:"), what);
const mailServer =
  "the address of a mail server: smtp://user:password@host:port, or smtps:// for TLS throughout";
const mailSender = "the sender of messages to customers, such as Acme <billing@acme.example>";
/** Nothing but the server: options behind it would go unheard. */
function isMailServer(text: string): boolean {
  if (!isUrl("smtp:", "smtps:")(text) || !/^\w+:\/\/[^\s/?#]+\/?$/.test(text)) return false;
  const { hostname, username, password } = new URL(text);
  try {
    return hostname !== "" && typeof decodeURIComponent(username + password) === "string";
  } catch {
    return false;
  }
}
const secret = (prefix: RegExp, what: string) => z.string(what).regex(prefix, what);
const seconds = (most: number) =>
  z.coerce.number(`a number of seconds, at most ${most}`).int().min(1).max(most);

/** The providers for which there are settings here. */
const SET_UP = ["stripe"] as const;

const webhookSecrets = "one or more signing secrets of webhook endpoints (whsec_…), separated by commas";

const COMMON = {
  DATABASE_URL: z
    .string("the address of a Postgres database: postgresql://user:password@host:5432/name")
    .refine(isUrl("postgresql:", "postgres:"), "the address of a Postgres database: postgresql://…"),
  PUBLIC_URL: webUrl("the address at which customers reach the API, such as https://billing.example.com"),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"], "one of debug, info, warn, error").default("info"),
  BILLING_DEFAULT_PROVIDER: z.enum(SET_UP, `one of ${SET_UP.join(", ")}`).default("stripe"),
  STRIPE_SECRET_KEY: secret(/^(sk|rk)_(test|live)_\w+$/, "a secret key of Stripe: sk_test_… or sk_live_…"),
  STRIPE_WEBHOOK_SECRET: z
    .string(webhookSecrets)
    .transform((list) => list.split(",").map((one) => one.trim()))
    .refine((list) => list.every((one) => /^whsec_\S+$/.test(one)), webhookSecrets),
  STRIPE_API_BASE: z
    .string()
    .refine(isOrigin, "another address for Stripe's API, without a path, such as http://127.0.0.1:12111")
    .optional(),
  SLACK_WEBHOOK_URL: webUrl("the address of a Slack incoming webhook").optional(),
  SMTP_URL: z.string().refine(isMailServer, mailServer).optional(),
  MAIL_FROM: z
    .string()
    .regex(/^(?:[^<>@\r\n]+ <[^\s<>@,]+@[^\s<>@,]+>|[^\s<>@,]+@[^\s<>@,]+)$/, mailSender)
    .optional(),
  PRODUCT_NAME: z
    .string()
    .regex(/^[^\r\n]{1,80}$/, "what customers know the product by, 80 characters at most")
    .default("Perennial"),
  SWEEP_AFTER_SECONDS: seconds(3_600).default(30),
};

const Common = z
  .object(COMMON)
  // Both or neither, told together with whatever else is wrong.
  .refine(({ SMTP_URL, MAIL_FROM }) => SMTP_URL !== undefined || MAIL_FROM === undefined, {
    path: ["SMTP_URL"],
    error: `${mailServer}, as MAIL_FROM is set`,
    when: () => true,
  })
  .refine(({ SMTP_URL, MAIL_FROM }) => MAIL_FROM !== undefined || SMTP_URL === undefined, {
    path: ["MAIL_FROM"],
    error: `${mailSender}, as SMTP_URL is set`,
    when: () => true,
  });

const Api = Common.extend({
  HOST: z
    .string()
    .refine((text) => isIP(text) !== 0, "an IP address to listen on")
    .default("127.0.0.1"),
  PORT: z.coerce.number("a port number").int().min(0).max(65_535).default(3000),
  BILLING_API_KEY: z
    .string("the API key of the product's backend: 16 characters or more")
    .min(16, "the API key of the product's backend: 16 characters or more"),
  ADMIN_TOKEN: z
    .string("the operators' password: 16 characters or more")
    .min(16, "the operators' password: 16 characters or more"),
  STRIPE_PUBLISHABLE_KEY: secret(/^pk_(test|live)_\w+$/, "a publishable key of Stripe: pk_…").optional(),
  CHECKOUTS_PER_MINUTE: z.coerce.number("a number of requests").int().min(1).default(120),
  EVENTS_WAITING_ALARM_SECONDS: seconds(86_400).default(300),
});

const temporalSwitch = z.enum(["true", "false", "1", "0"], "true or false").optional();

/** What the SDK would take for something else without a word. */
const Temporal = z.object({
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+$/, "the address of Temporal: host:port, without http://")
    .optional(),
  TEMPORAL_TLS: temporalSwitch,
  TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: temporalSwitch,
});

const Migration = z.object({
  DATABASE_URL: Common.shape.DATABASE_URL,
  LOG_LEVEL: Common.shape.LOG_LEVEL,
  CATALOG_FILE: z.string().min(1).default("catalog.yaml"),
  SWEEP_EVERY_SECONDS: seconds(3_600).default(30),
  VERIFY_EVERY_SECONDS: seconds(7 * 86_400).default(86_400),
  // Well within the ten minutes in which an event can still explain what a look has shown.
  CATCH_UP_EVERY_SECONDS: seconds(86_400).default(300),
});

/** Where Temporal is, by its own variables (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key). */
export interface TemporalPlace {
  readonly connectionOptions: NativeConnectionOptions;
  readonly namespace: string;
}

type Read<T extends z.ZodType> = Readonly<z.infer<T>> & { readonly temporal: TemporalPlace };
export type WorkerConfig = Read<typeof Common>;
export type ApiConfig = Read<typeof Api>;
export type MigrationConfig = Read<typeof Migration>;

/** The environment is not as it must be. Says each variable's name and what is expected, never its value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** @throws ConfigError */
export const readWorkerConfig = (env: Environment): WorkerConfig => read(Common, env);
/** @throws ConfigError */
export const readApiConfig = (env: Environment): ApiConfig => read(Api, env);
/** @throws ConfigError */
export const readMigrationConfig = (env: Environment): MigrationConfig => read(Migration, env);

function read<T extends z.ZodObject>(schema: T, env: Environment): Read<T> {
  // An empty variable is one that is not set: compose files pass them on like that. Files add a line's end.
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value = ""]) => (value.trim() === "" ? [] : [[name, value.trim()]])),
  );
  const parsed = schema.safeParse(given);
  const temporal = Temporal.safeParse(given);
  if (!parsed.success || !temporal.success) {
    const issues = [...(parsed.error?.issues ?? []), ...(temporal.error?.issues ?? [])];
    const lines = issues.map(({ path, message }) => {
      const name = path.join(".");
      return `  ${name} ${name in given ? "is wrong" : "is missing"}: expected ${message}`;
    });
    throw new ConfigError(`The configuration is not complete:\n${lines.join("\n")}`);
  }
  return { ...parsed.data, temporal: readTemporal(given) };
}

function readTemporal(env: Record<string, string>): TemporalPlace {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: env });
    return { connectionOptions, namespace: namespace ?? "default" };
  } catch (cause) {
    const names = Object.keys(env).filter((name) => name.startsWith("TEMPORAL_"));
    const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    throw new ConfigError(
      `The configuration is not complete:\n  ${names.join(", ")}: one is wrong${code}: expected what Temporal's own programs take, in files that can be read`,
      { cause },
    );
  }
}
