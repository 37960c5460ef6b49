import type { Connection } from "@temporalio/client";

/** Each type as the CLI names it, with its number in Temporal's API (IndexedValueType). */
const TYPE_NUMBERS = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
} as const;

/** Search attributes by name. */
export type SearchAttributes = Readonly<Record<string, keyof typeof TYPE_NUMBERS>>;

/**
 * Registers the attributes that the namespace does not have. The dev server's own flag does this only when it makes its
 * database: a restart on an older file would lack what was added to the program since.
 */
export async function ensureSearchAttributes(
  { operatorService }: Connection,
  namespace: string,
  wanted: SearchAttributes,
): Promise<void> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(wanted).filter(([name]) => !(name in customAttributes));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, TYPE_NUMBERS[type]]));
  await operatorService.addSearchAttributes({ namespace, searchAttributes });
}
