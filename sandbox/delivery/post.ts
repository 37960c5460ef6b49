import type { Letter } from "./records.ts";

/** A receiver that has not answered after this many ms has failed. */
const timeoutMs = 10_000;

/** Posts one webhook. Only a 2xx counts as received; a redirect does not. */
export async function post(
  letter: Letter,
  stopped: AbortSignal,
): Promise<{ status: number | null; error: string | null }> {
  try {
    const reply = await fetch(letter.url, {
      method: "POST",
      body: letter.body,
      headers: letter.headers,
      redirect: "manual",
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), stopped]),
    });
    await reply.arrayBuffer();
    return { status: reply.status, error: null };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { status: null, error: cause instanceof Error ? cause.message || cause.name : String(cause) };
  }
}

/** Whether the receiver took it. */
export function received(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}
