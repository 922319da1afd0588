// Those who run the place: making a tenant, its credit, freezing it, stepping inside and out again, all of it written down;
// and that texts are texts.
import { fresh, makeKey, makeTenant, member } from "../people";
import { expect, ready, signIn, test } from "../turnpike";

test("a new tenant gets credit, and the ledger shows each line with the balance after it", async ({ home: page }) => {
  await page.goto("/tenants?new=1");
  await ready(page);
  const name = fresh("Northwind");
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create the tenant" }).click();
  await expect(page.getByText(name)).toBeVisible();
  const adjust = async (amount: string, reason: string) => {
    await ready(page);
    await page.getByLabel("Amount, USD").fill(amount);
    await page.getByLabel("Reason").fill(reason);
    await page.getByRole("button", { name: "Adjust the balance" }).click();
    await expect(page.getByRole("cell", { name: reason })).toBeVisible();
  };
  await adjust("12.5", "first top-up");
  await adjust("-0.000000001", "one nano back");
  await expect(page.locator(".stat", { hasText: "Balance" }).locator("data")).toHaveAttribute("value", "12.499999999");
  const balances = await page.locator("tbody tr td:last-child data").evaluateAll((all) => all.map((one) => one.getAttribute("value")));
  expect(balances.slice(0, 2)).toEqual(["12.499999999", "12.5"]);
});

test("what cannot be taken away is refused with what is there", async ({ home: page, turnpike, complaints, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "without JavaScript the refusal comes in the address");
  complaints.expect(409, 422);
  const tenant = await makeTenant(turnpike);
  await page.goto(`/tenants/${tenant.id}`);
  await ready(page);
  await page.getByLabel("Amount, USD").fill("-6");
  await page.getByLabel("Reason").fill("too much");
  await page.getByRole("button", { name: "Adjust the balance" }).click();
  await expect(page.getByRole("alert")).toContainText("no more than 5 USD");
  await page.getByLabel("Amount, USD").fill("lots");
  await page.getByRole("button", { name: "Adjust the balance" }).click();
  await expect(page.getByRole("alert")).toContainText("must be an amount in USD");
});

test("a frozen tenant's keys are refused within a second, and work again when it is thawed", async ({ home: page, turnpike }) => {
  const tenant = await makeTenant(turnpike);
  const key = await makeKey(turnpike, tenant.id);
  expect(await turnpike.ask(key.secret)).toBe(200);
  await page.goto(`/tenants/${tenant.id}`);
  await ready(page);
  await page.getByRole("button", { name: "Freeze" }).click();
  await expect(page.getByText("its keys are refused")).toBeVisible();
  await expect.poll(() => turnpike.ask(key.secret), { timeout: 1_000, intervals: [50] }).toBe(403);
  await page.getByRole("button", { name: "Thaw" }).click();
  await expect(page.getByText("Active").first()).toBeVisible();
  await expect.poll(() => turnpike.ask(key.secret), { timeout: 1_000, intervals: [50] }).toBe(200);
});

test("responses are kept for as many days as are set, and a wrong number is refused", async ({ home: page, turnpike, complaints, javaScriptEnabled }) => {
  const tenant = await makeTenant(turnpike);
  const days = async () => (await turnpike.api("GET", `/tenants/${tenant.id}`)).response_days;
  await page.goto(`/tenants/${tenant.id}`);
  await ready(page);
  await expect(page.getByLabel("Days")).toHaveValue("0");
  await page.getByLabel("Days").fill("30");
  // Without scripts the form brings the page again: a reload in the middle of that has no page to reload.
  const brought = javaScriptEnabled ? undefined : page.waitForEvent("load");
  await page.getByRole("button", { name: "Set the days" }).click();
  await brought;
  await expect.poll(days).toBe(30);
  await page.reload();
  await ready(page);
  await expect(page.getByLabel("Days")).toHaveValue("30");
  if (!javaScriptEnabled) return;
  complaints.expect(422);
  for (const wrong of ["366", "a week"]) {
    await page.getByLabel("Days").fill(wrong);
    await page.getByRole("button", { name: "Set the days" }).click();
    await expect(page.getByRole("alert")).toContainText("0 to 365");
  }
  expect(await days()).toBe(30);
});

