import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/google-chrome"];

/** Quiet: it speaks to the pages of the test and to nobody else. */
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser of this machine: CHROMIUM_PATH, else where Debian and Google put theirs. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: browserPath(process.env["CHROMIUM_PATH"]), args: ARGS });

/** @throws Error that says how to get one */
export function browserPath(
  given: string | undefined,
  places: readonly string[] = PLACES,
  exists: (path: string) => boolean = existsSync,
): string {
  const candidates = given === undefined || given === "" ? places : [given];
  const found = candidates.find(exists);
  if (found !== undefined) return found;
  throw new Error(
    `There is no browser at ${candidates.join(" or ")}. Install Chromium (on Debian: apt-get update && apt-get install -y chromium), or say in CHROMIUM_PATH where one is.`,
  );
}
