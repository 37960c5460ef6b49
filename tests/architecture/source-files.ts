import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "./rooms.ts";

export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

const SKIPPED = new Set(["node_modules", "dist", ".git", ".perennial"]);

/** Every file under a folder of the project whose name passes. */
export async function sourceFiles(
  folder: string,
  passes: (name: string) => boolean,
): Promise<readonly SourceFile[]> {
  const entries = await readdir(path.join(ROOT, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry): Promise<readonly SourceFile[]> => {
      const at = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourceFiles(at, passes);
      if (!entry.isFile() || !passes(entry.name)) return [];
      return [{ path: at, text: await readFile(path.join(ROOT, at), "utf8") }];
    }),
  );
  return found.flat();
}

export const isTypeScript = (name: string): boolean => name.endsWith(".ts");

export interface Import {
  readonly from: string;
  /** As it is written. */
  readonly specifier: string;
  /** Erased when compiled. */
  readonly isType: boolean;
}

const STATIC = /^\s*(?:import|export)\s(?<what>[^"';]*?\sfrom\s+)?"(?<specifier>[^"]+)"/gm;
const DYNAMIC = /\b(?:import|require)\(\s*["'`](?<specifier>[^"'`]+)["'`]/g;

/** What a file imports, in whatever way it is written. */
export function importsOf({ path: from, text }: SourceFile): readonly Import[] {
  const statics = [...text.matchAll(STATIC)].map(({ groups }) => ({
    from,
    specifier: groups?.["specifier"] ?? "",
    isType: /^type\s/.test(groups?.["what"] ?? ""),
  }));
  const dynamics = [...text.matchAll(DYNAMIC)].map(({ groups }) => ({
    from,
    specifier: groups?.["specifier"] ?? "",
    isType: false,
  }));
  return [...statics, ...dynamics];
}
