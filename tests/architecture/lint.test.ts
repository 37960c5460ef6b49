import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { RoomName } from "./rooms.ts";
import { ROOM_NAMES, ROOMS, ROOT, STACK } from "./rooms.ts";

/** One file that does one thing, and whether the rules forbid it. */
interface Probe {
  readonly file: string;
  readonly text: string;
  readonly isForbidden: boolean;
}

const importing = (specifier: string, isType = false): string =>
  isType
    ? `import type { Something } from "${specifier}";\nexport type Other = Something;\n`
    : `import { something } from "${specifier}";\nexport const other = something;\n`;

/** The arrows from one room: to every other one, from a file and from a folder in it, as code and as types. */
function arrows(room: RoomName): readonly Probe[] {
  const { rooms, types, stack } = ROOMS[room];
  const toRooms = [...ROOM_NAMES, "tests" as const]
    .filter((other) => other !== room)
    .flatMap((other): readonly Probe[] => {
      // Code of tests is for tests alone; cli/ may have everything, workflows/ the types of everything.
      const isForbidden = room !== "cli" && (other === "tests" || !rooms.includes(other));
      const isTypeForbidden =
        isForbidden && room !== "workflows" && (other === "tests" || !types.includes(other));
      const file = other === "workflows" ? "contract.ts" : "something.ts";
      return ["", "inner/"].flatMap((inner) => {
        const specifier = `${inner === "" ? "" : "../"}../${other}/${file}`;
        const name = `${room}/${inner}to-${other}`;
        return [
          { file: `${name}.ts`, text: importing(specifier), isForbidden },
          { file: `${name}-type.ts`, text: importing(specifier, true), isForbidden: isTypeForbidden },
        ];
      });
    });
  const toStack = STACK.map(
    (library): Probe => ({
      file: `${room}/to-${library.replaceAll(/[@/]/g, "-")}.ts`,
      text: importing(library),
      isForbidden: !stack.includes(library),
    }),
  );
  const toItself: Probe = {
    file: `${room}/to-itself.ts`,
    text: importing("./something.ts"),
    isForbidden: false,
  };
  return [...toRooms, ...toStack, toItself];
}

const using = (room: RoomName, name: string, expression: string, isForbidden = true): Probe => ({
  file: `${room}/using-${name}.ts`,
  text: `export const used: unknown = ${expression};\n`,
  isForbidden,
});

const PROBES: readonly Probe[] = [
  ...ROOM_NAMES.flatMap(arrows),
  ...["zod", "node:crypto", "luxon", "uuid"].flatMap((library) =>
    (["domain", "workflows"] as const).map((room) => ({
      file: `${room}/to-${library.replace(":", "-")}.ts`,
      text: importing(library),
      isForbidden: true,
    })),
  ),
  {
    file: "domain/to-store-later.ts",
    text: 'export const later = (): Promise<unknown> => import("../store/something.ts");\n',
    isForbidden: true,
  },
  { file: "temporal/to-workflows-run.ts", text: importing("../workflows/run.ts"), isForbidden: true },
  // domain/ has no clock, no chance, no world.
  using("domain", "now", "Date.now()"),
  using("domain", "new-date", "new Date(0)"),
  using("domain", "chance", "Math.random()"),
  using("domain", "environment", "process.env"),
  using("domain", "network", 'fetch("http://127.0.0.1")'),
  using("domain", "timer", "setTimeout(() => {}, 1)"),
  using("domain", "interval", "setInterval(() => {}, 1)"),
  using("domain", "immediate", "setImmediate(() => {})"),
  using("domain", "microtask", "queueMicrotask(() => {})"),
  using("domain", "console", "console"),
  using("domain", "crypto", "crypto.randomUUID()"),
  using("domain", "performance", "performance.now()"),
  using("domain", "buffer", 'Buffer.from("")'),
  using("domain", "back-door", "globalThis"),
  using("domain", "place", "Intl.DateTimeFormat()"),
  using("domain", "arithmetic", "Math.max(1, 2)", false),
  // In a workflow Date is workflow time; the rest is not there.
  using("workflows", "now", "Date.now()", false),
  using("workflows", "environment", "process.env"),
  using("workflows", "network", 'fetch("http://127.0.0.1")'),
  using("workflows", "interval", "setInterval(() => {}, 1)"),
  using("workflows", "crypto", "crypto.randomUUID()"),
  using("workflows", "buffer", 'Buffer.from("")'),
  using("store", "console", "console.log(1)"),
  using("cli", "console", "console.log(1)", false),
];

const BOUNDARY_RULES = new Set([
  "eslint(no-restricted-imports)",
  "eslint(no-restricted-globals)",
  "eslint(no-restricted-properties)",
  "eslint(no-console)",
]);

const Findings = z.object({ diagnostics: z.array(z.object({ filename: z.string(), code: z.string() })) });

describe("the lint rules draw the table of rooms", () => {
  const flagged = new Set<string>();
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "perennial-lint-"));
    await cp(path.join(ROOT, ".oxlintrc.json"), path.join(folder, ".oxlintrc.json"));
    await cp(path.join(ROOT, "tsconfig.json"), path.join(folder, "tsconfig.json"));
    await writeFile(path.join(folder, ".gitignore"), "node_modules\n");
    await symlink(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
    for (const { file, text } of PROBES) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    }
    for (const { filename, code } of await lint(folder)) {
      if (BOUNDARY_RULES.has(code)) flagged.add(filename.replaceAll("\\", "/"));
    }
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("every forbidden import and global is flagged", () => {
    const missed = PROBES.filter(({ file, isForbidden }) => isForbidden && !flagged.has(file));
    expect(missed.map(({ file }) => file)).toEqual([]);
  });

  test("nothing that is allowed is flagged", () => {
    const wrong = PROBES.filter(({ file, isForbidden }) => !isForbidden && flagged.has(file));
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });
});

/** Runs the linter once over a folder; finding something is how it ends well. */
async function lint(folder: string): Promise<z.infer<typeof Findings>["diagnostics"]> {
  const program = path.join(ROOT, "node_modules", ".bin", "oxlint");
  const { stdout } = await promisify(execFile)(program, ["--format", "json"], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: unknown) => z.object({ stdout: z.string() }).parse(error));
  return Findings.parse(JSON.parse(stdout)).diagnostics;
}
