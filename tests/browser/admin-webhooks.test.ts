import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deliver, eventOf } from "../api/deliver.ts";
import { eventually, subscribe } from "../setup/customer.ts";
import { ADMIN_TOKEN, type System, startSystem } from "../setup/system.ts";
import { startBrowser } from "./chromium.ts";

let system: System;
let browser: Browser;
let context: BrowserContext;
let page: Page;
beforeAll(async () => {
  browser = await startBrowser();
  system = await startSystem();
  // As a browser sends them after its own dialog: any user name, the admin token as the password.
  context = await browser.newContext({ httpCredentials: { username: "maria", password: ADMIN_TOKEN } });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
});
afterAll(async () => {
  await browser.close();
  await system.stop();
});

const stateOf = async (id: string) => {
  const { rows } = await system.database.pool.query<{
    state: string;
    reason: string | null;
    attempts: number;
  }>("select state, reason, attempts from webhook_events where id = $1", [id]);
  return rows[0];
};

/** An event that cannot be read, and so is parked. */
async function parked(): Promise<string> {
  const event = eventOf("invoice.paid", { object: "invoice", id: null });
  await deliver(system, event);
  await eventually("it is parked", async () => (await stateOf(event.id))?.state === "parked");
  return event.id;
}

const open = (): Promise<unknown> => page.goto(`${system.apiUrl}/admin/webhooks`);
const rowOf = (id: string) => page.getByRole("row").filter({ hasText: id });

it("an operator signs in, sees the events, and looks at those of one state", async () => {
  const stranger = await browser.newPage();
  // A person would see the dialog that asks for a password.
  await expect(stranger.goto(`${system.apiUrl}/admin/webhooks`)).rejects.toThrow("AUTH_CREDENTIALS");
  await stranger.close();

  await subscribe(system);
  const id = await parked();
  await open();
  await page.getByRole("heading", { name: "Webhook events" }).waitFor();
  expect(await page.getByRole("columnheader").allTextContents()).toContain("Received");
  expect(await rowOf(id).textContent()).toMatch(/parked.*invoice\.paid.*cannot read/s);
  expect(await page.getByRole("row").filter({ hasText: "customer.subscription.created" }).count()).toBe(1);

  await page.getByRole("navigation", { name: "State" }).getByRole("link", { name: "parked" }).click();
  await page.waitForURL("**/admin/webhooks?state=parked");
  expect(await page.getByRole("link", { name: "parked" }).getAttribute("aria-current")).toBe("page");
  // With that of the column names.
  expect(await page.getByRole("row").count()).toBe(2);
});

it("R2: an operator replays a parked event, and the page says so and stays where it was", async () => {
  const id = await parked();
  await open();
  await page.getByRole("link", { name: "parked" }).click();
  await page.getByRole("button", { name: `Replay ${id}` }).click();
  await page.waitForURL("**/admin/webhooks?notice=replayed&state=parked");
  expect(await page.getByRole("status").textContent()).toContain("waits again");
  await eventually("it was tried again", async () => (await stateOf(id))?.attempts === 2);
});

it("R2: an operator ignores a parked event by keyboard alone, for a reason and not without one", async () => {
  const id = await parked();
  await open();
  await page.getByRole("button", { name: `Replay ${id}` }).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  // The browser itself asks for the reason; nothing was sent.
  expect(await page.locator(":focus").getAttribute("aria-label")).toBe(`Reason to ignore ${id}`);
  expect(await stateOf(id)).toMatchObject({ state: "parked" });

  await page.keyboard.type("Stripe's own test <b>");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/admin/webhooks?notice=ignored");
  expect(await stateOf(id)).toMatchObject({ state: "ignored", reason: "Stripe's own test <b>" });
  expect(await rowOf(id).textContent()).toContain("Stripe's own test <b>");
  expect(await rowOf(id).getByRole("button").allTextContents()).toEqual(["Replay"]);
});

it("no screen, however narrow, has to be scrolled sideways, and the table stays one", async () => {
  const id = await parked();
  for (const width of [1280, 1210, 1190, 800, 360]) {
    await page.setViewportSize({ width, height: 740 });
    await open();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await page.getByRole("table").count()).toBe(1);
  }
  await rowOf(id)
    .getByRole("button", { name: `Replay ${id}` })
    .click();
  await page.getByRole("status").waitFor();
});
