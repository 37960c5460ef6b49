import { createServer, type IncomingHttpHeaders } from "node:http";
import { Stripe } from "stripe";
import { until } from "../../cli/embedded/until.ts";

export const SECRETS = ["whsec_new", "whsec_old"];

/** One webhook as it arrived. */
interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: Stripe.Event;
}

/** Who gets the webhooks: it checks each signature as Stripe's SDK does. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What it checks signatures with; may be set. */
  secret: string;
  /** The status to answer with; may be set. */
  answer: (received: Received) => number;
  types(): string[];
  /** Waits until so many have come. */
  count(n: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const event = Stripe.webhooks.constructEvent(
        body,
        String(request.headers["stripe-signature"]),
        receiver.secret,
      );
      const one = { headers: request.headers, body, event };
      received.push(one);
      response.writeHead(receiver.answer(one)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/webhook`,
    received,
    secret: SECRETS[0] ?? "",
    answer: () => 200,
    types: () => received.map(({ event }) => event.type),
    async count(n) {
      await until(async () => (received.length >= n ? true : undefined), { limitMs: 5_000 });
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
