// What holds on every page: M1 exact money, E1 to E11 of the console's requirements that are of no one page.
import { fresh, makeKey, makeTenant, member } from "../people";
import { expect, openNavigation, ready, test } from "../turnpike";

test("M1 money is exact, in tabular figures, to the right, with the raw value on hover", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner", "12.345678901");
  await page.goto("/wallet");
  const row = page.getByRole("row").filter({ hasText: "for a test" });
  const amount = row.locator("data").first();
  await expect(amount).toHaveText("$12.345678901");
  await expect(amount).toHaveAttribute("value", "12.345678901");
  await expect(amount).toHaveAttribute("title", "12.345678901 USD");
  const cell = row.locator("td.num").first();
  expect(await cell.evaluate((cell) => getComputedStyle(cell).textAlign)).toBe("right");
  expect(await amount.evaluate((data) => getComputedStyle(data).fontVariantNumeric)).toContain("tabular-nums");
  expect(tenant.id).toBeTruthy();
});

test("M3 the file is named by tenant and period, its total is the ledger's, and no cell is a formula", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  const model = `=HYPERLINK("http://x")${fresh("m")}`.replaceAll(" ", "");
  await turnpike.api("POST", "/channels", { name: fresh("way"), provider: "sandbox", credentials: [], models: [{ model, upstream: "sandbox/lorem" }] });
  await turnpike.api("PUT", `/models/${encodeURIComponent(model)}/price`, { input: "1", output: "2" });
  await turnpike.call(key.secret, model, { max_tokens: 20 });
  await turnpike.call(key.secret, "sandbox/lorem", { max_tokens: 7 });
  await expect(async () => {
    await page.goto("/usage?range=24h&by=model");
    await expect(page.locator("tfoot td").first()).toHaveText("2", { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  const answer = await page.request.get((await page.getByRole("link", { name: "CSV" }).getAttribute("href"))!);
  expect(answer.headers()["content-disposition"]).toMatch(new RegExp(`usage-${tenant.id}-20\\d\\d-.*-20\\d\\d-.*\\.csv`));
  const file = await answer.text();
  expect(file).toContain(`"'=HYPERLINK(""http://x"")`);
  const total = file.trimEnd().split("\r\n").slice(1).map((line) => /;[^,]*,([0-9.]+),\d+,/.exec(line)![1]!);
  const nano = (text: string) => BigInt(Math.round(Number(text) * 1e9));
  const ledger = await turnpike.api("GET", `/tenants/${tenant.id}/ledger`);
  const charged = ledger.data.filter((line: { kind: string }) => line.kind === "usage").map((line: { amount: string }) => -nano(line.amount));
  const sum = (all: bigint[]) => all.reduce((one, two) => one + two, 0n);
  expect(sum(total.map(nano))).toBe(sum(charged));
});

test("E1 a page that is awaited shows its outline only after 150 ms", async ({ home: page, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "what a script adds");
  await ready(page);
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route("**/fn/usage_view*", async (route) => {
    await held;
    await route.continue();
  });
  await openNavigation(page);
  await page.getByRole("link", { name: "Usage" }).click();
  const outline = page.locator(".skeleton");
  await expect(outline).toHaveCount(1);
  expect(await outline.evaluate((one) => getComputedStyle(one).animationDelay)).toBe("0.15s");
  await expect(outline).toHaveCSS("opacity", "1");
  go();
  await expect(outline).toHaveCount(0);
  await expect(page.getByRole("group", { name: "Group by" })).toBeVisible();
});

test("E2 empty pages say what to do next", async ({ page, turnpike }) => {
  await member(page, turnpike, "owner", "0");
  for (const [path, advice] of [
    ["/requests", "Each call through the relay stands here"],
    ["/keys", "Make the first key"],
    ["/wallet", "No money has moved"],
    ["/usage", "Take a longer one"],
  ] as const) {
    await page.goto(path);
    await expect(page.getByText(advice), path).toBeVisible();
  }
});

test("E3 an error says what happened, what to do, and an id", async ({ page, turnpike, complaints, javaScriptEnabled }) => {
  complaints.expect(404, 503);
  await member(page, turnpike, "owner");
  const answer = await page.goto("/requests/01a21d45-c78d-7249-b531-4b6984ca2b2d");
  expect(answer!.headers()["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
  const note = page.getByRole("alert");
  await expect(note).toContainText("There is no such thing. It may be gone");
  if (!javaScriptEnabled) return;
  await ready(page);
  await page.route("**/fn/log_view*", (route) => route.fulfill({ status: 503, json: { Unavailable: { id: "0123abcd" } } }));
  await page.goto("/profile");
  await ready(page);
  await page.goto("/requests?status=200");
  await ready(page);
  await page.getByLabel("Status").selectOption("502");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(note).toContainText("The database does not answer.");
  await expect(note.locator("code")).toHaveText("0123abcd");
});

test("E6 a dialog keeps the focus and gives it back, and a popover closes by Esc", async ({ page, turnpike, javaScriptEnabled, isMobile }) => {
  test.skip(!javaScriptEnabled || isMobile, "what a script and a keyboard add");
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  await page.goto("/keys?new=1");
  await ready(page);
  await page.getByLabel("Name", { exact: true }).fill(fresh("app"));
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /Save the secret/ });
  await expect(dialog).toBeVisible();
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press("Tab");
    const inside = await page.evaluate(() => {
      const at = document.activeElement;
      return !at || at === document.body || Boolean(at.closest("dialog"));
    });
    expect(inside, "focus stays inside").toBe(true);
  }
  await dialog.getByLabel("I saved it somewhere safe").check();
  await dialog.getByRole("link", { name: "I saved it" }).click();
  await expect(dialog).toHaveCount(0);
  const revoke = page.getByRole("button", { name: `Revoke ${key.name}` });
  await revoke.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: `Revoke “${key.name}”?` })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { name: `Revoke “${key.name}”?` })).toBeHidden();
  await expect(revoke).toBeFocused();
});

