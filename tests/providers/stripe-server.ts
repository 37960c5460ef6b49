import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { onTestFinished } from "vitest";
import type { PaymentProvider } from "../../providers/provider.ts";
import type { StripeSettings } from "../../providers/stripe/stripe-provider.ts";
import { createStripeProvider } from "../../providers/stripe/stripe-provider.ts";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
}

/**
 * What the server answers. silence: nothing, for ever. reset: the connection is cut. trickle: white space without end,
 * so that the connection is never silent.
 */
export type Reply =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body: unknown }
  | "silence"
  | "reset"
  | "trickle";

export interface ScriptedStripe {
  readonly url: string;
  /** All requests, as they came. */
  readonly asked: readonly Asked[];
  /** `GET /v1/invoices` and the like, in the order in which they came. */
  requests(): readonly string[];
  /** The queries of all requests to a path. */
  queries(path: string): readonly Asked["query"][];
  /** Answers a request with each of the replies in turn; the last one stays. */
  script(request: string, ...replies: readonly [Reply, ...Reply[]]): void;
  provider(settings?: Partial<StripeSettings>): PaymentProvider;
}

/**
 * A server that answers as the test tells it, in the place of Stripe's. It ends with the test: a test that runs
 * beside others says which by its own `onTestFinished`.
 */
export async function startStripe(atEnd: typeof onTestFinished = onTestFinished): Promise<ScriptedStripe> {
  const asked: Asked[] = [];
  const scripts = new Map<string, Reply[]>();
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://stripe");
      const method = request.method ?? "";
      asked.push({
        method,
        path: pathname,
        query: Object.fromEntries(searchParams),
        form: Object.fromEntries(new URLSearchParams(body)),
        headers: request.headers,
      });
      const replies = scripts.get(`${method} ${pathname}`) ?? [];
      answer(response, (replies.length > 1 ? replies.shift() : replies[0]) ?? UNSCRIPTED);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  atEnd(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return {
    url,
    asked,
    requests: () => asked.map(({ method, path }) => `${method} ${path}`),
    queries: (path) => asked.filter((each) => each.path === path).map(({ query }) => query),
    script: (request, ...replies) => void scripts.set(request, [...replies]),
    provider: (settings) =>
      createStripeProvider({
        secretKey: "sk_test_ofTheTests",
        webhookSecrets: ["whsec_ofTheTests"],
        apiBase: url,
        ...settings,
      }),
  };
}

function answer(response: ServerResponse, reply: Reply): void {
  if (reply === "silence") return;
  if (reply === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  if (reply === "trickle") {
    response.writeHead(200, { "Content-Type": "application/json" });
    const timer = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(timer));
    return;
  }
  const { status = 200, headers = {}, body } = reply;
  response.writeHead(status, { "Content-Type": "application/json", "Request-Id": "req_1", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** What Stripe says to an address that it does not know. */
const UNSCRIPTED: Reply = {
  status: 404,
  body: { error: { type: "invalid_request_error", message: "Unrecognized request URL" } },
};

export const failure = (
  status: number,
  error: Readonly<Record<string, string>>,
  headers: Record<string, string> = {},
): Reply => ({ status, headers, body: { error: { type: "invalid_request_error", message: "", ...error } } });

/** "No such …": 404 for what the path names, 400 for what a parameter names. */
export const missing = (what: string, param = "id"): Reply =>
  failure(param === "id" ? 404 : 400, { code: "resource_missing", message: `No such ${what}`, param });

export const list = (data: readonly unknown[], has_more = false): Reply => ({
  body: { object: "list", data, has_more, url: "/v1/things" },
});