test("E11 stepping into a tenant is shown on every page, shows only that tenant, and is written down", async ({ home: page, turnpike }) => {
  const tenant = await makeTenant(turnpike, undefined, "3");
  const key = await makeKey(turnpike, tenant.id);
  await page.goto(`/tenants/${tenant.id}`);
  await ready(page);
  await page.getByRole("button", { name: "Step inside" }).click();
  const bar = page.getByRole("region", { name: "Inside a tenant" });
  await expect(bar).toContainText(tenant.name);
  await expect(page.locator(".hero data")).toHaveAttribute("value", "3");
  await page.goto("/keys");
  await expect(bar).toBeVisible();
  await expect(page.getByRole("rowheader", { name: key.name })).toBeVisible();
  await ready(page);
  await bar.getByRole("button", { name: "Step out" }).click();
  await expect(page).toHaveURL("/");
  await expect(bar).toBeHidden();
  const log = await turnpike.api("GET", "/audit?limit=20");
  const steps = log.data.map((row: { action: string; target: string }) => `${row.action} ${row.target}`);
  expect(steps).toContain(`tenant.step_into ${tenant.id}`);
  expect(steps.findIndex((step: string) => step.startsWith("tenant.step_out"))).toBeLessThan(steps.indexOf(`tenant.step_into ${tenant.id}`));
});

test("E10 what a role may not do is neither offered nor served", async ({ page, turnpike, complaints }) => {
  complaints.expect(403);
  await member(page, turnpike, "developer");
  const links = page.locator("#nav li a");
  expect(await links.allTextContents()).toEqual(["Home", "Usage", "Requests", "Keys"]);
  for (const [path, status] of [["/fn/wallet_view", 403], ["/fn/tenants_view", 403]] as const) {
    expect((await page.request.get(path, { headers: { accept: "application/json" } })).status(), path).toBe(status);
  }
  const change = { headers: { origin: turnpike.origin, accept: "application/json" } };
  const other = await makeTenant(turnpike);
  const into = await page.request.post("/fn/step_into", { form: { tenant: other.id }, ...change });
  expect(into.status()).toBe(404);
  const credit = await page.request.post("/fn/adjust", { form: { tenant: other.id, amount: "1", reason: "mine" }, ...change });
  expect(credit.status()).toBe(403);
});

test("markup in names does nothing", async ({ home: page, turnpike }) => {
  const hostile = [`</textarea><img src=x onerror="document.title='owned'">`, `<script>document.title='owned'</script>`, `=HYPERLINK("http://evil.example")`];
  for (const text of hostile) {
    const tenant = await makeTenant(turnpike, `${text} ${fresh("t")}`, "1");
    await makeKey(turnpike, tenant.id, text);
    await turnpike.api("POST", `/tenants/${tenant.id}/adjustments`, { amount: "1", reason: text });
    for (const path of ["/tenants", `/tenants/${tenant.id}`]) {
      await page.goto(path);
      await ready(page);
      await expect(page.getByText(text).first()).toBeVisible();
      expect(await page.title()).not.toBe("owned");
    }
  }
});

test("somebody in two tenants chooses which one they look at", async ({ page, turnpike }) => {
  const { tenant, email } = await member(page, turnpike, "owner", "1");
  const second = await makeTenant(turnpike, undefined, "2");
  const users = await turnpike.api("GET", "/users?limit=500");
  const user = users.data.find((one: { email: string }) => one.email === email.toLowerCase());
  await turnpike.api("POST", `/tenants/${second.id}/members`, { user: user.id, role: "billing" });
  await page.goto("/");
  await ready(page);
  await expect(page.locator(".hero data")).toHaveAttribute("value", "1");
  const burger = page.getByRole("button", { name: "Open navigation" });
  if (await burger.isVisible()) await burger.click();
  await page.getByLabel("Tenant").selectOption(second.name);
  await page.getByRole("button", { name: "Go", exact: true }).click();
  await expect(page.locator(".hero data")).toHaveAttribute("value", "2");
  const links = page.locator("#nav li a");
  expect(await links.allTextContents()).toEqual(["Home", "Usage", "Requests", "Wallet", "Bills", "Budgets & alerts"]);
  expect(tenant.id).not.toBe(second.id);
});
