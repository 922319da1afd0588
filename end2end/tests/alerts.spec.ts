// Budgets, who is told of what, and money that is given back.
import { makeKey, makeTenant, member } from "../people";
import { openShop, pay } from "../shop";
import type { Page } from "@playwright/test";
import { ADMIN, expect, ready, test } from "../turnpike";

// A form was refused: why has the focus, so that it is read out, and nothing that was typed is in the address.
async function refused(page: Page, why: string) {
  await ready(page);
  await expect(page.getByRole("alert")).toContainText(why);
  await expect(page.getByRole("alert")).toBeFocused();
  expect(Object.keys(Object.fromEntries(new URL(page.url()).searchParams)).filter((name) => !/^(__path|__err|budget|rule|close)$/.test(name))).toEqual([]);
}

test("a budget is set, refuses what does not fit, is changed and taken away", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  await page.goto("/budgets");
  await ready(page);
  await expect(page.getByText("No budgets yet")).toBeVisible();
  await page.getByRole("link", { name: "New budget" }).click();
  await page.getByLabel("Of", { exact: true }).selectOption({ label: key.name });
  await page.getByLabel("Per", { exact: true }).selectOption("day");
  await page.getByLabel("Amount, USD").fill("ten");
  await page.getByLabel("Told at, percent").fill("75 & more");
  await page.getByLabel("Refuse requests that do not fit").uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  // Everything is as it was typed, and what is wrong is read out.
  await refused(page, "must be an amount in USD");
  await expect(page.getByLabel("Of", { exact: true })).toHaveValue(key.id);
  await expect(page.getByLabel("Per", { exact: true })).toHaveValue("day");
  await expect(page.getByLabel("Amount, USD")).toHaveValue("ten");
  await expect(page.getByLabel("Refuse requests that do not fit")).not.toBeChecked();
  await page.getByLabel("Amount, USD").fill("0.000000001");
  await page.getByLabel("Refuse requests that do not fit").check();
  await page.getByRole("button", { name: "Save" }).click();
  await refused(page, "must be whole percents");
  await expect(page).toHaveURL(/^[^&]*\?budget=new&__path=[^&]*&__err=[^&]*$/);
  await expect(page.getByLabel("Amount, USD")).toHaveValue("0.000000001");
  await expect(page.getByLabel("Told at, percent")).toHaveValue("75 & more");
  await page.getByLabel("Told at, percent").fill("75");
  await page.getByRole("button", { name: "Save" }).click();
  const row = page.getByRole("row", { name: key.name }).first();
  await expect(row).toContainText("$0.00000000");
  await expect(row).toContainText("stops");
  await expect(async () => expect(await turnpike.ask(key.secret)).toBe(402)).toPass({ timeout: 10_000 });
  await expect(async () => {
    await page.goto("/budgets");
    await expect(page.getByText("Refused by a budget")).toBeVisible({ timeout: 200 });
  }).toPass({ timeout: 15_000 });
  await page.getByRole("link", { name: `Change the budget of ${key.name}` }).click();
  await page.getByLabel("Amount, USD").fill("5");
  await page.getByLabel("Told at, percent").fill("90");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("of $5.00");
  await expect(row).toContainText("90");
  await expect(async () => expect(await turnpike.ask(key.secret)).toBe(200)).toPass({ timeout: 10_000 });
  await page.getByRole("link", { name: `Change the budget of ${key.name}` }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No budgets yet")).toBeVisible();
});

test("who may not change budgets is offered no form", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "viewer");
  await turnpike.api("POST", `/tenants/${tenant.id}/budgets`, { period: "month", amount: "20" });
  await page.goto("/budgets?budget=new&rule=new");
  await ready(page);
  await expect(page.getByRole("row", { name: tenant.name })).toContainText("of $20.00");
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
});

