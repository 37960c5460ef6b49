import type { Instant } from "../domain/time.ts";

/** `2026-01-15T12:00:00.000Z`, or null: never. */
export const iso = (at: Instant | null): string | null => (at === null ? null : new Date(at).toISOString());
