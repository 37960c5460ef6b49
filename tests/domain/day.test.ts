import * as fc from "fast-check";
import { expect, test } from "vitest";
import { dayInWords } from "../../domain/day.ts";
import { DAY } from "../../domain/time.ts";

const MONTH = new Intl.DateTimeFormat("en-GB", { month: "long", timeZone: "UTC" });

test("R13: every moment has the day that Date gives it, in UTC", () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true, min: new Date(-1e14), max: new Date(1e14) }), (date) => {
      const expected = `${date.getUTCDate()} ${MONTH.format(date)} ${date.getUTCFullYear()}`;
      expect(dayInWords(date.getTime())).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

test("a day begins at its midnight, also after a leap day and at the end of a year", () => {
  const midnight = Date.UTC(2028, 1, 29);
  expect([midnight - 1, midnight, midnight + DAY].map(dayInWords)).toEqual([
    "28 February 2028",
    "29 February 2028",
    "1 March 2028",
  ]);
  expect([Date.UTC(2027, 0, 1) - 1, Date.UTC(2027, 0, 1)].map(dayInWords)).toEqual([
    "31 December 2026",
    "1 January 2027",
  ]);
});
