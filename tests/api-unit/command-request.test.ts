import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hashOf, parseCommandRequest } from "../../api/commands/request.ts";
import { subscriptionId } from "../../domain/ids.ts";

const ID = subscriptionId("0190f000-0000-7000-8000-000000000001");
const change = (wanted: object) => hashOf(parseCommandRequest(ID, "change", { by: "maria", ...wanted }));
const extend = (days: number) => hashOf(parseCommandRequest(ID, "extend_grace", { days }));

test("one key is for one request: whatever is asked for is part of it", () => {
  const requests = [
    { tier: "scale" },
    { tier: "scale", at: "period_end" },
    { tier: "scale", interval: "year" },
    { tier: "scale", interval: "year", at: "period_end" },
    { quantity: 2 },
  ];
  expect(new Set(requests.map(change)).size).toBe(requests.length);
  expect(extend(1)).not.toBe(extend(2));
});

test("a request that an earlier version has stored under its key is still the same", () => {
  const stored = createHash("sha256").update(JSON.stringify([ID, "change", "maria", null, "scale", 2]));
  expect(change({ tier: "scale", quantity: 2 })).toBe(stored.digest("hex"));
});
