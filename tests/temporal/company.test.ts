import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createCompany } from "../../temporal/company.ts";

let said: string[];
beforeEach(() => {
  said = [];
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const waiting = (quietMs: number, atMostMs: number) => {
  const company = createCompany(quietMs, atMostMs);
  return {
    ...company,
    come: (name: string, words = name) => company.wait(name, () => void said.push(words)),
  };
};

test("R5: what comes again while it waits is said once, when nothing more comes", () => {
  const { come } = waiting(200, 2_000);
  for (let times = 0; times < 5; times += 1) {
    come("a", `a ${times}`);
    vi.advanceTimersByTime(150);
  }
  expect(said).toEqual([]);
  vi.advanceTimersByTime(50);
  expect(said).toEqual(["a 0"]);
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual(["a 0"]);
});

test("who comes without end keeps nobody waiting for longer than the limit", () => {
  const { come } = waiting(200, 2_000);
  for (let passed = 0; passed < 2_000; passed += 100) {
    come("a");
    expect(said).toEqual([]);
    vi.advanceTimersByTime(100);
  }
  expect(said).toEqual(["a"]);
});

test("each waits for its own company; what comes after it was said is said again", () => {
  const { come } = waiting(200, 2_000);
  come("a");
  vi.advanceTimersByTime(150);
  come("b");
  vi.advanceTimersByTime(50);
  expect(said).toEqual(["a"]);
  come("a");
  vi.advanceTimersByTime(200);
  expect(said).toEqual(["a", "b", "a"]);
});

test("all that waits can be said at once, and is not said again", () => {
  const company = waiting(200, 2_000);
  const { come } = company;
  come("a");
  come("b");
  company.sayAll();
  expect(said).toEqual(["a", "b"]);
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual(["a", "b"]);
});
