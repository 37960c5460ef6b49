/** Text that is HTML already. Made by `html` alone, so nothing unescaped gets in. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A template whose values are escaped, for text and for quoted attributes; null and false show nothing. */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | null | false | Html | readonly Html[])[]
): Html {
  const parts = strings.map((string, position) => string + rendered(values[position] ?? null));
  return new Html(parts.join(""));
}

function rendered(value: string | number | null | false | Html | readonly Html[]): string {
  if (value === null || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map((each) => each.text).join("");
  return String(value).replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
