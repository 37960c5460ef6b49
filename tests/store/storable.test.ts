import { afterAll, beforeAll, expect, it } from "vitest";
import { json, text } from "../../store/storable.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** Every UTF-16 unit on its own, between others, and in strange company. */
const ODD = [
  "\0",
  "a\0b",
  "\ud800",
  "\udfff",
  "\udc00\ud800",
  "\ud83d\ude00",
  "\ud83d\ude00\ud83d",
  "\\u0000",
  "\\\\u0000",
  "\\\0",
  "\\\\\0\\ud800",
  '"\0"',
  "\u0001\u001f\u007f\u2028\ufeff\uffff",
];

it.each(ODD)("R7: Postgres keeps every text in JSON, and what it can keep unchanged: %j", async (odd) => {
  const { rows } = await database.pool.query<{ kept: Record<string, string> }>("select $1::jsonb as kept", [
    json({ [odd]: odd }),
  ]);
  const kept = text(odd);
  expect(rows[0]?.kept).toEqual({ [kept]: kept });
  const { rows: plain } = await database.pool.query("select $1::text as kept", [kept]);
  expect(plain).toEqual([{ kept }]);
  expect(kept).toHaveLength(odd.length);
});

it("what can be kept stays as it is", () => {
  for (const fine of ["\\u0000", "😀", "ü\n\t", ""]) expect(text(fine)).toBe(fine);
  expect(json({ a: "\\u0000", b: [1, null, true] })).toBe('{"a":"\\\\u0000","b":[1,null,true]}');
  expect(json(undefined)).toBeNull();
  expect(json(null)).toBe("null");
});
