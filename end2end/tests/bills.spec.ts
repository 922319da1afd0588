// Bills: the list, one as it is printed, and a tenant's whole history as a file.
import { bill, unzip } from "../bills";
import { makeKey, makeTenant, member } from "../people";
import { expect, openNavigation, ready, test } from "../turnpike";

test("who has no bill yet is told what becomes one", async ({ page, turnpike }) => {
  await member(page, turnpike, "owner", "0");
  await openNavigation(page);
  await page.getByRole("link", { name: "Bills" }).click();
  await expect(page.getByRole("heading", { name: "No bill yet" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Export everything" })).toBeVisible();
});

test("a month that is over is a bill with usage, other lines and balances, as a page and as a file", async ({ page, turnpike, complaints }) => {
  const { tenant } = await member(page, turnpike, "billing", "5");
  const key = await makeKey(turnpike, tenant.id, "nightly");
  await turnpike.call(key.secret, "sandbox/lorem", { max_tokens: 20 });
  await expect(async () => {
    const { data } = await turnpike.api("GET", `/tenants/${tenant.id}/ledger`);
    expect(data[0].kind).toBe("usage");
  }).toPass({ timeout: 5_000 });
  const frozen = await bill(turnpike, tenant);
  await turnpike.api("POST", `/tenants/${tenant.id}/adjustments`, { amount: "2", reason: "late" });

  await page.goto("/bills");
  await ready(page);
  const now = page.getByRole("row", { name: /so far/ });
  await expect(now.locator("data").last()).toHaveAttribute("value", /^6\.99/);
  await expect(now.locator("data").nth(2)).toHaveAttribute("value", "2");
  const row = page.getByRole("row", { name: frozen.month });
  await expect(row).toContainText(frozen.number);
  await expect(row.locator("data").first()).toHaveAttribute("value", "0");
  await expect(row.locator("data").nth(2)).toHaveAttribute("value", "5");
  await expect(page.getByRole("link", { name: "Export everything" })).toHaveCount(0);

  const file = await page.request.get((await row.getByRole("link", { name: "CSV" }).getAttribute("href"))!);
  expect(file.headers()["content-disposition"]).toContain(`statement-${tenant.id}-${frozen.month}.csv`);
  await row.getByRole("link", { name: "Print" }).click();
  await expect(page).toHaveURL(new RegExp(`/bills/${frozen.id}`));
  await ready(page);
  await expect(page.getByRole("row", { name: /Billed to/ })).toContainText(tenant.name);
  await expect(page.getByRole("row", { name: /Period/ })).toContainText(`${frozen.month}-01 – ${frozen.month}-`);
  const used = page.getByRole("row", { name: /sandbox\/lorem/ });
  await expect(used).toContainText("nightly");
  await expect(page.getByRole("row", { name: /for a test/ })).toContainText("+$5.00");
  const closing = page.getByRole("row", { name: /Balance after/ }).locator("data").first();
  expect(await file.text()).toContain(`,closing,`);
  expect((await file.text()).trimEnd().split(",").pop()).toBe(await closing.getAttribute("value"));

  complaints.expect(404);
  const other = await makeTenant(turnpike, undefined, "1");
  const theirs = await bill(turnpike, other);
  await page.goto(`/bills/${theirs.id}`);
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.getByText(other.name)).toHaveCount(0);
});

test("a bill on paper is the bill alone, in ink on white", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner", "5");
  const frozen = await bill(turnpike, tenant);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await page.goto(`/bills/${frozen.id}`);
  await ready(page);
  await expect(page.getByText(`Statement ${frozen.number}`)).toBeVisible();
  for (const part of [".nav", ".topbar", ".btn"]) {
    for (const one of await page.locator(part).all()) await expect(one).toBeHidden();
  }
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe("rgb(255, 255, 255)");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide).toBeLessThanOrEqual(0);
});

test("an owner takes everything away in one file, which adds up", async ({ page, turnpike }) => {
  const { tenant, email } = await member(page, turnpike, "owner", "5");
  const frozen = await bill(turnpike, tenant);
  await page.goto("/bills");
  await ready(page);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Export everything" }).click()]);
  expect(file.suggestedFilename()).toMatch(new RegExp(`^export-${tenant.id}-20\\d\\d-\\d\\d-\\d\\d\\.zip$`));
  const files = unzip((await file.path())!);
  expect(files["ledger.csv"]!.trimEnd().endsWith(",5,5")).toBe(true);
  expect(files["members.csv"]).toContain(email);
  expect(files[`statements/${frozen.month}.csv`]).toContain(frozen.number);
  for (const name of Object.keys(files).filter((name) => !name.startsWith("statements/") && name !== "README.txt")) {
    expect(files["README.txt"]).toContain(name);
  }
});

test("who may not see money is not offered bills", async ({ page, turnpike, complaints }) => {
  complaints.expect(403);
  await member(page, turnpike, "developer");
  await openNavigation(page);
  await expect(page.getByRole("link", { name: "Usage" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Bills" })).toHaveCount(0);
  await page.goto("/bills");
  await expect(page.getByRole("alert")).toBeVisible();
});
