// Sums: what is asked for is in the address, the totals are those of the rows, and the books add up to nothing.
import { makeKey, member } from "../people";
import { expect, ready, test } from "../turnpike";

const nano = (text: string) => {
  const [whole, part = ""] = text.replace("-", "").split(".");
  const value = BigInt(whole! + part.padEnd(9, "0"));
  return text.startsWith("-") ? -value : value;
};

test("C5 sums by model, key and day are in the address, add up, and equal what was charged", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "billing");
  const [one, two] = [await makeKey(turnpike, tenant.id), await makeKey(turnpike, tenant.id)];
  let charged = 0n;
  for (const [key, words] of [[one, 10], [one, 20], [two, 30]] as const) {
    charged += nano(await turnpike.call(key.secret, "sandbox/lorem", { max_tokens: words }));
  }
  charged += nano(await turnpike.call(two.secret, "sandbox/echo"));
  const total = page.locator("tfoot td data").first();
  await expect(async () => {
    await page.goto("/usage?range=24h&by=model");
    await expect(page.locator("tfoot td").first()).toHaveText("4", { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  await ready(page);
  expect(nano((await total.getAttribute("value"))!)).toBe(charged);
  await expect(page.locator("section tbody tr")).toHaveCount(2);
  await page.getByRole("group", { name: "Group by" }).getByRole("link", { name: "Key" }).click();
  await expect(page).toHaveURL("/usage?range=24h&by=key");
  await expect(page.getByRole("rowheader", { name: one.name })).toBeVisible();
  const parts = await page.locator("section tbody tr td data").evaluateAll((all) => all.map((cell) => cell.getAttribute("value")!));
  expect(parts.reduce((sum, part) => sum + nano(part), 0n)).toBe(charged);
  await page.getByRole("group", { name: "Range" }).getByRole("link", { name: "30 d" }).click();
  await expect(page).toHaveURL("/usage?by=key&range=30d");
  expect(nano((await total.getAttribute("value"))!)).toBe(charged);
  const file = await (await page.request.get((await page.getByRole("link", { name: "CSV" }).getAttribute("href"))!)).text();
  expect(file.trimEnd().split("\r\n").length).toBe(5);
  expect(await page.content(), "costs are for those who run the place").not.toContain("Cost to us");
});

test("E10 sums of other tenants are refused", async ({ page, turnpike, complaints }) => {
  complaints.expect(403);
  await member(page, turnpike, "owner");
  const asked = await page.request.get("/fn/usage_view?span[Last]=7d&by=tenant", { headers: { accept: "application/json" } });
  expect(asked.status()).toBe(403);
  expect((await page.request.get("/fn/money_view", { headers: { accept: "application/json" } })).status()).toBe(403);
});

test("the books add up, and all accounts together are nothing", async ({ home: page, turnpike }) => {
  await turnpike.relay("sandbox/lorem", { max_tokens: 50 });
  await page.goto("/money?now=true");
  await expect(page.getByText("difference 0")).toBeVisible();
  const panel = page.getByRole("region", { name: "Accounts" });
  await expect(panel.locator("tfoot data")).toHaveAttribute("value", "0");
  const accounts = await panel.locator("tbody td data").evaluateAll((all) => all.map((cell) => cell.getAttribute("value")!));
  expect(accounts.length).toBeGreaterThan(5);
  expect(accounts.reduce((sum, one) => sum + nano(one), 0n)).toBe(0n);
});
