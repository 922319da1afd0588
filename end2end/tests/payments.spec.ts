// Money in: what it costs, buying credit, redeeming codes; and making codes, for those who run the place.
import { readFileSync } from "node:fs";
import { makeTenant, member } from "../people";
import { openShop, pay } from "../shop";
import { ADMIN, expect, ready, test, type Turnpike } from "../turnpike";

async function codes(turnpike: Turnpike, count = 1): Promise<string[]> {
  return (await turnpike.api("POST", "/codes", { amount: "7.5", count, kind: "bonus" })).codes;
}

test("every fee can be read by everybody", async ({ page }) => {
  await page.goto("/fees");
  await ready(page);
  await expect(page.getByText("There is no fee.")).toBeVisible();
});

test("a code puts its worth into the wallet, once", async ({ page, turnpike, complaints, javaScriptEnabled }) => {
  complaints.expect(404, 409);
  await member(page, turnpike, "billing", "0");
  const [code] = await codes(turnpike);
  await page.goto("/wallet");
  await ready(page);
  const balance = page.locator(".stat", { hasText: "Balance" }).locator("data");
  await expect(balance).toHaveAttribute("value", "0");
  await page.getByLabel("Code").fill(code!.toLowerCase().replaceAll("-", " "));
  await page.getByRole("button", { name: "Redeem" }).click();
  await expect(balance).toHaveAttribute("value", "7.5");
  if (!javaScriptEnabled) return;
  const other = await makeTenant(turnpike, undefined, "0");
  const taken = await codes(turnpike);
  await turnpike.api("POST", "/redeem", { tenant: other.id, code: taken[0] });
  for (const refused of [taken[0]!, "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA"]) {
    await page.getByLabel("Code").fill(refused);
    await page.getByRole("button", { name: "Redeem" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }
  await expect(balance).toHaveAttribute("value", "7.5");
});

test("who may not put money in is not offered to", async ({ page, turnpike }) => {
  await member(page, turnpike, "viewer");
  await page.goto("/wallet");
  await ready(page);
  await expect(page.getByRole("heading", { name: "History" })).toBeVisible();
  await expect(page.getByLabel("Code")).toHaveCount(0);
});

test("codes are made, saved as a file, and withdrawn", async ({ home: page, turnpike, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "codes are shown in a dialog");
  await page.goto("/money");
  await ready(page);
  await page.getByLabel("Each worth, USD").fill("2.5");
  await page.getByLabel("How many").fill("3");
  const note = `fair ${turnpike.origin} ${Date.now()}`;
  await page.getByLabel("What for").fill(note);
  await page.getByRole("button", { name: "Make", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Save these 3 codes")).toBeVisible();
  const [file] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("link", { name: "Download CSV" }).click()]);
  const lines = readFileSync((await file.path())!, "utf8").trim().split("\r\n");
  expect(lines).toHaveLength(4);
  expect(file.suggestedFilename()).toBe("codes.csv");
  await dialog.getByRole("button", { name: "I saved it" }).click();
  await expect(dialog).toHaveCount(0);
  const tenant = await makeTenant(turnpike, undefined, "0");
  await turnpike.api("POST", "/redeem", { tenant: tenant.id, code: lines[1] });
  await page.reload();
  await ready(page);
  const row = page.getByRole("row", { name: note });
  await expect(row).toContainText("1 / 3");
  await row.getByRole("button", { name: "Withdraw" }).click();
  await expect(row).toContainText("withdrawn");
});

test("credit is ordered at a price that is shown, paid, and has a receipt", async ({ page }) => {
  const shop = await openShop();
  try {
    await shop.setUp();
    const tenant = await makeTenant(shop, undefined, "0");
    await page.goto(`${shop.origin}/fees`);
    await ready(page);
    await expect(page.getByRole("row", { name: /CNY/ })).toContainText("0.50 CNY");
    await page.goto(`${shop.origin}/sign-in`);
    await ready(page);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password").fill(ADMIN.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Home", level: 1 })).toBeVisible();
    await page.goto(`${shop.origin}/tenants/${tenant.id}`);
    await ready(page);
    await page.getByRole("button", { name: "Step inside" }).click();
    await expect(page.getByRole("region", { name: "Inside a tenant" })).toBeVisible();
    await page.goto(`${shop.origin}/wallet`);
    await ready(page);
    await page.getByLabel("Credit, USD").fill("20");
    await page.getByLabel("Paid with").selectOption({ label: "WeChat Pay · CNY" });
    await page.getByRole("button", { name: "Order", exact: true }).click();
    // 20 × 7.25 = 145, and 0.50 + 0.6 % on top.
    const link = page.getByRole("link", { name: "Pay 146.37 CNY" });
    await pay(shop, (await link.getAttribute("href"))!);
    await page.getByRole("link", { name: "I have paid" }).click();
    await expect(page.getByText("Receipt 1")).toBeVisible();
    await expect(page.getByText("The credit is in the wallet.")).toBeVisible();
    await page.getByRole("link", { name: "Wallet" }).last().click();
    await expect(page.locator(".stat", { hasText: "Balance" }).locator("data")).toHaveAttribute("value", "20");
    await expect(page.getByRole("row", { name: /WeChat Pay/ })).toContainText("paid");
  } finally {
    await shop.stop();
  }
});
