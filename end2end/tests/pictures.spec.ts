// Every page in both themes: nothing serious from axe, and a picture beside the test's results (`make e2e` copies those that
// the README shows to end2end/screenshots).
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { bill } from "../bills";
import { makeKey, makeTenant } from "../people";
import { openShop, pay } from "../shop";
import { ADMIN, expect, ready, test, Turnpike } from "../turnpike";

const folder = "end2end/test-results/pictures";

// Looks at a page as axe does, then takes its picture.
async function shoot(page: Page, name: string, as: string) {
  await ready(page);
  await look(page, name, as);
}

// A phone's page differs from a desk's in its layout, a theme from the other in its colours: in the dark theme only contrast
// can be found that was not found in the light one.
async function look(page: Page, name: string, as: string) {
  if (as !== "mobile-dark") {
    const axe = new AxeBuilder({ page });
    const found = await (as === "desktop-dark" ? axe.withRules("color-contrast") : axe).analyze();
    const serious = found.violations.filter((violation) => ["serious", "critical"].includes(violation.impact ?? ""));
    expect(serious.map((violation) => [name, violation.id, violation.nodes.map((node) => node.target)])).toEqual([]);
  }
  await page.screenshot({ path: `${folder}/${name}-${as}.png` });
}

async function traffic(turnpike: Turnpike) {
  for (const words of [120, 7, 480, 64, 25]) {
    await turnpike.relay("sandbox/echo");
    await turnpike.relay("sandbox/lorem", { max_tokens: words });
  }
  await turnpike.relay("sandbox/fail-503", {}, 502);
  await turnpike.relay("sandbox/echo", { messages: [{ role: "user", content: "A longer question. ".repeat(90) }] });
}

