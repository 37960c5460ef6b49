/** Whether an event type is meant by a pattern: itself, a beginning with `*`, or `*` for all. */
export function fits(type: string, pattern: string): boolean {
  return pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}
