// What the browser's half adds: things change in place, without loading a page.
import type { Page } from "@playwright/test";
import { expect, openNavigation, ready, signIn, test } from "../turnpike";

// A mark that a page load would wipe.
const mark = (page: Page) => page.evaluate(() => void Object.assign(window, { marked: true }));
const marked = (page: Page) => page.evaluate(() => "marked" in window);

test("signing in and out never loads a page", async ({ page }) => {
  await page.goto("/sign-in");
  await ready(page);
  await mark(page);
  await page.getByLabel("E-mail").fill("ada@turnpike.example");
  await page.getByLabel("Password").fill("a barrier half open");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/");
  await expect(page.getByText("Requests today")).toBeVisible();
  await openNavigation(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/sign-in");
  expect(await marked(page)).toBe(true);
});

test("a refused sign-in keeps what was typed", async ({ page, complaints }) => {
  complaints.expect(401);
  await signIn(page, "not the password");
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.getByLabel("E-mail")).toHaveValue("ada@turnpike.example");
});

test("a session that ended meanwhile leads to signing in", async ({ home, complaints }) => {
  complaints.expect(401);
  await home.context().clearCookies({ name: "turnpike_session" });
  await openNavigation(home);
  await home.getByRole("link", { name: "Usage" }).click();
  await expect(home).toHaveURL("/sign-in");
});

test("E4 the theme changes at once and the next page begins with it", async ({ home }) => {
  await mark(home);
  const background = () => home.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  const remembered = home.waitForResponse((answer) => answer.url().endsWith("/fn/set_theme"));
  await home.getByRole("button", { name: "Dark" }).click();
  await expect(home.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  expect(await background()).not.toBe(light);
  expect(await marked(home)).toBe(true);
  await remembered;
  // No flash: the server's own HTML has the theme before any script runs.
  const html = await home.request.get("/");
  expect(await html.text()).toContain('data-theme="dark"');
  await home.reload();
  await expect(home.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("the system's theme is followed until one is chosen", async ({ page }) => {
  await page.goto("/sign-in");
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  const light = await background();
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await background()).not.toBe(light);
});
