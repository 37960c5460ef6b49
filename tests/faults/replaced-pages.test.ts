import { afterAll, beforeAll, expect, test } from "vitest";
import { createCheckout, eventually } from "../setup/customer.ts";
import { openPage } from "../setup/customer-acts.ts";
import { booksOf } from "../setup/sandbox-account.ts";
import { type System, startSystem } from "../setup/system.ts";
import { changed } from "./changed-workers.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system.stop());

test("R9: a page two purchases back is expired when the one between never opened", async () => {
  const first = await openPage(system, "waverer", "pro");
  const request = { receipt: "waverer", tier: "pro" };
  await system.stopWorker();
  const second = createCheckout(system, { ...request, tier: "scale" }, "second");
  await eventually("the second is asked for", async () => {
    const { rowCount } = await system.database.pool.query(
      "select from checkouts where tier = 'scale' and state = 'opening'",
    );
    return rowCount === 1;
  });
  const third = createCheckout(system, request, "third");
  expect([(await second).status, (await third).status]).toEqual([503, 503]);
  await system.startWorker();
  const { body } = await eventually("the third page is open", async () => {
    const answer = await createCheckout(system, request, "third");
    return answer.status === 200 && answer;
  });
  const { sessions } = await booksOf(system);
  const { customer } = sessions.find(({ id }) => id === first.session) ?? raise();
  const theirs = sessions.filter((each) => each.customer === customer);
  expect(theirs.find(({ id }) => id === first.session)?.status).toBe("expired");
  expect(theirs.filter(({ status }) => status === "open").map((each) => each.client_reference_id)).toEqual([
    String(body["checkout_id"]),
  ]);
});

test("R9: a page that was replaced while it opened, and looked for too early, is expired", async () => {
  const request = { receipt: "racer", tier: "pro" };
  let second: ReturnType<typeof createCheckout> | undefined;
  let lookedFor: (() => void) | undefined;
  const tooEarly = new Promise<void>((resolve) => {
    lookedFor = resolve;
  });
  await system.stopWorker();
  await system.startWorker(
    changed((provider) => ({
      ...provider,
      async find(wanted, since) {
        const found = await provider.find(wanted, since);
        if (wanted.name === "open_session" && second !== undefined) lookedFor?.();
        return found;
      },
      async call(wanted, parameters, key) {
        if (wanted.name === "open_session" && second === undefined) {
          second = createCheckout(system, { ...request, tier: "scale" }, "racer-2");
          await tooEarly;
        }
        return provider.call(wanted, parameters, key);
      },
    })),
  );
  const first = await createCheckout(system, request, "racer-1");
  expect(first).toMatchObject({ status: 409, body: { error: "checkout_closed" } });
  const { status, body } = (await second) ?? raise();
  expect(status).toBe(200);
  const { sessions } = await booksOf(system);
  const isNew = sessions.find((each) => each.client_reference_id === body["checkout_id"]) ?? raise();
  const theirs = sessions.filter(({ customer }) => customer === isNew.customer);
  expect(theirs.map((each) => each.status).toSorted()).toEqual(["expired", "open"]);
  expect(isNew.status).toBe("open");
});

function raise(): never {
  throw new Error("it is not there");
}
