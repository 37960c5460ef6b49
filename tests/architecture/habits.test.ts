import { describe, expect, test } from "vitest";
import { ROOM_NAMES } from "./rooms.ts";
import type { SourceFile } from "./source-files.ts";
import { sourceFiles } from "./source-files.ts";

const FOLDERS = [...ROOM_NAMES, "migrations", "tests"];
const LONGEST = 320;

const files = (await Promise.all(FOLDERS.map((folder) => sourceFiles(folder, isText)))).flat();

function isText(name: string): boolean {
  return /\.(?:ts|sql|yaml|md)$/.test(name);
}

const paths = (found: readonly SourceFile[]): readonly string[] => found.map(({ path }) => path);

describe("the habits of this project", () => {
  test("a file is one idea: none has more lines than that takes", () => {
    const long = files.filter(({ text }) => text.trimEnd().split("\n").length > LONGEST);
    expect(paths(long)).toEqual([]);
  });

  test("a name says what is inside", () => {
    const vague = /(?:^|\/)(?:utils?|helpers?|common|misc|shared|types)(?:\/|\.ts$)/;
    expect(paths(files).filter((path) => vague.test(path))).toEqual([]);
  });

  test("names are in kebab-case", () => {
    const odd = paths(files).filter(
      (path) => !path.split("/").every((part) => /^[a-z0-9]+(?:[-_.][a-z0-9]+)*$/.test(part)),
    );
    expect(odd).toEqual([]);
  });

  test("what is to be done is done, not noted", () => {
    const note = new RegExp(["TO", "DO|FIX", "ME|XX", "X\\b"].join(""));
    expect(paths(files.filter(({ text }) => note.test(text)))).toEqual([]);
  });

  test("no test is skipped, and none runs alone", () => {
    const left = /\b(?:test|it|describe)\.(?:only|skip|todo)\b/;
    expect(paths(files.filter(({ path, text }) => path.startsWith("tests/") && left.test(text)))).toEqual([]);
  });

  test("the compiler is not silenced", () => {
    const silenced = new RegExp(["@ts-", "(?:ignore|expect-error|nocheck)"].join(""));
    expect(paths(files.filter(({ text }) => silenced.test(text)))).toEqual([]);
  });
});
