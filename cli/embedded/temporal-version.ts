import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The version that `go install` can build, and the one to download. It carries server 1.29.1. */
export const CLI_VERSION = "1.5.1";

const MINIMUM_SERVER = [1, 29] as const;

/** Why this program cannot be used as the Temporal CLI, or undefined when it can. */
export async function unfitCli(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = (await promisify(execFile)(path, ["--version"], { timeout: 15_000 })).stdout;
  } catch (error) {
    return `"${path} --version" fails: ${(error as Error).message.split("\n")[0]}`;
  }
  const [, major, minor] = /server v?(\d+)\.(\d+)/i.exec(text) ?? [];
  if (major === undefined || minor === undefined) {
    return `"${path} --version" names no server version: ${text.trim().slice(0, 100)}`;
  }
  const [needMajor, needMinor] = MINIMUM_SERVER;
  const enough = Number(major) > needMajor || (Number(major) === needMajor && Number(minor) >= needMinor);
  return enough
    ? undefined
    : `its server is ${major}.${minor}, and ${needMajor}.${needMinor} or later is needed`;
}
