import type { Context } from "koa";
import type { Html } from "./html.ts";
import { html } from "./html.ts";

/** No script, nothing from elsewhere, in no one's frame. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** Whether a person asks: a browser prefers a page, a program takes JSON. */
export const prefersPage = (ctx: Pick<Context, "accepts">): boolean => ctx.accepts("json", "html") === "html";

interface Layout {
  /** For tables; else a column that is easy to read. */
  readonly wide?: boolean;
}

/** Answers with a whole page. */
export function sendPage(
  ctx: Pick<Context, "set" | "type" | "body">,
  title: string,
  content: Html,
  { wide = false }: Layout = {},
): void {
  ctx.set("Content-Security-Policy", POLICY);
  ctx.set("X-Content-Type-Options", "nosniff");
  ctx.set("Referrer-Policy", "no-referrer");
  ctx.set("Cache-Control", "no-store");
  ctx.type = "text/html; charset=utf-8";
  ctx.body = page(title, content, wide ? "wide" : "column").text;
}

const page = (title: string, content: Html, layout: "wide" | "column"): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark; --line: #8884; --good: #187a4b; --bad: #c22b2b; --wait: #9a6300; --quiet: #6b6b6b; }
@media (prefers-color-scheme: dark) { :root { --good: #4cc38a; --bad: #ff7b72; --wait: #e3a33b; --quiet: #a0a0a0; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 3rem; }
main.column { max-width: 38rem; padding-top: 12vh; }
main.wide { max-width: 100rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
p { margin: 0 0 1rem; }
.quiet { color: var(--quiet); font-size: .8125rem; }
nav { display: flex; flex-wrap: wrap; gap: .4rem; margin-bottom: 1.25rem; }
nav a { border: 1px solid var(--line); border-radius: 2rem; padding: .15rem .8rem; color: inherit; text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav a[aria-current] { background: CanvasText; color: Canvas; font-weight: 600; }
.notice { border-left: 4px solid var(--good); padding: .5rem .9rem; background: #8881; }
table { border-collapse: collapse; font-size: .875rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .55rem .75rem; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 500; white-space: nowrap; }
td small { display: block; color: var(--quiet); font-size: .8125rem; }
.id { font-family: ui-monospace, monospace; font-size: .8125rem; overflow-wrap: anywhere; }
.time, small { white-space: nowrap; }
small.id { white-space: normal; }
td.id { min-width: 8.5rem; }
td.actions { min-width: 14rem; }
.state { border: 1px solid currentColor; border-radius: 2rem; padding: .05rem .6rem; font-weight: 600; }
.applied { color: var(--good); } .parked { color: var(--bad); } .received { color: var(--wait); } .ignored { color: var(--quiet); }
form { display: flex; flex-wrap: wrap; gap: .4rem; margin-bottom: .4rem; }
button, input { font: inherit; padding: .2rem .7rem; border: 1px solid #8888; border-radius: .35rem; }
button { background: #8882; color: inherit; cursor: pointer; }
button:hover { background: #8884; }
input { background: Field; color: FieldText; flex: 1 1 6rem; min-width: 0; }
@media (max-width: 75rem) {
  table, tbody, tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .9rem; margin-bottom: .8rem; }
  td { border: 0; padding: .2rem 0; }
  td:empty { display: none; }
}
</style>
</head>
<body>
<main class="${layout}">
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
