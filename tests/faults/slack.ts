import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";

/** What an incoming webhook takes: the text, and the alert's key in the last line. */
const Message = z.object({
  text: z.string(),
  blocks: z.tuple([
    z.object({ text: z.object({ text: z.string() }) }),
    z.object({ elements: z.tuple([z.object({ text: z.string() })]) }),
  ]),
});

export interface Slack {
  /** For SLACK_WEBHOOK_URL. */
  readonly url: string;
  /** The keys of the messages that it has taken, in the order of taking; one that came twice is there twice. */
  readonly keys: readonly string[];
  readonly texts: readonly string[];
  /** How many messages came that it did not take. */
  refused(): number;
  /** `think`: it takes its time to take a message. `hang`: it takes none and says nothing. */
  behave(how: "take" | "think" | "fail" | "hang"): void;
  stop(): Promise<void>;
}

const THINKS_MS = 400;

/** A receiver in Slack's place. */
export async function startSlack(path = "/services/T000/B000/sandbox"): Promise<Slack> {
  const keys: string[] = [];
  const texts: string[] = [];
  let refused = 0;
  let how: Parameters<Slack["behave"]>[0] = "take";
  const server = createServer((request, response) => {
    void (async () => {
      const { text, blocks } = Message.parse(await json(request));
      if (how === "fail" || how === "hang") {
        refused += 1;
        if (how === "fail") response.writeHead(500).end("server_error");
        return;
      }
      if (how === "think") await pause(THINKS_MS);
      texts.push(text);
      keys.push(blocks[1].elements[0].text);
      response.writeHead(200).end("ok");
    })();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Slack's stand-in has no port");
  return {
    url: `http://127.0.0.1:${address.port}${path}`,
    keys,
    texts,
    refused: () => refused,
    behave(next) {
      how = next;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
