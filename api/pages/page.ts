import type { Context } from "koa";
import type { Html } from "./html.ts";
import { html } from "./html.ts";

/** No script, nothing from elsewhere, in no one's frame. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** Answers with a whole page. */
export function sendPage(ctx: Pick<Context, "set" | "type" | "body">, title: string, content: Html): void {
  ctx.set("Content-Security-Policy", POLICY);
  ctx.set("X-Content-Type-Options", "nosniff");
  ctx.set("Referrer-Policy", "no-referrer");
  ctx.set("Cache-Control", "no-store");
  ctx.type = "text/html; charset=utf-8";
  ctx.body = page(title, content).text;
}

const page = (title: string, content: Html): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 90rem; padding: 1.5rem; }
h1 { font-size: 1.4rem; }
nav a { margin-right: 1rem; }
nav a[aria-current] { font-weight: 600; text-decoration: none; color: inherit; }
.notice { border-left: 4px solid #2a7; padding: .4rem .8rem; background: #2a72; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8884; }
th { white-space: nowrap; }
td.id { font-family: ui-monospace, monospace; word-break: break-all; }
.parked { color: #c33; font-weight: 600; }
form { display: inline-flex; gap: .3rem; margin: 0 .3rem .3rem 0; }
button, input { font: inherit; }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
