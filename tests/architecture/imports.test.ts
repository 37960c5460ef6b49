import path from "node:path";
import { describe, expect, test } from "vitest";
import type { RoomName } from "./rooms.ts";
import { PURE, ROOM_NAMES, ROOMS, STACK } from "./rooms.ts";
import type { Import } from "./source-files.ts";
import { importsOf, isTypeScript, sourceFiles } from "./source-files.ts";

const isRoom = (name: string): name is RoomName => ROOM_NAMES.some((room) => room === name);
const isStack = (name: string): name is (typeof STACK)[number] => STACK.some((each) => each === name);

/** The package of a specifier, or undefined: it is a file of the project. */
const packageOf = (specifier: string): string | undefined =>
  specifier.startsWith(".") ? undefined : /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];

/** Why a room may not have this import, or undefined: it may. */
function objection(room: RoomName, { from, specifier, isType }: Import): string | undefined {
  const { rooms, types, stack } = ROOMS[room];
  const library = packageOf(specifier);
  if (library !== undefined) {
    const pure = PURE[room];
    if (isType && room !== "domain") return undefined;
    if (pure !== undefined && !pure.includes(library)) return `${room}/ uses no ${library}`;
    return isStack(library) && !stack.includes(library) ? `${room}/ uses no ${library}` : undefined;
  }
  const target = path.posix.join(path.posix.dirname(from), specifier);
  const [other = ""] = target.split("/");
  if (other === room) return undefined;
  if (!isRoom(other)) return `${room}/ imports no ${other}/`;
  if (room === "temporal" && other === "workflows" && target !== "workflows/contract.ts") {
    return "temporal/ imports the contract of workflows/ only";
  }
  return rooms.includes(other) || (isType && types.includes(other))
    ? undefined
    : `${room}/ imports no ${other}/`;
}

describe.each(ROOM_NAMES)("%s/", (room) => {
  test("imports only what the table of rooms allows it", async () => {
    const files = await sourceFiles(room, isTypeScript);
    expect(files.length).toBeGreaterThan(0);
    const wrong = files
      .flatMap(importsOf)
      .flatMap((each) => objection(room, each) ?? [])
      .toSorted();
    expect(wrong).toEqual([]);
  });

  test("names its imports by their files, with .ts", async () => {
    const relative = (await sourceFiles(room, isTypeScript))
      .flatMap(importsOf)
      .filter(({ specifier }) => specifier.startsWith("."));
    expect(relative.filter(({ specifier }) => !specifier.endsWith(".ts"))).toEqual([]);
  });
});

test("an import is found however it is written", () => {
  const text = [
    'import a from "one";',
    'import type { B } from "two";',
    'import {\n  c,\n  type D,\n} from "three";',
    'import "four";',
    'export { e } from "five";',
    'export type { F } from "six";',
    'export * from "seven";',
    'const g = await import("eight");',
    'const h = require("nine");',
    'const text = "from ten";',
  ].join("\n");
  expect(importsOf({ path: "x.ts", text }).map(({ specifier, isType }) => [specifier, isType])).toEqual([
    ["one", false],
    ["two", true],
    ["three", false],
    ["four", false],
    ["five", false],
    ["six", true],
    ["seven", false],
    ["eight", false],
    ["nine", false],
  ]);
});
