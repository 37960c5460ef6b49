import type { Channel } from "./channel.ts";

const TIMEOUT_MS = 5_000;

/**
 * Alerts as messages of a Slack incoming webhook (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
 * Slack knows no idempotency: a message may come twice, with the same id in its last line (R6).
 */
export const createSlackChannel = (webhookUrl: string): Channel => ({
  name: "slack",
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
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`Slack answered ${response.status}`);
  },
});
