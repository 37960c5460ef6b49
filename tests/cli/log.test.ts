import { describe, expect, it } from "vitest";
import { createLog, scrub } from "../../cli/log.ts";

/** What a log writes when it is told so. */
function written(tell: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  tell(createLog("debug", (line) => void lines.push(line)));
  return lines.map((line) => {
    expect(line.endsWith("\n")).toBe(true);
    return JSON.parse(line) as Record<string, unknown>;
  });
}

describe("R10: what is taken out of the log", () => {
  it.each([
    ["an e-mail address", "user maria@example.com is gone", "user [e-mail] is gone"],
    ["one with everything in it", "<m.a+b_c'd%e-1@mail.sub-domain.example.co.uk>", "<[e-mail]>"],
    ["one in other letters", "jürgen@bücher.example", "[e-mail]"],
    ["one in a URL", "?email=maria%40example.com&x=1", "?email=[e-mail]&x=1"],
    ["two of them", "a@example.com,b@example.com", "[e-mail],[e-mail]"],
    ["a card", "card 4242424242424242.", "card [card]."],
    ["a card with gaps", "4242 4242 4242 4242", "[card]"],
    ["a card with dashes", "4000-0000-0000-0341", "[card]"],
    ["an American Express card", "378282246310005", "[card]"],
    ["a Mastercard of the second series", "2223003122003222", "[card]"],
    ["a card and its date", "4242 4242 4242 4242 12/34", "[card]/34"],
    ["a card behind a number", "2 4242 4242 4242 4242", "[card]"],
    ["a secret key", "key sk_live_abcDEF123 refused", "key [secret] refused"],
    ["a restricted key", "rk_test_abcDEF123", "[secret]"],
    ["a webhook secret", "whsec_ab+/cdEF12=,x", "[secret],x"],
    ["a Slack address", "https://hooks.slack.com/services/T0/B0/abc", "https://hooks.slack.com/[secret]"],
    ["a password in a URL", "postgresql://me:hush@db.internal/x", "postgresql://me:[secret]@db.internal/x"],
    ["a password with an @", "postgresql://me:hu@sh@db.internal/x", "postgresql://me:[secret]@db.internal/x"],
    ["a password without a user", "redis://:hush@cache:6379", "redis://:[secret]@cache:6379"],
  ])("%s", (_what, text, expected) => {
    expect(scrub(text)).toBe(expected);
  });

  it.each([
    "0190f000-0000-7000-8000-000000000001",
    "42424242-4242-4242-4242-424242424242",
    "subscription/0190f000-0000-7000-8000-000000000001",
    "sub_1PabcDEF0123456789",
    "pi_4242424242424242",
    "evt_4242424242424242-1",
    "2026-11-25T12:34:56.789Z",
    "20261125123456",
    "1764074096789",
    "1764074096789123456",
    "4242424242424243",
    "a price of 2900 usd, 14 days, 100000000000",
    "task_assessment",
    "at /app/node_modules/.pnpm/pg@8.23.1/node_modules/pg/lib/client.js:631:17",
    "@temporalio/worker@1.24.0",
    "https://checkout.stripe.com/c/pay/cs_test_a1",
    "http://127.0.0.1:12111/v1/customers",
    "postgresql://127.0.0.1:5432/perennial",
  ])("and what is not: %s", (text) => {
    expect(scrub(text)).toBe(text);
  });

  it("long words without end cost no time", () => {
    const startedAt = performance.now();
    for (const word of ["a", "a.", "1", "1 ", "4 ", "://a:", "a%40", "sk_"]) scrub(word.repeat(100_000));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe("a line of the log", () => {
  it("R10: has nothing of it in messages, fields, names of fields, errors and their causes", () => {
    const error = new Error("no mail to maria@example.com\n4242424242424242\nsk_test_abcdef123", {
      cause: new Error("postgresql://me:hush@db/x"),
    });
    const [line] = written((log) =>
      log.warn(
        { err: error, deep: [{ "maria@example.com": ["4242 4242 4242 4242"] }], n: 4242424242424242 },
        "to\nmaria@example.com",
      ),
    );
    const text = JSON.stringify(line);
    expect(text).not.toMatch(/maria|4242|sk_test|hush/);
    expect(line).toMatchObject({
      msg: "to\n[e-mail]",
      deep: [{ "[e-mail]": ["[card]"] }],
      n: "[card]",
      err: {
        message: "no mail to [e-mail]\n[card]\n[secret]",
        cause: { message: "postgresql://me:[secret]@db/x" },
      },
    });
  });

  it("stays the line it was otherwise", () => {
    const fields = {
      id: "0190f000-0000-7000-8000-000000000001",
      ms: 12.5,
      none: null,
      yes: true,
      list: [1, "ü\\u0000"],
    };
    expect(written((log) => log.info(fields, 'said "so"\t\\'))).toEqual([
      { level: 30, time: expect.any(Number), ...fields, msg: 'said "so"\t\\' },
    ]);
  });

  it("tells of an error what it is, and not the row that Postgres quotes or the body that a parser holds", () => {
    const error = Object.assign(new TypeError("bad"), {
      code: "23505",
      detail: "Key (email)=(planted) exists",
      body: "planted",
    });
    const [line] = written((log) => log.error({ err: error }, "failed"));
    expect(line).toMatchObject({ err: { type: "TypeError", message: "bad", code: "23505" } });
    expect(JSON.stringify(line)).not.toContain("planted");
  });

  it("is written from its level on", () => {
    const lines: string[] = [];
    const log = createLog("warn", (line) => void lines.push(line));
    log.info("quiet");
    log.child({ part: "sweep" }).warn("loud");
    expect(lines.map((line) => (JSON.parse(line) as { msg: string; part: string }).msg)).toEqual(["loud"]);
  });
});
