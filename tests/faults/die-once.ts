import { writeFileSync } from "node:fs";

/** Where this process is to die, or null: nowhere. */
export const FAULT_POINT = process.env["FAULT_POINT"] ?? null;

/**
 * Ends this process as `kill -9` does, in the middle of what it is doing. Only the first time that anybody gets
 * here: the file of FAULT_MARKER says that it was used.
 */
export function dieOnce(): void {
  const marker = process.env["FAULT_MARKER"];
  if (marker === undefined) return;
  try {
    writeFileSync(marker, `${process.pid}`, { flag: "wx" });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
    throw error;
  }
  process.kill(process.pid, "SIGKILL");
}
