import type { Catalog } from "../domain/catalog.ts";
import type { Inputs } from "../domain/decision-record.ts";
import { PROVIDERS } from "../domain/provider.ts";

/** A decision that the tests make again. */
export interface RecordedDecision {
  readonly version: number;
  readonly inputs: Inputs;
  readonly decision: object;
}

export interface DecisionFixture {
  readonly catalogs: readonly Catalog[];
  readonly decisions: readonly RecordedDecision[];
}

/** Fields whose words a provider or a person has written, and which decisions pass on as they are. */
const WORDS = new Set(["what", "problem", "needsAttention"]);

/**
 * The same decisions about nobody: each id has another in its place, everywhere the same and in the same order; words
 * of people and of providers are gone. Times, amounts, tiers and states stay.
 */
export function scrub(fixture: DecisionFixture): DecisionFixture {
  const found = { ids: new Set<string>(), words: new Set<string>() };
  for (const { inputs } of fixture.decisions) gather("", inputs, found);
  gather("", fixture.catalogs, found);
  const substitutes = substitutesFor(found);
  const tokens = [...substitutes.keys()].toSorted((a, b) => b.length - a.length).map(escaped);
  const token = new RegExp(`(?<![\\w-])(?:${tokens.join("|")})(?![\\w-])`, "g");
  const scrubbed: DecisionFixture = JSON.parse(JSON.stringify(fixture), (name, value: unknown) => {
    if (typeof value !== "string") return value;
    if (name === "askedBy") return "someone";
    if (name === "why") return "for a reason";
    return value.replace(token, (text) => substitutes.get(text) ?? text);
  });
  return scrubbed;
}

interface Found {
  readonly ids: Set<string>;
  readonly words: Set<string>;
}

function gather(name: string, value: unknown, found: Found): void {
  if (typeof value === "object" && value !== null) {
    if (name === "announced" && Array.isArray(value)) for (const key of value) gatherKey(String(key), found);
    for (const [inner, each] of Object.entries(value)) gather(inner, each, found);
    return;
  }
  if (typeof value !== "string" || value === "") return;
  if (name === "id" || name.endsWith("Id") || name === "lostDispute") found.ids.add(value);
  if (WORDS.has(name)) found.words.add(value);
}

/** Keys of alerts name what they are about after their kind; numbers count attempts. */
function gatherKey(key: string, found: Found): void {
  for (const part of key.split(":").slice(1)) {
    if (part !== "" && !/^\d+$/.test(part) && !PROVIDERS.some((each) => each === part)) found.ids.add(part);
  }
}

function substitutesFor({ ids, words }: Found): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  const next = (kind: string): number => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count;
  };
  const substitute = (id: string): string => {
    if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
      // The last digits stay: they say how long a subscription waits for what is due (domain/deadline.ts).
      return `00000000-0000-4000-8000-${`${next("uuid")}`.padStart(6, "0")}${id.slice(-6)}`;
    }
    const kind = /^([a-z]+)_/.exec(id)?.[1] ?? "id";
    return `${kind}_${`${next(kind)}`.padStart(4, "0")}`;
  };
  return new Map([
    ...[...words].toSorted().map((text): [string, string] => [text, `words ${next("words")}`]),
    ...[...ids].toSorted().map((id): [string, string] => [id, substitute(id)]),
  ]);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
