import type Koa from "koa";
import { type Html, html } from "./html.ts";

/** A page to show. */
export interface Page {
  status?: number;
  title: string;
  content: Html;
  /** where a form of this page may lead: browsers hold a redirect after a form to the same rule as the form */
  leadsTo?: string;
}

/** Answers with a whole page: no script, nothing from elsewhere, in no one's frame. */
export function sendPage(ctx: Koa.Context, { status = 200, title, content, leadsTo }: Page): void {
  const forms = leadsTo === undefined ? "'self'" : `'self' ${new URL(leadsTo).origin}`;
  ctx.set(
    "Content-Security-Policy",
    `default-src 'none'; style-src 'unsafe-inline'; form-action ${forms}; frame-ancestors 'none'; base-uri 'none'`,
  );
  ctx.set("X-Content-Type-Options", "nosniff");
  // not no-referrer: with it a browser's form would come without its origin, and be refused
  ctx.set("Referrer-Policy", "same-origin");
  ctx.set("Cache-Control", "no-store");
  ctx.status = status;
  ctx.type = "text/html; charset=utf-8";
  ctx.body = page(title, content).text;
}

/** A time (seconds) for a person. */
export function moment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Minor units as money. */
export function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat("en-US", { style: "currency", currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** What went wrong, read out by screen readers. */
export function complaint(message: string | null): Html | null {
  return message === null ? null : html`<p class="complaint" role="alert">${message}</p>`;
}

const page = (title: string, content: Html): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 64rem; padding: 1.5rem; }
h1 { font-size: 1.4rem; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
.sandbox { color: #850; background: #fc36; padding: .3rem .8rem; }
.complaint { border-left: 4px solid #c33; background: #c332; padding: .4rem .8rem; }
.notice { border-left: 4px solid #2a7; background: #2a72; padding: .4rem .8rem; }
.price { font-size: 1.6rem; margin: 0; }
form.fields { display: grid; gap: .8rem; max-width: 26rem; }
form.fields label { display: grid; gap: .2rem; }
form.inline { display: inline; }
input, button { font: inherit; padding: .4rem .6rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
td.id, pre { font-family: ui-monospace, monospace; word-break: break-all; white-space: pre-wrap; }
</style>
</head>
<body>
<p class="sandbox">Sandbox: no money moves here.</p>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
