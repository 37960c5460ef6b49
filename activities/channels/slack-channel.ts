import type { Channel } from "./channel.ts";

const TIMEOUT_MS = 5_000;

/**
 * Alerts as messages of a Slack incoming webhook (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
 * Slack knows no idempotency: a message may come twice, with the same id in its last line (R6).
 */
export const createSlackChannel = (webhookUrl: string): Channel => ({
  name: "slack",
  audiences: ["operators"],
  async send(alert) {
    const response = await fetch(webhookUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        text: alert.text,
        blocks: [
          { type: "section", text: { type: "plain_text", text: alert.text } },
          { type: "context", elements: [{ type: "plain_text", text: alert.key }] },
        ],
      }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      // Neither its words nor its cause: they may tell the address, which is a secret.
      throw new Error(`Slack does not answer (${nameOf(error)})`);
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`Slack answered ${response.status}`);
  },
});

/** The network's code, such as ECONNREFUSED, else what kind of error it is. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : error.name;
}
