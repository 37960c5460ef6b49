/** NUL and halves of surrogate pairs: JSON may hold them, Postgres keeps neither. */
const UNSTORABLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text with what Postgres cannot keep replaced by U+FFFD. */
export const storableText = (text: string): string => text.replace(UNSTORABLE, "\ufffd");

/** The same for all texts in parsed JSON: an event must not be turned away for ever because of one character (R2). */
export function storable(value: unknown): unknown {
  if (typeof value === "string") return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [storableText(name), storable(each)]),
  );
}
