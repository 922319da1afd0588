// What happens shows as it happens: C6 one stream of events a tab, Q3 the log's tail.
import type { Page } from "@playwright/test";
import { makeKey, member } from "../people";
import { expect, ready, test } from "../turnpike";

// What C6 promises, and what a loaded machine needs to draw it.
const SOON = { timeout: 2_000 };

const live = (page: Page) => page.getByRole("status").filter({ hasText: "Live" });
const rows = (page: Page) => page.locator("section tbody tr");

// A tab that is hidden, or shown again.
async function show(page: Page, hidden: boolean) {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

function streams(page: Page) {
  const opened: string[] = [];
  page.on("request", (request) => request.url().includes("/api/v1/events") && opened.push(request.url()));
  return opened;
}

test("C6 numbers move within two seconds, over one stream, which a hidden tab does without", async ({ page, turnpike }) => {
  const opened = streams(page);
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  await expect(live(page)).toBeVisible();
  const requests = page.locator(".stat", { hasText: "Requests today" }).locator("dd").first();
  await turnpike.call(key.secret, "sandbox/echo");
  await expect(requests).toHaveText("1", SOON);
  await page.getByRole("main").waitFor();
  expect(opened.length, "one stream a tab").toBe(1);
  await show(page, true);
  await expect(page.getByRole("status").filter({ hasText: "Not live" })).toBeVisible();
  let asked = 0;
  page.on("request", (request) => void (request.url().includes("/fn/home_view") && asked++));
  await turnpike.call(key.secret, "sandbox/echo");
  const posted = async () => (await turnpike.api("GET", `/usage?tenant=${tenant.id}`)).data.length;
  await expect.poll(posted).toBe(2);
  expect(asked, "a hidden tab asks nothing").toBe(0);
  await show(page, false);
  await expect(requests).toHaveText("2", SOON);
  expect(opened.length).toBe(2);
});

test("C6 a stream that ends comes back", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  await page.route("**/api/v1/events*", (route) => route.fulfill({ contentType: "text/event-stream", body: "retry: 100\n\n" }), { times: 2 });
  const opened = streams(page);
  await page.reload();
  await expect.poll(() => opened.length, { timeout: 10_000 }).toBeGreaterThan(2);
  await expect(live(page)).toBeVisible();
  await turnpike.call(key.secret, "sandbox/echo");
  await expect(page.locator(".stat", { hasText: "Requests today" }).locator("dd").first()).toHaveText("1", SOON);
});

test("Q3 requests arrive by themselves, are counted while one reads or pauses, and shown after", async ({ page, turnpike, isMobile }) => {
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  await page.goto("/requests");
  await ready(page);
  await expect(live(page)).toBeVisible();
  await turnpike.call(key.secret, "sandbox/echo");
  await expect(rows(page)).toHaveCount(1, SOON);
  await page.getByRole("button", { name: "Pause" }).click();
  await turnpike.call(key.secret, "sandbox/echo");
  await turnpike.call(key.secret, "sandbox/echo");
  await expect(page.getByRole("button", { name: "2 new" })).toBeVisible({ timeout: 5_000 });
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole("button", { name: "2 new" }).click();
  await expect(rows(page)).toHaveCount(3);
  await page.getByRole("button", { name: "Go on" }).click();
  if (isMobile) return;
  await rows(page).first().hover();
  await turnpike.call(key.secret, "sandbox/echo");
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible(SOON);
  await expect(rows(page)).toHaveCount(3);
  await page.getByRole("heading", { level: 1 }).hover();
  await expect(rows(page)).toHaveCount(4, SOON);
});