for (const theme of ["light", "dark"] as const) {
  test.describe(`in the ${theme} theme`, () => {
    test.beforeEach(({ page }) => page.emulateMedia({ colorScheme: theme }));

    test("E7 home, the log and a request are accessible", async ({ home: page, turnpike }, info) => {
      const as = `${info.project.name}-${theme}`;
      await traffic(turnpike);
      await expect(async () => {
        await page.reload();
        await expect(page.locator(".rows li")).not.toHaveCount(0, { timeout: 100 });
      }).toPass({ timeout: 10_000 });
      await shoot(page, "home", as);
      await page.goto("/requests");
      await shoot(page, "requests", as);
      await page.locator("[data-row]").nth(2).click();
      await expect(page.getByRole("heading", { name: "What happened" })).toBeVisible();
      await shoot(page, "request-beside", as);
      await page.getByRole("link", { name: "Open as a page" }).click();
      await expect(page).toHaveURL(/\/requests\/[0-9a-f]/);
      await shoot(page, "request", as);
    });

    test("E7 what those see who run the place is accessible", async ({ home: page, turnpike }, info) => {
      const as = `${info.project.name}-${theme}`;
      for (const name of ["Northwind", "Contoso", "Fabrikam"]) await makeTenant(turnpike, `${name} ${as}`, "120.5");
      await page.goto("/channels?new=1");
      await shoot(page, "channels", as);
      await page.goto("/models?price=sandbox%2Fecho");
      await shoot(page, "models", as);
      await page.goto("/models/import?all=true&multiplier=1.2&check=all");
      await shoot(page, "import", as);
      await turnpike.relay("sandbox/fail-500", {}, 502);
      await page.goto("/routing?model=sandbox%2Fecho");
      await shoot(page, "routing", as);
      await page.goto("/usage?range=24h&by=model");
      await shoot(page, "usage", as);
      await page.goto("/money?now=true");
      await shoot(page, "money", as);
      await page.goto("/tenants?new=1");
      await shoot(page, "tenants", as);
      await page.locator("section tbody a").first().click();
      await expect(page.getByRole("button", { name: "Step inside" })).toBeVisible();
      await shoot(page, "tenant", as);
      await page.getByRole("link", { name: "Close the tenant…" }).click();
      await expect(page.getByRole("button", { name: "Close it for good" })).toBeVisible();
      await shoot(page, "tenant-closing", as);
      await turnpike.api("POST", "/alerts", { name: "on call", webhook: "https://hooks.example.com/x", kinds: ["failover"] });
      await page.goto("/alerts?rule=new");
      await shoot(page, "alerts", as);
    });

    test("E7 what a tenant sees is accessible", async ({ home: page, turnpike }, info) => {
      const as = `${info.project.name}-${theme}`;
      const tenant = await makeTenant(turnpike, `Northwind ${as}`, "120.5");
      for (const name of ["agent-prod", "support-bot", "ci-evals"]) {
        const key = await makeKey(turnpike, tenant.id, name);
        await turnpike.call(key.secret, "sandbox/lorem", { max_tokens: 90 });
      }
      await page.goto(`/tenants/${tenant.id}`);
      await ready(page);
      await page.getByRole("button", { name: "Step inside" }).click();
      await expect(page.getByRole("region", { name: "Inside a tenant" })).toBeVisible();
      await shoot(page, "tenant-home", as);
      await page.goto("/keys");
      await shoot(page, "keys", as);
      await page.goto("/keys?new=1");
      await ready(page);
      await page.getByLabel("Name", { exact: true }).fill("etl-nightly");
      await page.getByRole("button", { name: "Create the key" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await shoot(page, "key-secret", as);
      await page.goto("/wallet");
      await shoot(page, "wallet", as);
      await page.goto("/bills");
      await shoot(page, "bills", as);
      const frozen = await bill(turnpike, tenant);
      await page.goto(`/bills/${frozen.id}`);
      await shoot(page, "bill", as);
      await page.goto("/budgets?rule=new");
      await shoot(page, "budgets-empty", as);
      const budget = (fields: object) => turnpike.api("POST", `/tenants/${tenant.id}/budgets`, fields);
      await budget({ period: "month", amount: "250" });
      await budget({ period: "day", amount: "0.0001", steps: [80, 100] });
      await budget({ period: "total", amount: "0.00045", hard: false });
      await page.goto("/budgets?budget=new");
      await shoot(page, "budgets", as);
    });

    test("E7 buying credit is accessible", async ({ page }, info) => {
      const as = `${info.project.name}-${theme}`;
      const shop = await openShop();
      try {
        await shop.setUp();
        const tenant = await makeTenant(shop, "Northwind", "12.5");
        const order = { tenant: tenant.id, amount: "20", provider: "epay", method: "alipay" };
        const paid = await shop.api("POST", "/topups", order);
        await pay(shop, paid.pay_url);
        await shop.api("POST", `/topups/${paid.id}/refund`, { amount: "5", reason: "ordered too much" });
        const { id } = await shop.api("POST", "/topups", order);
        const made = await shop.api("POST", "/codes", { amount: "10", count: 50, note: "spring fair", kind: "bonus" });
        await shop.api("POST", "/redeem", { tenant: tenant.id, code: made.codes[0] });
        await page.goto(`${shop.origin}/fees`);
        await shoot(page, "fees", as);
        await page.goto(`${shop.origin}/sign-in`);
        await ready(page);
        await page.getByLabel("E-mail").fill(ADMIN.email);
        await page.getByLabel("Password").fill(ADMIN.password);
        await page.getByRole("button", { name: "Sign in" }).click();
        await expect(page.getByRole("heading", { name: "Home", level: 1 })).toBeVisible();
        await page.goto(`${shop.origin}/topups/${id}`);
        await shoot(page, "order", as);
        await page.goto(`${shop.origin}/topups/${paid.id}`);
        await shoot(page, "receipt", as);
        await page.goto(`${shop.origin}/money`);
        await shoot(page, "money-in", as);
        await page.getByLabel("Each worth, USD").fill("10");
        await page.getByRole("button", { name: "Make", exact: true }).click();
        await expect(page.getByRole("dialog")).toBeVisible();
        await shoot(page, "codes-made", as);
        await page.goto(`${shop.origin}/tenants/${tenant.id}`);
        await ready(page);
        await page.getByRole("button", { name: "Step inside" }).click();
        await expect(page.getByRole("region", { name: "Inside a tenant" })).toBeVisible();
        await page.goto(`${shop.origin}/wallet`);
        await shoot(page, "top-up", as);
      } finally {
        await shop.stop();
      }
    });

    test("E7 every component in every state is accessible", async ({ page }, info) => {
      await page.goto(theme === "dark" ? "/design?dark" : "/design");
      await look(page, "design", `${info.project.name}-${theme}`);
    });

    test("E7 the doors and what is empty are accessible", async ({ page, complaints }, info) => {
      complaints.expect(404);
      const as = `${info.project.name}-${theme}`;
      const fresh = await Turnpike.start();
      try {
        await page.goto(await fresh.setupLink());
        await shoot(page, "set-up", as);
        await fresh.setUp();
        await page.goto(`${fresh.origin}/sign-in`);
        await shoot(page, "sign-in", as);
        await page.getByLabel("E-mail").fill(ADMIN.email);
        await page.getByLabel("Password").fill(ADMIN.password);
        await page.getByRole("button", { name: "Sign in" }).click();
        await expect(page.getByRole("heading", { name: "Quick start" })).toBeVisible();
        await shoot(page, "home-empty", as);
        await page.goto(`${fresh.origin}/requests`);
        await shoot(page, "requests-empty", as);
        await page.goto(`${fresh.origin}/no/such/page`);
        await shoot(page, "not-found", as);
      } finally {
        await fresh.stop();
      }
    });
  });
}