test("E8 lists, a key, and the file work without a script", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  await turnpike.call(key.secret, "sandbox/echo");
  await expect(async () => {
    await page.goto("/requests");
    await expect(page.locator("section tbody tr")).toHaveCount(1, { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  await page.goto("/keys");
  await expect(page.getByRole("row").filter({ hasText: key.name })).toContainText("Active");
  const file = await page.request.get((await (await page.goto("/requests"), page.getByRole("link", { name: "CSV" })).getAttribute("href"))!);
  expect((await file.text()).trimEnd().split("\r\n").length).toBe(2);
});

test("E11 every change is written down: who, when, from where, before and after", async ({ page, turnpike }) => {
  const { tenant, email } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  await page.goto("/keys");
  await ready(page);
  const changed = page.waitForResponse((answer) => answer.url().includes("/fn/set_key_enabled"));
  await page.getByRole("row").filter({ hasText: key.name }).getByRole("switch").click();
  await changed;
  const users = (await turnpike.api("GET", "/users?limit=500")).data;
  const me = users.find((user: { email: string }) => user.email === email);
  await expect(async () => {
    const log = (await turnpike.api("GET", "/audit?limit=100")).data;
    const line = log.find((one: { actor: string; subject?: string }) => JSON.stringify(one).includes(key.id) && JSON.stringify(one).includes(me.id));
    expect(line, "a line about this key by this user").toBeTruthy();
    expect(JSON.stringify(line)).toContain("127.0.0.1");
    expect(JSON.stringify(line)).toMatch(/"enabled":true.*"enabled":false/);
  }).toPass({ timeout: 5_000 });
});

test("S5 what people write does nothing on any page", async ({ home: page, turnpike, isMobile }) => {
  test.skip(isMobile, "the same markup as on a desk");
  for (const hostile of [`</textarea><img src=x onerror="document.title='owned'">`, `<script>document.title='owned'</script>`, `=HYPERLINK("http://x")`]) {
    const tenant = await makeTenant(turnpike, `${hostile}${fresh("t")}`);
    const key = await makeKey(turnpike, tenant.id, `${hostile}${fresh("k")}`);
    const model = `${hostile}${fresh("m")}`.replaceAll(/\s/g, "");
    await turnpike.api("POST", "/channels", { name: `${hostile}${fresh("c")}`, provider: "sandbox", credentials: [], models: [{ model, upstream: "sandbox/echo" }] });
    await turnpike.api("PUT", `/models/${encodeURIComponent(model)}/price`, { input: "1", output: "2" });
    await turnpike.call(key.secret, model);
  }
  await expect(async () => {
    await page.goto("/usage?range=1h&by=key");
    await expect(page.getByText("HYPERLINK").first()).toBeVisible({ timeout: 200 });
  }).toPass({ timeout: 5_000 });
  for (const path of ["/", "/usage?by=tenant", "/usage?by=channel", "/requests", "/channels", "/models", "/models/import", "/routing", "/tenants", "/money?by=each"]) {
    await page.goto(path);
    await ready(page);
    expect(await page.title(), path).not.toBe("owned");
    expect(await page.locator("img[src=x]").count(), path).toBe(0);
  }
});
