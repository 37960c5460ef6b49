import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";

/**
 * Reads the bytes of a body as they came: a signature is over them. What exceeds the limit is thrown away as it
 * comes, so that the sender hears the answer.
 * @throws ApiError 413, or 400 when the sender went away
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = (): ApiError =>
    new ApiError(413, "body_too_large", `A body may have at most ${limit} bytes`, {
      headers: { Connection: "close" },
    });
  if (Number(request.headers["content-length"] ?? 0) > limit) {
    request.resume();
    return Promise.reject(tooLarge());
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(tooLarge());
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    const gone = (): void => reject(new ApiError(400, "request_aborted", "The body ended before its end"));
    request.on("error", gone);
    request.on("close", gone);
  });
}
