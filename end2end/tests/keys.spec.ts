// Keys: K1 the secret is shown once, when a key is made and when it is rotated, K2 revoking asks for the name and takes effect within a second, K3 a switch flips at
// once and goes back when the server refuses, E8 all of it but the switch's haste without JavaScript.
import type { Page } from "@playwright/test";
import { fresh, makeKey, member } from "../people";
import { expect, ready, test } from "../turnpike";

test("K1 a new key's secret is shown once, works, and a reload does not show it", async ({ page, turnpike }) => {
  await member(page, turnpike, "developer");
  const name = fresh("agent");
  await page.goto("/keys?new=1");
  await ready(page);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create the key" }).click();
  await expect(page.getByText("the only time it is shown")).toBeVisible();
  const secret = await page.locator(".secret code").innerText();
  expect(secret).toMatch(/^sk-tp-[\w-]{43}$/);
  expect(await turnpike.ask(secret)).toBe(200);
  await page.goto("/keys");
  await ready(page);
  await expect(page.getByRole("rowheader", { name })).toBeVisible();
  expect(await page.content()).not.toContain(secret);
});

test("K1 the dialog is left by saying that the secret is saved", async ({ page, turnpike, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "without JavaScript the dialog is part of the page");
  await member(page, turnpike, "owner");
  await page.goto("/keys?new=1");
  await ready(page);
  await page.getByLabel("Name").fill(fresh("agent"));
  await page.getByRole("button", { name: "Create the key" }).click();
  const dialog = page.getByRole("dialog");
  const done = dialog.getByRole("link", { name: "I saved it" });
  await expect(done).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("Escape");
  await done.dispatchEvent("click");
  await expect(dialog).toBeVisible();
  await dialog.getByRole("checkbox").check();
  await done.click();
  await expect(dialog).toBeHidden();
});

// Rotates the key on its page, with the old secret working for so long; what is shown of the new one.
async function rotate(page: Page, name: string, overlap: string) {
  await page.goto("/keys");
  await ready(page);
  await page.getByRole("button", { name: `Rotate ${name}` }).click();
  await page.getByLabel("The old secret works for").selectOption(overlap);
  await page.getByRole("button", { name: "Make a new secret" }).click();
  await expect(page.getByText("the only time it is shown")).toBeVisible();
  return page.locator(".secret code").innerText();
}

test("K1 a rotated key's secret is shown once, both work, and a reload does not show it", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "developer");
  const key = await makeKey(turnpike, tenant.id);
  const secret = await rotate(page, key.name, "24 hours");
  expect(secret).toMatch(/^sk-tp-[\w-]{43}$/);
  expect(secret).not.toBe(key.secret);
  await expect.poll(() => turnpike.ask(secret), { timeout: 1_000, intervals: [50] }).toBe(200);
  expect(await turnpike.ask(key.secret)).toBe(200);
  await page.goto("/keys");
  await ready(page);
  const row = page.getByRole("row").filter({ hasText: key.name });
  await expect(row).toContainText(`…${secret.slice(-4)}`);
  await expect(row).toContainText("former secret works until");
  const { former_secret_ends_at: ends } = await turnpike.api("GET", `/keys/${key.id}`);
  await expect(row.locator(`time[datetime="${ends}"]`)).toBeVisible();
  expect(await page.content()).not.toContain(secret);
});

test("K1 a rotation without an overlap ends the old secret within a second", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  expect(await turnpike.ask(key.secret)).toBe(200);
  const secret = await rotate(page, key.name, "not at all: refused within a second");
  await expect.poll(() => turnpike.ask(key.secret), { timeout: 1_000, intervals: [50] }).toBe(401);
  expect(await turnpike.ask(secret)).toBe(200);
  await page.goto("/keys");
  const row = page.getByRole("row").filter({ hasText: key.name });
  await expect(row).toContainText(`…${secret.slice(-4)}`);
  await expect(row).not.toContainText("former secret");
});

