/** NUL and halves of surrogate pairs: text and JSON of JavaScript may hold them, Postgres keeps neither. */
const UNSTORABLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** Every escape in JSON, one after the other, so that the text `\u0000` behind a backslash is left alone. */
const ESCAPES = /\\(?:u([0-9a-f]{4})|.)/g;

/** For a text parameter in words of strangers: what Postgres cannot keep is replaced, not refused for ever (R7). */
export const text = (words: string): string => words.replace(UNSTORABLE, "\ufffd");

/** For a jsonb parameter; the same for all texts in it. A value that JSON does not know is null. */
export const json = (value: unknown): string | null =>
  JSON.stringify(value)?.replace(ESCAPES, (escape, unit: string | undefined) =>
    // JSON.stringify writes as escapes the halves of surrogate pairs only, never whole ones.
    unit === "0000" || (unit !== undefined && /^d[89a-f]/.test(unit)) ? "\\ufffd" : escape,
  ) ?? null;
