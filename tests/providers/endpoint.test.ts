import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { STRIPE_EVENTS } from "../../providers/stripe/interest.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

test("README subscribes the webhook endpoint to exactly the events that are read", () => {
  const listed = [...README.matchAll(/enabled_events\[\]=([\w.]+)/g)].map(([, type = ""]) => type);
  expect(listed.toSorted()).toEqual(STRIPE_EVENTS.toSorted());
});