test("K1 what is set about a key is changed, and its secret stays", async ({ page, turnpike, complaints, javaScriptEnabled }) => {
  complaints.expect(422);
  const { tenant } = await member(page, turnpike, "admin");
  const key = await makeKey(turnpike, tenant.id);
  await page.goto("/keys");
  await ready(page);
  await page.getByRole("link", { name: `Change ${key.name}` }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(key.name);
  await page.getByLabel("Addresses", { exact: true }).fill("not an address");
  await page.getByRole("button", { name: "Save" }).click();
  if (javaScriptEnabled) await expect(page.getByRole("alert")).toContainText("not an address or network");
  await page.goto(`/keys?change=${key.id}`);
  await ready(page);
  const name = fresh("renamed");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Models", { exact: true }).fill("sandbox/echo, sandbox/lorem");
  await page.getByLabel("Addresses", { exact: true }).fill("127.0.0.0/8");
  await page.getByLabel("Last day", { exact: true }).fill("2099-12-31");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(/\/keys$/);
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row).toContainText("sandbox/echo, sandbox/lorem");
  const shown = await turnpike.api("GET", `/keys/${key.id}`);
  expect(shown).toMatchObject({ name, ip_allow: ["127.0.0.0/8"], expires_at: "2100-01-01T00:00:00Z" });
  expect(await turnpike.ask(key.secret)).toBe(200);
  await page.goto(`/keys?change=${key.id}`);
  await ready(page);
  await expect(page.getByLabel("Models", { exact: true })).toHaveValue("sandbox/echo, sandbox/lorem");
  await expect(page.getByLabel("Last day", { exact: true })).toHaveValue("2099-12-31");
  await page.getByLabel("Models", { exact: true }).fill("another");
  await page.getByLabel("Last day", { exact: true }).fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row").filter({ hasText: name })).toContainText("another");
  expect(await turnpike.api("GET", `/keys/${key.id}`)).toMatchObject({ models: ["another"], expires_at: null });
  await expect.poll(() => turnpike.ask(key.secret), { timeout: 1_000, intervals: [50] }).toBe(403);
});

test("K2 revoking asks for the key's name, and the relay refuses it within a second", async ({ page, turnpike, complaints, javaScriptEnabled }) => {
  complaints.expect(422);
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  expect(await turnpike.ask(key.secret)).toBe(200);
  const ask = async (typed: string) => {
    await page.goto("/keys");
    await ready(page);
    await page.getByRole("button", { name: `Revoke ${key.name}` }).click();
    await page.getByLabel("Type its name").fill(typed);
    await page.getByRole("button", { name: "Revoke for good" }).click();
    await ready(page);
  };
  await ask("another");
  if (javaScriptEnabled) await expect(page.getByRole("alert")).toContainText("is not this key's");
  expect(await turnpike.ask(key.secret)).toBe(200);
  await ask(key.name);
  await expect(page.getByRole("rowheader", { name: key.name })).toBeHidden();
  await expect.poll(() => turnpike.ask(key.secret), { timeout: 1_000, intervals: [50] }).toBe(401);
});

test("K3 a switch turns a key off and on", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "admin");
  const key = await makeKey(turnpike, tenant.id);
  await page.goto("/keys");
  await ready(page);
  const row = page.getByRole("row").filter({ hasText: key.name });
  await row.getByRole("switch").click();
  await expect(row.getByText("Off")).toBeVisible();
  await expect.poll(() => turnpike.ask(key.secret), { timeout: 1_000, intervals: [50] }).toBe(401);
  await row.getByRole("switch").click();
  await expect(row.getByText("Active")).toBeVisible();
  await expect.poll(() => turnpike.ask(key.secret), { timeout: 1_000, intervals: [50] }).toBe(200);
});

test("K3 a switch flips before the server has answered, and goes back when it refuses", async ({ page, turnpike, complaints, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "what a script adds");
  complaints.expect(503);
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  await page.goto("/keys");
  await ready(page);
  let answer = () => {};
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route("**/fn/set_key_enabled", async (route) => {
    await asked;
    await route.fulfill({ status: 503, contentType: "application/json", headers: { "serverfnerror": "/fn/set_key_enabled" }, body: JSON.stringify("Unavailable") });
  });
  const toggle = page.getByRole("row").filter({ hasText: key.name }).getByRole("switch");
  await toggle.click();
  await expect(toggle).toHaveAttribute("aria-checked", "false");
  answer();
  await expect(toggle).toHaveAttribute("aria-checked", "true");
  await expect(page.getByRole("alert")).toBeVisible();
});

test("E10 a viewer sees keys and nothing to change them with, and is refused by the server", async ({ page, turnpike, complaints }) => {
  complaints.expect(403);
  const { tenant } = await member(page, turnpike, "viewer");
  const key = await makeKey(turnpike, tenant.id);
  await page.goto("/keys");
  await ready(page);
  await expect(page.getByRole("rowheader", { name: key.name })).toBeVisible();
  expect(await page.content()).not.toMatch(/role="switch"|Revoke|Rotate|\/keys\?change/);
  const more = { revoke_key: { name: key.name }, rotate_key: { overlap_seconds: "0" }, change_key: { name: "theirs" } };
  for (const [call, fields] of Object.entries(more)) {
    const refused = await page.request.post(`/fn/${call}`, {
      form: { key: key.id, ...fields },
      headers: { origin: turnpike.origin, accept: "application/json" },
    });
    expect(refused.status(), call).toBe(403);
  }
  expect(await turnpike.ask(key.secret)).toBe(200);
});
