import { createServer } from "node:http";

/** A request as somebody sent it, and the answer that it got. */
export interface Passed {
  readonly method: string;
  /** with the query */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  readonly answer: string;
}

const KEPT = ["authorization", "content-type", "idempotency-key", "stripe-version"];

/** Stands before a server and writes down what passes. */
export async function startProxy(to: string) {
  const passed: Passed[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const { method = "GET", url: target = "/" } = request;
      const headers = Object.fromEntries(
        KEPT.flatMap((name) => {
          const value = request.headers[name];
          return typeof value === "string" ? [[name, value]] : [];
        }),
      );
      void repeat({ method, target, headers, body }, to).then(({ status, answer, replayed }) => {
        passed.push({ method, target, headers, body, status, answer });
        response.writeHead(status, {
          "Content-Type": "application/json",
          ...(replayed ? { "Idempotent-Replayed": "true" } : {}),
        });
        response.end(answer);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    passed,
    stop(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Sends the same request to another server. */
export async function repeat(
  { method, target, headers, body }: Pick<Passed, "method" | "target" | "headers" | "body">,
  to: string,
): Promise<{ status: number; answer: string; replayed: boolean }> {
  const response = await fetch(to + target, { method, headers, ...(body === "" ? {} : { body }) });
  return {
    status: response.status,
    answer: await response.text(),
    replayed: response.headers.get("idempotent-replayed") === "true",
  };
}
