import { EventEmitter, once } from "node:events";
import { Agent, get } from "node:http";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { startServer } from "../../api/server.ts";

const status = (url: string, agent: Agent): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    }).on("error", reject);
  });

describe("startServer", () => {
  it("answers what it has begun, takes no more, and does not wait for idle connections", async () => {
    const app = new Koa();
    const gates = new EventEmitter();
    const begun = once(gates, "begun");
    const mayEnd = once(gates, "may end");
    app.use(async (ctx) => {
      if (ctx.path === "/slow") {
        gates.emit("begun");
        await mayEnd;
      }
      ctx.body = "done";
    });
    const server = await startServer(app, { host: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${server.port}`;
    const agent = new Agent({ keepAlive: true });
    try {
      expect(await status(`${url}/quick`, agent)).toBe(200);
      const slow = status(`${url}/slow`, agent);
      await begun;
      const startedAt = Date.now();
      const stopped = server.stop();
      expect(server.stop()).toBe(stopped);
      await expect(status(`${url}/quick`, new Agent())).rejects.toThrow();
      gates.emit("may end");
      expect(await slow).toBe(200);
      await stopped;
      expect(Date.now() - startedAt).toBeLessThan(2_000);
    } finally {
      agent.destroy();
    }
  });

  it("says when the port is taken", async () => {
    const first = await startServer(new Koa(), { host: "127.0.0.1", port: 0 });
    await expect(startServer(new Koa(), { host: "127.0.0.1", port: first.port })).rejects.toThrow(
      "EADDRINUSE",
    );
    await first.stop();
  });
});
