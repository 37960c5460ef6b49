import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export interface Program {
  readonly child: ChildProcess;
  /** Everything it has printed so far. */
  text(): string;
  ended(): Promise<number | null>;
}

/** A program of cli/, started in a folder of its own as `npm run` would. */
export function run(
  name: string,
  folder: string,
  args: readonly string[] = [],
  change: NodeJS.ProcessEnv = {},
): Program {
  const env = {
    ...process.env,
    SLACK_WEBHOOK_URL: "",
    SMTP_URL: "",
    MAIL_FROM: "",
    TEMPORAL_ADDRESS: "",
    ...change,
  };
  const child = spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), join(ROOT, "cli", `${name}.ts`), ...args],
    { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => (text += part.toString()));
  const end = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  return { child, text: () => text, ended: () => end };
}
