import { describe, expect, it } from "vitest";
import {
  ConfigError,
  type Environment,
  readApiConfig,
  readMigrationConfig,
  readWorkerConfig,
} from "../../cli/config.ts";

const COMMON = {
  DATABASE_URL: "postgresql://perennial:planted-1@db.internal:5432/billing",
  PUBLIC_URL: "https://billing.example.com",
  STRIPE_SECRET_KEY: "sk_test_planted2",
  STRIPE_WEBHOOK_SECRET: "whsec_planted3",
};
const API = { ...COMMON, BILLING_API_KEY: "planted-4-planted-4", ADMIN_TOKEN: "planted-5-planted-5" };

/** The lines of what is said about an environment that is not as it must be. */
function complaints(env: Environment): string[] {
  try {
    readApiConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.message).not.toMatch(/planted|hush/);
    const [title, ...lines] = error.message.split("\n");
    expect(title).toBe("The configuration is not complete:");
    return lines.map((line) => line.trim());
  }
  return [];
}

describe("what is missing", () => {
  it("is named, all of it at once, with what is expected", () => {
    expect(complaints({})).toEqual([
      expect.stringMatching(
        /^DATABASE_URL is missing: expected the address of a Postgres database: postgresql:/,
      ),
      expect.stringMatching(/^PUBLIC_URL is missing: expected the address at which customers reach the API/),
      expect.stringMatching(/^STRIPE_SECRET_KEY is missing: expected a secret key of Stripe: sk_test_/),
      expect.stringMatching(
        /^STRIPE_WEBHOOK_SECRET is missing: expected one or more signing secrets .*commas$/,
      ),
      expect.stringMatching(/^BILLING_API_KEY is missing: expected .* 16 characters or more$/),
      expect.stringMatching(/^ADMIN_TOKEN is missing: expected .* 16 characters or more$/),
    ]);
  });

  it.each(Object.keys(API))("%s: one that is empty or blank is one that is not set", (name) => {
    for (const value of [undefined, "", "  ", "\n"]) {
      const said = complaints({ ...API, [name]: value });
      expect(said).toEqual([expect.stringContaining(`${name} is missing: expected `)]);
    }
  });

  it("and has a usual value takes that", () => {
    expect(readApiConfig({ ...API, PORT: "", HOST: " ", LOG_LEVEL: "" })).toMatchObject({
      HOST: "127.0.0.1",
      PORT: 3_000,
      LOG_LEVEL: "info",
      BILLING_DEFAULT_PROVIDER: "stripe",
      CHECKOUTS_PER_MINUTE: 120,
      EVENTS_WAITING_ALARM_SECONDS: 300,
      SWEEP_AFTER_SECONDS: 30,
    });
    const { DATABASE_URL } = COMMON;
    expect(readMigrationConfig({ DATABASE_URL })).toMatchObject({
      CATALOG_FILE: "catalog.yaml",
      SWEEP_EVERY_SECONDS: 30,
      VERIFY_EVERY_SECONDS: 86_400,
      CATCH_UP_EVERY_SECONDS: 300,
    });
  });
});

describe("what is wrong", () => {
  it.each([
    ["DATABASE_URL", ["mysql://hush@db/x", "hush"], "Postgres"],
    ["PUBLIC_URL", ["billing.example.com", "ftp://hush"], "the address at which customers reach the API"],
    ["STRIPE_SECRET_KEY", ["pk_test_hush", "sk_hush", "sk_test_hush hush"], "a secret key of Stripe"],
    ["STRIPE_WEBHOOK_SECRET", ["hush", "whsec_hush,", "whsec_hush,hush", "whsec_"], "separated by commas"],
    ["STRIPE_PUBLISHABLE_KEY", ["sk_test_hush"], "a publishable key of Stripe: pk_"],
    ["STRIPE_API_BASE", ["hush", "https://api.example.com/hush"], "http://127.0.0.1:12111"],
    ["SLACK_WEBHOOK_URL", ["hush"], "a Slack incoming webhook"],
    ["PRODUCT_NAME", ["hush\nhush", "hush".repeat(21)], "what customers know the product by"],
    ["BILLING_API_KEY", ["hush"], "16 characters or more"],
    ["ADMIN_TOKEN", ["hush"], "16 characters or more"],
    ["BILLING_DEFAULT_PROVIDER", ["hush", "razorpay"], "one of stripe"],
    ["LOG_LEVEL", ["hush", "trace"], "one of debug, info, warn, error"],
    ["HOST", ["localhost", "hush"], "an IP address"],
    ["PORT", ["hush", "65536", "-1", "80.5"], "a port number"],
    ["CHECKOUTS_PER_MINUTE", ["0", "hush"], "a number of requests"],
    ["SWEEP_AFTER_SECONDS", ["0", "3601", "hush"], "a number of seconds, at most 3600"],
    ["EVENTS_WAITING_ALARM_SECONDS", ["1.5", "hush"], "a number of seconds, at most 86400"],
    ["TEMPORAL_ADDRESS", ["http://hush:7233", "hush hush"], "host:port"],
    ["TEMPORAL_TLS", ["hush", "yes"], "true or false"],
    ["TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", ["hush"], "true or false"],
  ])("%s is named with what is expected, and never with its value", (name, values, expected) => {
    for (const value of values) {
      const said = complaints({ ...API, [name]: value });
      expect(said).toEqual([expect.stringContaining(`${name} is wrong: expected `)]);
      expect(said[0]).toContain(expected);
    }
  });

  it("is all told at once, with what is missing", () => {
    const said = complaints({ ...API, PORT: "x", TEMPORAL_TLS: "x", ADMIN_TOKEN: "" });
    expect(said.map((line) => line.split(":")[0])).toEqual([
      "PORT is wrong",
      "ADMIN_TOKEN is missing",
      "TEMPORAL_TLS is wrong",
    ]);
  });
});

