import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

/** The version of this code, recorded with every decision: the same in the sources and in dist/. */
export function codeVersion(): string {
  const file = ["../package.json", "../../package.json"]
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url));
  if (file === undefined) return "unknown";
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).version;
}
