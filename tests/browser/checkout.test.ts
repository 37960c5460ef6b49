import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createCheckout } from "../setup/customer.ts";
import { type System, startSystem } from "../setup/system.ts";
import { browserPath, startBrowser } from "./chromium.ts";

const GOOD_CARD = "4242 4242 4242 4242";
const DECLINING_CARD = "4000 0000 0000 0341";

let system: System;
let browser: Browser;
let page: Page;
const complaints: string[] = [];
beforeAll(async () => {
  browser = await startBrowser();
  system = await startSystem();
  page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  // Such as what a page's own content security policy forbids it.
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
});
afterAll(async () => {
  await browser.close();
  await system.stop();
});
afterEach(() => {
  complaints.length = 0;
});

/** A product's backend asks for a checkout and sends its customer to the page. */
async function sendTo(receipt: string, email?: string): Promise<string> {
  const { body } = await createCheckout(system, { receipt, tier: "pro", ...(email && { email }) });
  await page.goto(String(body["checkout_url"]));
  return String(body["subscription_id"]);
}

async function enter(card: string): Promise<void> {
  await page.getByLabel("Card number").fill(card);
  await page.getByLabel("Expiry").fill("12 / 34");
  await page.getByLabel("Security code").fill("123");
  await page.getByLabel("Name on the card").fill("Ada Lovelace");
  await page.getByRole("button", { name: "Subscribe" }).click();
}

async function landsOnSuccess(): Promise<void> {
  await page.waitForURL(`${system.apiUrl}/api/billing/success?session_id=*`);
  await page.getByRole("heading", { name: "Subscription to Pro" }).waitFor();
  await page.getByText("Your subscription to Pro is active.").waitFor();
}

it("a person pays on the hosted page and lands on a page that says that the subscription is active", async () => {
  const id = await sendTo("pays", "ada@example.com");
  await page.getByText("$29.00").first().waitFor();
  await enter(GOOD_CARD);
  await landsOnSuccess();
  expect(complaints).toEqual([]);
  const { rows } = await system.database.pool.query("select status, tier from subscriptions where id = $1", [
    id,
  ]);
  expect(rows).toEqual([{ status: "active", tier: "pro" }]);
});

it("a person whose card is declined reads why, and pays with another", async () => {
  const id = await sendTo("declined");
  await page.getByLabel("E-mail").fill("grace@example.com");
  await enter(DECLINING_CARD);
  const alert = page.getByRole("alert");
  await alert.waitFor();
  expect(await alert.textContent()).toBe("Your card was declined.");
  expect(await page.getByLabel("Card number").inputValue()).toBe("");
  const { rows } = await system.database.pool.query("select from subscriptions where id = $1", [id]);
  expect(rows).toEqual([]);

  await enter(GOOD_CARD);
  await landsOnSuccess();
});

it("a person who turns back reads that nothing was charged, and can still pay", async () => {
  await sendTo("turns-back", "edsger@example.com");
  await page.getByRole("link", { name: "Back without paying" }).click();
  await page.waitForURL(`${system.apiUrl}/api/billing/cancel?checkout=*`);
  await page.getByRole("heading", { name: "Checkout left" }).waitFor();
  await page.getByText("Nothing was charged").waitFor();
  expect(complaints).toEqual([]);
  await page.goBack();
  await enter(GOOD_CARD);
  await landsOnSuccess();
});

it("a machine without a browser is told how to get one", () => {
  expect(browserPath(undefined, ["/a", "/b"], (path) => path === "/b")).toBe("/b");
  expect(() => browserPath("", ["/a"], () => false)).toThrow("apt-get install -y chromium");
  expect(() => browserPath("/mine", ["/a"], (path) => path === "/a")).toThrow("no browser at /mine");
});
