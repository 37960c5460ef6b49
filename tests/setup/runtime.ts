import { createLog } from "../../cli/log.ts";
import { installTemporalRuntime } from "../../cli/temporal-runtime.ts";

const INSTALLED = Symbol.for("perennial.tests.runtime");

/** A process has one Temporal runtime for all its tests; its lines go to the system that was started last. */
export function installRuntime(write: (line: string) => void): void {
  const place = globalThis as { [INSTALLED]?: { write: (line: string) => void } };
  if (place[INSTALLED] !== undefined) {
    place[INSTALLED].write = write;
    return;
  }
  const sink = { write };
  place[INSTALLED] = sink;
  installTemporalRuntime(createLog("debug", (line) => sink.write(line)));
}
