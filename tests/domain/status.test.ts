import { expect, test } from "vitest";
import { asStatus, isTerminal, STATUSES } from "../../domain/status.ts";

test("R8: canceled and incomplete_expired are the ends, and nothing else is", () => {
  expect(STATUSES.filter(isTerminal)).toEqual(["incomplete_expired", "canceled"]);
});

test("a word is taken for a status only when it is exactly one", () => {
  expect(STATUSES.map(asStatus)).toEqual(STATUSES);
  for (const word of ["", "Active", " active", "ended", "cancelled", "constructor", "0"]) {
    expect(asStatus(word)).toBeUndefined();
  }
});
