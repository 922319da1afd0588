// The log: Q1 filters live in the address, Q2 pages are stable while rows arrive, a row leads to why it cost what it cost, and
// the file has exactly what is asked for.
import { makeKey, member } from "../people";
import { expect, ready, test } from "../turnpike";

test("Q1 a filter is in the address, and the address opened elsewhere shows the same rows", async ({ page, turnpike, browser }) => {
  const { tenant } = await member(page, turnpike, "developer");
  const key = await makeKey(turnpike, tenant.id);
  for (const model of ["sandbox/echo", "sandbox/lorem", "sandbox/echo"]) await turnpike.call(key.secret, model);
  await expect(async () => {
    await page.goto("/requests");
    await expect(page.locator("section tbody tr")).toHaveCount(3, { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  await ready(page);
  await page.getByLabel("Model").selectOption("sandbox/lorem");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page).toHaveURL(/model=sandbox%2Florem/);
  await expect(page.locator("section tbody tr")).toHaveCount(1);
  const cookies = await page.context().cookies();
  const elsewhere = await browser.newContext({ baseURL: turnpike.origin });
  await elsewhere.addCookies(cookies);
  const other = await elsewhere.newPage();
  await other.goto(page.url());
  await expect(other.locator("section tbody tr")).toHaveCount(1);
  await expect(other.getByLabel("Model")).toHaveValue("sandbox/lorem");
  await elsewhere.close();
  await page.getByRole("link", { name: "Clear" }).click();
  await expect(page.locator("section tbody tr")).toHaveCount(3);
});

test("Q2 older pages stay what they are while requests arrive", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  for (let i = 0; i < 53; i++) await turnpike.call(key.secret, "sandbox/echo");
  const posted = async () => (await turnpike.api("GET", `/usage?limit=100&tenant=${tenant.id}`)).data.length;
  await expect.poll(posted, { timeout: 5_000 }).toBe(53);
  await page.goto("/requests");
  await expect(page.locator("section tbody tr")).toHaveCount(50);
  await ready(page);
  const seen = await page.locator("section tbody tr td.mono").allInnerTexts();
  await turnpike.call(key.secret, "sandbox/echo");
  await page.getByRole("link", { name: "Older" }).click();
  await expect(page.locator("section tbody tr")).toHaveCount(3);
  const older = await page.locator("section tbody tr td.mono").allInnerTexts();
  expect(new Set([...seen, ...older]).size).toBe(53);
});

test("a row leads to what was counted, at which price, and what it came to", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "billing");
  const key = await makeKey(turnpike, tenant.id);
  const cost = await turnpike.call(key.secret, "sandbox/lorem", { max_tokens: 40 });
  await expect(async () => {
    await page.goto("/requests");
    await expect(page.locator("section tbody tr")).toHaveCount(1, { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  await ready(page);
  await page.locator("[data-row]").click();
  await expect(page.getByRole("heading", { name: "What happened" })).toBeVisible();
  await expect(page.locator(".stat", { hasText: "Charged" }).locator("data")).toHaveAttribute("value", cost);
  const output = page.getByRole("row", { name: /^Output/ });
  await expect(output.getByRole("cell").first()).toHaveText("40");
  await expect(page.locator("tfoot data")).toHaveAttribute("value", cost);
  expect(await page.content(), "costs and channels are for admins").not.toContain("For admins");
});

test("another tenant's request is not there", async ({ page, turnpike, complaints }) => {
  complaints.expect(404);
  await turnpike.relay();
  await expect(async () => {
    const usage = await turnpike.api("GET", "/usage?limit=1");
    expect(usage.data.length).toBe(1);
  }).toPass({ timeout: 5_000 });
  const [foreign] = (await turnpike.api("GET", "/usage?limit=1")).data;
  await member(page, turnpike, "owner");
  await page.goto(`/requests/${foreign.request_id}`);
  await expect(page.getByText("There is no such thing.")).toBeVisible();
  expect(await page.content()).not.toContain("What happened");
});

test("the CSV has every request of the filter, and its total is what was charged", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  for (const words of [3, 5, 7]) await turnpike.call(key.secret, "sandbox/lorem", { max_tokens: words });
  await turnpike.call(key.secret, "sandbox/echo");
  await expect(async () => {
    await page.goto("/requests?model=sandbox%2Florem");
    await expect(page.locator("section tbody tr")).toHaveCount(3, { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  const href = await page.getByRole("link", { name: "CSV" }).getAttribute("href");
  const file = await (await page.request.get(href!)).text();
  const [head, ...rows] = file.trimEnd().split("\r\n").map((line) => line.split(","));
  expect(rows.length).toBe(3);
  const nano = (text: string) => {
    const [whole, part = ""] = text.split(".");
    return BigInt(whole! + part.padEnd(9, "0"));
  };
  const column = head!.indexOf("cost_usd");
  const total = rows.reduce((sum, row) => sum + nano(row[column]!), 0n);
  const shown = await page.locator("section tbody tr data").evaluateAll((all) => all.map((one) => one.getAttribute("value")!));
  expect(total).toBe(shown.reduce((sum, value) => sum + nano(value), 0n));
});

test("Q4 the log by keyboard: / to search, j and k to move, Enter to open, Esc to close", async ({ page, turnpike, javaScriptEnabled, isMobile }) => {
  test.skip(!javaScriptEnabled || isMobile, "what a script and a keyboard add");
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  for (let i = 0; i < 3; i++) await turnpike.call(key.secret, "sandbox/echo");
  await expect(async () => {
    await page.goto("/requests");
    await expect(page.locator("section tbody tr")).toHaveCount(3, { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  await ready(page);
  const row = (number: number) => page.locator("[data-row]").nth(number);
  await page.keyboard.press("j");
  await expect(row(0)).toBeFocused();
  await page.keyboard.press("j");
  await expect(row(1)).toBeFocused();
  await page.keyboard.press("k");
  await expect(row(0)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/open=/);
  const sheet = page.getByRole("complementary", { name: "Request" });
  await expect(sheet.getByRole("heading", { name: "What happened" })).toBeVisible();
  await page.keyboard.press("j");
  await expect(row(1)).toHaveAttribute("aria-current", "true");
  await page.keyboard.press("Escape");
  await expect(sheet).toHaveCount(0);
  await expect(page).toHaveURL("/requests");
  await page.keyboard.press("/");
  await expect(page.getByLabel("Request id")).toBeFocused();
  await page.keyboard.type("jk/");
  await expect(page.getByLabel("Request id"), "typing is typing").toHaveValue("jk/");
});

test("a request opens beside the log, by its address too", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  const cost = await turnpike.call(key.secret, "sandbox/lorem", { max_tokens: 12 });
  await expect(async () => {
    await page.goto("/requests");
    await expect(page.locator("section tbody tr")).toHaveCount(1, { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  await ready(page);
  await page.locator("[data-row]").click();
  await expect(page).toHaveURL(/\/requests\?open=/);
  await page.reload();
  const sheet = page.getByRole("complementary", { name: "Request" });
  await expect(sheet.locator("tfoot data")).toHaveAttribute("value", cost);
  await ready(page);
  await sheet.getByRole("link", { name: "Close" }).click();
  await expect(sheet).toHaveCount(0);
});

test("E1 old rows stay while new ones load, and nothing moves by itself", async ({ page, turnpike, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "what a script adds");
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  await turnpike.call(key.secret, "sandbox/echo");
  await expect(async () => {
    await page.goto("/requests");
    await expect(page.locator("section tbody tr")).toHaveCount(1, { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  const shifted = () =>
    page.evaluate(
      () =>
        new Promise<number>((done) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) sum += entry.value;
          }).observe({ type: "layout-shift", buffered: true });
          requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
        }),
    );
  await ready(page);
  expect(await shifted(), "layout shift of the page as it loads").toBeLessThan(0.01);
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route("**/fn/log_view*", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByLabel("Status").selectOption("502");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page).toHaveURL(/status=502/);
  await expect(page.locator("section tbody tr")).toHaveCount(1);
  go();
  await expect(page.getByText("No request fits")).toBeVisible();
});
