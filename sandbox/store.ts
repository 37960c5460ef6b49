import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { emptyState, type State } from "./state.ts";

/** The sandbox's memory, kept in one JSON file when there is one. */
export interface Store {
  readonly state: State;
  /** Marks the memory as changed since the last write. */
  changed(): void;
  /** Resolves when every change made so far is on disk. */
  flush(): Promise<void>;
}

/** Opens the file (or an empty memory). A file of another version is refused rather than guessed at. */
export function openStore(file: string | undefined): Store {
  if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
  const state = file !== undefined && existsSync(file) ? read(file) : emptyState();
  let dirty = false;
  let writing: Promise<void> = Promise.resolve();
  return {
    state,
    changed() {
      dirty = true;
    },
    flush() {
      if (file === undefined) return Promise.resolve();
      writing = writing
        .catch(() => undefined)
        .then(async () => {
          if (!dirty) return;
          dirty = false;
          const text = JSON.stringify(state);
          const temporary = `${file}.${process.pid}.tmp`;
          try {
            await writeFile(temporary, text);
            await rename(temporary, file);
          } catch (error) {
            dirty = true;
            throw error;
          }
        });
      return writing;
    },
  };
}

function read(file: string): State {
  const parsed = parse(file);
  if (parsed.version !== 1) throw new Error(`${file} is not a sandbox state of version 1`);
  const empty = emptyState();
  // kinds of objects that the file does not know yet have none
  return { ...empty, ...parsed, stripe: { ...empty.stripe, ...parsed.stripe } };
}

function parse(file: string): State {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Error(`${file} is not a sandbox state`, { cause });
  }
}