test("a rule is made with a secret shown once, tried, changed and removed", async ({ home: page }) => {
  const name = `on call ${Date.now()}`;
  await page.goto("/alerts?rule=new");
  await ready(page);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Webhook", { exact: true }).fill("http://127.0.0.1:9/hook");
  await page.getByLabel("Caller over a limit").check();
  await page.getByLabel("Mail to").fill("nobody");
  await page.getByRole("button", { name: "Save" }).click();
  await refused(page, "no mail server");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await expect(page.getByLabel("Caller over a limit")).toBeChecked();
  await expect(page.getByLabel("Webhook", { exact: true })).toHaveValue("http://127.0.0.1:9/hook");
  await page.getByLabel("Mail to").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("dialog")).toContainText("whsec_");
  await page.getByRole("dialog").getByRole("link", { name: "I saved it" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  const row = page.getByRole("row", { name: `Change ${name}` });
  await expect(row).toContainText("http://127.0.0.1:9/…");
  await expect(row).toContainText("1 in 300 s");
  await row.getByRole("button", { name: `Test ${name}` }).click();
  await expect(page.getByRole("alert")).toContainText("not told: webhook");
  await page.getByRole("link", { name: `Change ${name}` }).click();
  await page.getByLabel("From so many on").fill("3");
  await page.getByLabel("Looked at").uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("3 in 300 s");
  await expect(row).toContainText("off");
  await page.getByRole("link", { name: `Change ${name}` }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("button", { name: `Test ${name}` })).toHaveCount(0);
});

test("a top-up is given back in part, once however often the form is sent", async ({ page }) => {
  const shop = await openShop();
  try {
    await shop.setUp();
    const tenant = await makeTenant(shop, undefined, "0");
    const order = await shop.api("POST", "/topups", { tenant: tenant.id, amount: "20", provider: "epay", method: "alipay" });
    await pay(shop, order.pay_url);
    await page.goto(`${shop.origin}/sign-in`);
    await ready(page);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password").fill(ADMIN.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Home", level: 1 })).toBeVisible();
    await page.goto(`${shop.origin}/topups/${order.id}`);
    await ready(page);
    await expect(page.getByText("$20 is left of it")).toBeVisible();
    const once = await page.locator("input[name=once]").inputValue();
    const form = { of: order.id as string, once, amount: "5", reason: "ordered too much" };
    const send = () => page.request.post(`${shop.origin}/fn/refund`, { form, headers: { origin: shop.origin }, maxRedirects: 0 });
    const sent = await Promise.all([send(), send(), send()]);
    expect(sent.map((answer) => answer.status()).filter((status) => status >= 400)).toEqual([]);
    expect((await shop.api("GET", `/topups/${order.id}`)).refunds).toHaveLength(1);
    await page.reload();
    await ready(page);
    await page.getByLabel("Amount, USD").fill("2.5");
    await page.getByLabel("Reason").fill("and some more");
    await page.getByRole("button", { name: "Refund" }).click();
    await expect(page.getByRole("row", { name: /and some more/ })).toContainText("done");
    await expect(page.getByText("$12.5 is left of it")).toBeVisible();
    expect((await shop.api("GET", `/tenants/${tenant.id}/balance`)).posted).toBe("12.5");
  } finally {
    await shop.stop();
  }
});

test("a request is given back into the wallet", async ({ home: page, turnpike }) => {
  const tenant = await makeTenant(turnpike);
  const key = await makeKey(turnpike, tenant.id);
  await turnpike.call(key.secret, "sandbox/lorem", { max_tokens: 90 });
  let id = "";
  await expect(async () => {
    id = (await turnpike.api("GET", `/usage?tenant=${tenant.id}`)).data[0].request_id;
  }).toPass({ timeout: 10_000 });
  await page.goto(`/requests/${id}`);
  await ready(page);
  await page.getByLabel("Reason").fill("an outage of ours");
  await page.getByRole("button", { name: "Refund" }).click();
  await expect(page.getByRole("row", { name: /an outage of ours/ })).toContainText("done");
  await expect(page.getByRole("button", { name: "Refund" })).toHaveCount(0);
  expect((await turnpike.api("GET", `/tenants/${tenant.id}/balance`)).posted).toBe("5");
});

test("a tenant is closed by its name, after what is owed was shown", async ({ home: page, turnpike }) => {
  const tenant = await makeTenant(turnpike);
  await page.goto(`/tenants/${tenant.id}`);
  await ready(page);
  await page.getByRole("link", { name: "Close the tenant…" }).click();
  await expect(page.getByRole("row", { name: /Given credit that ends/ })).toContainText("$5.00");
  await page.getByLabel("Reason, and how it is paid out").fill("asked to leave");
  await page.getByLabel("Name", { exact: true }).fill("another");
  await page.getByRole("button", { name: "Close it for good" }).click();
  await refused(page, "is not this tenant's");
  await expect(page.getByLabel("Reason, and how it is paid out")).toHaveValue("asked to leave");
  await page.getByLabel("Name", { exact: true }).fill(tenant.name);
  await page.getByRole("button", { name: "Close it for good" }).click();
  await expect(page.getByRole("heading", { name: "This tenant is closed" })).toBeVisible();
  await expect(page.getByRole("row", { name: /asked to leave/ })).toBeVisible();
});
