import type { Message } from "../../domain/message.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

/** A message as an e-mail carries it: for those who read text, and for those who read HTML. */
export function emailBody({ paragraphs, link }: Message, product: string): { text: string; html: string } {
  const said = ["Hello,", ...paragraphs];
  const lines = [...said, ...(link === null ? [] : [`${link.label}:\n${link.url}`]), product];
  const marked = [
    ...said.map(escape),
    ...(link === null ? [] : [`<a href="${escape(link.url)}">${escape(link.label)}</a>`]),
    escape(product),
  ];
  return {
    text: `${lines.join("\n\n")}\n`,
    html: `<!doctype html>\n<html lang="en"><body>\n${marked.map((each) => `<p>${each}</p>\n`).join("")}</body></html>\n`,
  };
}
