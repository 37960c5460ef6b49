import { describe, expect, test } from "vitest";
import { givesAccess } from "../../domain/access.ts";
import { STATUSES } from "../../domain/status.ts";
import { DAY, HOUR } from "../../domain/time.ts";
import { failedInvoice, IN, observed, START } from "./builders.ts";
import { decideOn } from "./deciding.ts";

const { graceUntil } = IN.past_due;

test("R12: the table of access has a row for every status", () => {
  const during = Object.fromEntries(
    STATUSES.map((status) => [status, givesAccess(IN[status], graceUntil - HOUR)]),
  );
  expect(during).toEqual({
    incomplete: false,
    incomplete_expired: false,
    trialing: true,
    active: true,
    past_due: true,
    unpaid: true,
    paused: false,
    canceled: false,
  });
});

describe("R12: grace", () => {
  test.each(["past_due", "unpaid"] as const)("%s keeps access up to its end, not at it", (status) => {
    expect(givesAccess(IN[status], graceUntil - 1)).toBe(true);
    expect(givesAccess(IN[status], graceUntil)).toBe(false);
  });

  test.each(["past_due", "unpaid"] as const)(
    "what an operator has given to %s stays with the status",
    (status) => {
      const extended = { ...IN.past_due, graceExtendedDays: 5, graceUntil: graceUntil + 5 * DAY };
      const seen = { subscription: observed({ status }), invoices: [failedInvoice()] };
      expect(decideOn(seen, { subscription: extended }).subscription).toMatchObject({
        status,
        graceExtendedDays: 5,
        graceUntil: graceUntil + 5 * DAY,
      });
    },
  );

  test("an extension is over with the invoice that it was given for", () => {
    const extended = { ...IN.past_due, graceExtendedDays: 5 };
    const another = failedInvoice({ id: "in_2", createdAt: START + 31 * DAY });
    const seen = { subscription: observed({ status: "past_due" }), invoices: [another] };
    expect(decideOn(seen, { subscription: extended }).subscription).toMatchObject({
      graceExtendedDays: null,
    });
  });
});
