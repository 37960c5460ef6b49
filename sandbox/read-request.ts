import type Koa from "koa";

/** More than any honest request has, bytes. */
const limit = 1024 * 1024;

/** A request's body as text; what is larger than 1 MiB is answered 413. */
export async function readText(ctx: Koa.Context): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of ctx.req) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= limit) chunks.push(bytes);
  }
  if (size > limit) ctx.throw(413, `A body may have at most ${limit} bytes`);
  return Buffer.concat(chunks).toString("utf8");
}

/** Scheme and host that the caller used. Koa's own `origin` is the header that a browser sends. */
export function addressOf(ctx: Koa.Context): string {
  return `${ctx.protocol}://${ctx.host}`;
}
