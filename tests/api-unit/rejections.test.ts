import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createRejections } from "../../api/rejections.ts";

/** A clock that only moves when it is told to. */
function fakeTimer() {
  const waiting: { readonly callBack: () => void; readonly ms: number }[] = [];
  return {
    waiting,
    setTimer: (callBack: () => void, ms: number) => waiting.push({ callBack, ms }),
    async tick() {
      waiting.shift()?.callBack();
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    },
  };
}

describe("createRejections", () => {
  const log = pino({ level: "silent" });

  it("writes sums, once a second at most", async () => {
    const clock = fakeTimer();
    const written: unknown[] = [];
    const rejections = createRejections({
      log,
      setTimer: clock.setTimer,
      record: (...sum) => Promise.resolve(void written.push(sum)),
    });
    for (let count = 0; count < 1_000; count += 1) rejections.count("stripe", "bad_signature");
    rejections.count("stripe", "too_old");
    expect(clock.waiting).toHaveLength(1);
    expect(clock.waiting[0]?.ms).toBe(1_000);
    await clock.tick();
    expect(written).toEqual([
      ["stripe", "bad_signature", 1_000],
      ["stripe", "too_old", 1],
    ]);
    expect(clock.waiting).toHaveLength(0);
    rejections.count("stripe", "too_old");
    await clock.tick();
    expect(written).toHaveLength(3);
  });

  it("keeps what could not be written for the next time, with what came meanwhile", async () => {
    const clock = fakeTimer();
    const written: unknown[] = [];
    let isAway = true;
    const rejections = createRejections({
      log,
      setTimer: clock.setTimer,
      record: (...sum) => {
        if (!isAway) return Promise.resolve(void written.push(sum));
        rejections.count("stripe", "bad_signature");
        return Promise.reject(new Error("away"));
      },
    });
    rejections.count("stripe", "bad_signature");
    await clock.tick();
    expect(clock.waiting).toHaveLength(1);
    isAway = false;
    await clock.tick();
    expect(written).toEqual([["stripe", "bad_signature", 2]]);
    expect(clock.waiting).toHaveLength(0);
  });

  it("sets a timer for what came while the sums were written", async () => {
    const clock = fakeTimer();
    let calls = 0;
    const rejections = createRejections({
      log,
      setTimer: clock.setTimer,
      record: () => {
        calls += 1;
        if (calls === 1) rejections.count("razorpay", "too_old");
        return Promise.resolve();
      },
    });
    rejections.count("stripe", "bad_signature");
    await clock.tick();
    expect(clock.waiting).toHaveLength(1);
    await clock.tick();
    expect(calls).toBe(2);
    expect(clock.waiting).toHaveLength(0);
  });
});
