// The home page's numbers are the relay's, to the nano-dollar.
import { makeKey, member } from "../people";
import { expect, ready, test } from "../turnpike";

test("a relayed request is on its tenant's first page, at exactly what its answer said it cost", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  const cost = await turnpike.call(key.secret, "sandbox/lorem", { max_tokens: 30 });
  // The contract gives the relay a second to write it down.
  const requests = page.locator(".stat", { hasText: "Requests today" }).locator("dd").first();
  await expect(async () => {
    await page.reload();
    await expect(requests).toHaveText("1", { timeout: 100 });
  }).toPass({ timeout: 10_000 });
  await expect(page.locator(".stat", { hasText: "Spend today" }).locator("data.m")).toHaveAttribute("value", cost);
  await expect(page.locator(".stat", { hasText: "This month" }).locator("data.m")).toHaveAttribute("value", cost);
  await expect(page.locator(".hero data.m")).toHaveAttribute("value", /^4\.9999/);
});

test("E2 a tenant without requests is told how to send one", async ({ page, turnpike }) => {
  await member(page, turnpike, "developer");
  await expect(page.getByRole("heading", { name: "Quick start" })).toBeVisible();
  await expect(page.locator("pre")).toContainText(`${turnpike.origin}/v1/chat/completions`);
  expect(await page.content(), "money is not for a developer").not.toContain("Balance");
});

test("the whole place has its channels' health and what it earns", async ({ home, turnpike }) => {
  await turnpike.relay("sandbox/lorem", { max_tokens: 30 });
  await turnpike.relay("sandbox/fail-503", {}, 502);
  await expect(async () => {
    await home.reload();
    await expect(home.locator(".rows li").first()).toContainText("502", { timeout: 100 });
  }).toPass({ timeout: 10_000 });
  await expect(home.getByRole("row", { name: /^sandbox sandbox/ }).locator(".st")).not.toHaveText("No traffic");
  await expect(home.locator(".stat", { hasText: "Sales today" }).locator("data.m")).toHaveAttribute("value", /^0\.0/);
});

test("what is not there is told with 404 and a way home", async ({ page, complaints }) => {
  complaints.expect(404);
  const answer = await page.goto("/no/such/page");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "Nothing here" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Go home" })).toBeVisible();
});

const PAGES = ["/", "/usage", "/requests", "/channels?new=1", "/models", "/models/import?all=true", "/routing?model=sandbox%2Fecho", "/tenants?new=1", "/money", "/profile", "/sign-in"];

test("E5 nothing sticks out at 360 pixels", async ({ home }) => {
  await home.setViewportSize({ width: 360, height: 740 });
  for (const path of PAGES) {
    await home.goto(path);
    await ready(home);
    const box = await home.locator("html").boundingBox();
    expect(box?.width).toBe(360);
    // What is in a table scrolls with it.
    const sticking = await home.locator("body > *, main, .topbar, .stats, .panel, .bar > *, form").evaluateAll((all) =>
      all.filter((one) => !one.closest(".scroll") && one.getBoundingClientRect().right > 360.5).map((one) => one.outerHTML.slice(0, 100)),
    );
    expect(sticking, path).toEqual([]);
    expect(await home.evaluate(() => document.documentElement.scrollWidth), path).toBe(360);
  }
});
