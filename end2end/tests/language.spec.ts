// E12 the language: as the browser asks, until a cookie says otherwise.
import { member } from "../people";
import { ADMIN, expect, openNavigation, ready, test } from "../turnpike";

test.describe("in a browser that asks for Chinese", () => {
  test.use({ locale: "zh-CN" });

  test("E12 signing in is Chinese, refusals too", async ({ page, complaints }) => {
    complaints.expect(401);
    await page.goto("/sign-in");
    await ready(page);
    await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
    await expect(page).toHaveTitle("登录 · Turnpike");
    await expect(page.getByRole("heading", { name: "登录" })).toBeVisible();
    await page.getByLabel("邮箱").fill(ADMIN.email);
    await page.getByLabel("密码").fill("not the password");
    await page.getByRole("button", { name: "登录" }).click();
    await expect(page.getByRole("alert")).toHaveText(/邮箱或密码不正确。\s*请检查邮箱和密码。/);
  });

  test("E12 a choice keeps the page and lasts over a reload", async ({ page }) => {
    await page.goto("/sign-in?from=here");
    await ready(page);
    await page.getByRole("button", { name: "English" }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await expect(page).toHaveURL("/sign-in?from=here");
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await expect(page.getByRole("button", { name: "English" })).toHaveAttribute("aria-pressed", "true");
  });
});

test("E12 the cookie wins: navigation and keys are Chinese in an English browser", async ({ page, turnpike }) => {
  await member(page, turnpike, "owner");
  await page.context().addCookies([{ name: "language", value: "zh", url: turnpike.origin }]);
  await page.goto("/keys?new=1");
  await ready(page);
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
  await expect(page.getByRole("heading", { name: "密钥", level: 1 })).toBeVisible();
  await expect(page.getByLabel("名称")).toBeVisible();
  await expect(page.getByRole("button", { name: "创建密钥" })).toBeVisible();
  const burger = page.getByRole("button", { name: "打开导航" });
  if (await burger.isVisible()) await burger.click();
  for (const name of ["首页", "用量", "请求", "密钥", "钱包"]) await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
  await page.getByRole("link", { name: "钱包", exact: true }).click();
  await expect(page.getByRole("heading", { name: "钱包", level: 1 })).toBeVisible();
});

test("E12 the buttons in the navigation change the language of a page", async ({ home }) => {
  await home.goto("/profile");
  await ready(home);
  await openNavigation(home);
  await home.getByRole("button", { name: "中文" }).click();
  await expect(home.getByRole("heading", { name: "个人资料", level: 1 })).toBeVisible();
  await expect(home).toHaveURL("/profile");
});
