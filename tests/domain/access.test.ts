import { expect, test } from "vitest";
import { givesAccess } from "../../domain/access.ts";
import { STATUSES } from "../../domain/status.ts";
import { HOUR } from "../../domain/time.ts";
import { IN } from "./builders.ts";

test("R12: the table of access has a row for every status", () => {
  const during = Object.fromEntries(
    STATUSES.map((status) => [status, givesAccess(IN[status], IN.past_due.graceUntil - HOUR)]),
  );
  expect(during).toEqual({
    incomplete: false,
    incomplete_expired: false,
    trialing: true,
    active: true,
    past_due: true,
    unpaid: false,
    paused: false,
    canceled: false,
  });
});

test("R12: past due keeps access up to the end of its grace, not at it", () => {
  const { graceUntil } = IN.past_due;
  expect(givesAccess(IN.past_due, graceUntil - 1)).toBe(true);
  expect(givesAccess(IN.past_due, graceUntil)).toBe(false);
});