const read = (list: string) =>
  readWorkerConfig({ ...COMMON, STRIPE_WEBHOOK_SECRET: list }).STRIPE_WEBHOOK_SECRET;

describe("mail to customers", () => {
  const mail = { SMTP_URL: "smtp://ann:planted-6@mail.example.com:2525", MAIL_FROM: "Acme <a@acme.example>" };

  it("is set up by the server and the sender, or not at all", () => {
    expect(readApiConfig({ ...API, ...mail })).toMatchObject({ ...mail, PRODUCT_NAME: "Perennial" });
    expect(readApiConfig({ ...API, ...mail, SMTP_URL: "smtps://mail", MAIL_FROM: "a@acme.example" })).toEqual(
      expect.objectContaining({ SMTP_URL: "smtps://mail" }),
    );
    expect(readApiConfig({ ...API, SMTP_URL: "", MAIL_FROM: "" })).not.toHaveProperty("SMTP_URL");
  });

  it("names what is missing of the two, with whatever else is missing", () => {
    expect(complaints({ ...API, ADMIN_TOKEN: "", SMTP_URL: mail.SMTP_URL })).toEqual([
      expect.stringMatching(/^ADMIN_TOKEN is missing/),
      expect.stringMatching(/^MAIL_FROM is missing: expected the sender of messages .*, as SMTP_URL is set$/),
    ]);
    expect(complaints({ ...API, MAIL_FROM: mail.MAIL_FROM })).toEqual([
      expect.stringMatching(/^SMTP_URL is missing: expected the address of a mail server: .* is set$/),
    ]);
  });

  it.each([
    [
      "SMTP_URL",
      ["hush", "http://hush", "smtp://", "smtp://mail/hush", "smtp://mail?tls=hush", "smtp://hush:%zz@mail"],
      "smtp://user:",
    ],
    ["MAIL_FROM", ["hush", "Acme <hush>", "a@hush, b@hush", "Acme\n<a@hush>"], "Acme <billing@acme.example>"],
  ])("%s that is wrong is named with what is expected", (name, values, expected) => {
    for (const value of values) {
      const said = complaints({ ...API, ...mail, [name]: value });
      expect(said).toEqual([expect.stringContaining(`${name} is wrong: expected `)]);
      expect(said[0]).toContain(expected);
    }
  });
});

describe("STRIPE_WEBHOOK_SECRET", () => {
  it("is a list, so that a new secret can be rolled out before the old one goes", () => {
    expect(read("whsec_one")).toEqual(["whsec_one"]);
    expect(read(" whsec_new , whsec_old\n")).toEqual(["whsec_new", "whsec_old"]);
  });
});

describe("the end of a line, as files of secrets have it", () => {
  it("is not part of a value", () => {
    const withEnds = Object.fromEntries(Object.entries(API).map(([name, value]) => [name, `${value}\n`]));
    expect(readApiConfig(withEnds)).toEqual(readApiConfig(API));
  });
});

const place = (env: Environment) => readWorkerConfig({ ...COMMON, ...env }).temporal;

describe("Temporal's place", () => {
  it("is read from its own variables", () => {
    expect(place({ TEMPORAL_ADDRESS: "temporal.internal:7233", TEMPORAL_NAMESPACE: "billing" })).toEqual({
      connectionOptions: { address: "temporal.internal:7233" },
      namespace: "billing",
    });
  });

  it("has a usual namespace", () => {
    expect(place({ TEMPORAL_ADDRESS: "127.0.0.1:7233", TEMPORAL_NAMESPACE: "" }).namespace).toBe("default");
  });

  it("has TLS and an API key where they are given", () => {
    expect(
      place({ TEMPORAL_ADDRESS: "ns.tmprl.cloud:7233", TEMPORAL_API_KEY: "key", TEMPORAL_TLS: "true" }),
    ).toMatchObject({ connectionOptions: { apiKey: "key", tls: expect.anything() } });
  });

  it("that cannot be read is told by the names of its variables", () => {
    const said = complaints({ ...API, TEMPORAL_TLS_CLIENT_CERT_PATH: "/hush/client.pem" });
    expect(said).toEqual([
      expect.stringMatching(/^TEMPORAL_TLS_CLIENT_CERT_PATH: one is wrong \(ENOENT\): expected /),
    ]);
    expect(complaints({ ...API, TEMPORAL_PROFILE: "hush" })).toEqual([
      expect.stringMatching(/^TEMPORAL_PROFILE: one is wrong: expected /),
    ]);
  });
});
