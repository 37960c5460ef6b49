import { expect, it } from "vitest";
import { openOnce } from "../../api/checkout/open-once.ts";
import { TookTooLong } from "../../api/within.ts";
import { checkoutId, subscriptionId } from "../../domain/ids.ts";
import { TemporalAway } from "../../temporal/gateway.ts";

const subscription = subscriptionId("0198c0de-0000-7000-8000-000000000001");
const checkout = checkoutId("0198c0de-0000-7000-8000-000000000002");
const other = checkoutId("0198c0de-0000-7000-8000-000000000003");

/** A gateway whose replies come when they are told to. */
function heldGateway() {
  const asked: { readonly id: string; readonly end: (error?: Error) => void }[] = [];
  return {
    asked,
    openCheckout: (_id: typeof subscription, id: typeof checkout) =>
      new Promise<{ state: "done"; what: string }>((resolve, reject) => {
        asked.push({ id, end: (error) => (error ? reject(error) : resolve({ state: "done", what: id })) });
      }),
  };
}

it("asks once for all who wait for one checkout, and anew for who comes later", async () => {
  const gateway = heldGateway();
  const open = openOnce(gateway);
  const waiting = [1, 2, 3].map(() => open(subscription, checkout, 1_000));
  const elsewhere = open(subscription, other, 1_000);
  expect(gateway.asked.map(({ id }) => id)).toEqual([checkout, other]);
  for (const { end } of gateway.asked) end();
  for (const reply of await Promise.all(waiting)) expect(reply).toEqual({ state: "done", what: checkout });
  expect(await elsewhere).toMatchObject({ what: other });
  const later = open(subscription, checkout, 1_000);
  expect(gateway.asked).toHaveLength(3);
  gateway.asked[2]?.end();
  expect(await later).toMatchObject({ what: checkout });
});

it("tells all who wait of a failure, and is not stuck with it", async () => {
  const gateway = heldGateway();
  const open = openOnce(gateway);
  const waiting = [1, 2].map(() => open(subscription, checkout, 1_000));
  gateway.asked[0]?.end(new TemporalAway("away"));
  for (const one of waiting) await expect(one).rejects.toThrow(TemporalAway);
  const again = open(subscription, checkout, 1_000);
  gateway.asked[1]?.end();
  expect(await again).toMatchObject({ state: "done" });
});

it("lets nobody wait longer than their own time", async () => {
  const gateway = heldGateway();
  const open = openOnce(gateway);
  const patient = open(subscription, checkout, 1_000);
  await expect(open(subscription, checkout, 10)).rejects.toThrow(TookTooLong);
  gateway.asked[0]?.end();
  expect(await patient).toMatchObject({ state: "done" });
});
