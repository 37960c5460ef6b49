import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Image {
  /** Where the image's working directory is. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Does by hand what the Dockerfile says, in a folder: builds from what .dockerignore lets through, then copies what
 * the last stage copies. Packages are linked instead of installed, for the last stage those of production only.
 */
export async function makeImage(folder: string): Promise<Image> {
  const stages = await readStages();
  const build = join(folder, "build");
  await copyContext(build);
  await symlink(join(ROOT, "node_modules"), join(build, "node_modules"));
  for (const line of stages.get("build") ?? []) {
    const script = /^RUN npm run (\w+)$/.exec(line)?.[1];
    if (script !== undefined) await runScript(script, build);
  }
  const app = join(folder, "app");
  await mkdir(app);
  const last = [...stages.values()].at(-1) ?? [];
  for (const line of last) {
    const [, stage, words = ""] = /^COPY (?:--from=(\w+) )?(.+)$/.exec(line) ?? [];
    const [target = "", ...sources] = words.split(" ").toReversed();
    for (const source of sources) {
      if (stage === "dependencies") await linkPackages(join(app, target));
      else if (stage === undefined) await cp(join(build, source), join(app, target, source));
      else await cp(join(folder, stage, relative("/app", source)), join(app, target), { recursive: true });
    }
  }
  const variables = last.flatMap((line) => /^ENV (.+)$/.exec(line)?.[1]?.split(" ") ?? []);
  return {
    folder: app,
    env: Object.fromEntries(variables.map((one) => [one.split("=")[0] ?? "", one.split("=")[1] ?? ""])),
  };
}

async function runScript(name: string, cwd: string): Promise<void> {
  const child = spawn("npm", ["run", name], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const [output, errors, [code]] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(`npm run ${name} ends with ${code}:\n${output}${errors}`);
}

/** The Dockerfile's instructions by the name of their stage; the last stage has none. */
async function readStages(): Promise<ReadonlyMap<string, readonly string[]>> {
  const dockerfile = await readFile(join(ROOT, "Dockerfile"), "utf8");
  const stages = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of dockerfile
    .replace(/^#.*\n/gm, "")
    .replaceAll("\\\n", "")
    .split("\n")) {
    const [, name = "last"] = /^FROM \S+(?: AS (\w+))?$/.exec(line) ?? [];
    if (line.startsWith("FROM ")) stages.set(name, (lines = []));
    else if (line !== "") lines.push(line);
  }
  return stages;
}

/** The lines of an ignore file that are patterns. */
export async function readPatterns(file: ".dockerignore" | ".gitignore"): Promise<readonly string[]> {
  const patterns = await readFile(join(ROOT, file), "utf8");
  return patterns.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

async function copyContext(target: string): Promise<void> {
  const ignored = (await readPatterns(".dockerignore")).map(toExpression);
  await cp(ROOT, target, {
    recursive: true,
    filter: (source) => !ignored.some((pattern) => pattern.test(relative(ROOT, source))),
  });
}

/** Of the patterns that our file uses: names, a star within a name, and two stars for any folder. */
function toExpression(pattern: string): RegExp {
  const [folders, name] = pattern.startsWith("**/") ? ["(?:.*/)?", pattern.slice(3)] : ["", pattern];
  const source = name.replace(/\/$/, "").replaceAll(".", "\\.").replaceAll("*", "[^/]*");
  return new RegExp(`^${folders}${source}(?:/|$)`);
}

const Lock = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });

/** A node_modules in which only packages can be imported that `npm ci --omit=dev` installs. */
async function linkPackages(target: string): Promise<void> {
  const { packages } = Lock.parse(JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8")));
  for (const [path, { dev }] of Object.entries(packages)) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    if (name === undefined || dev === true || !existsSync(join(ROOT, path))) continue;
    await mkdir(dirname(join(target, name)), { recursive: true });
    await symlink(join(ROOT, path), join(target, name));
  }
}
