// Prices taken over from the catalogue: what differs is shown first, exactly what is checked is taken over, and a price that was
// set meanwhile is not run over; margins by model, channel and tenant.
import { fresh, makeKey, makeTenant } from "../people";
import { expect, ready, test, type Turnpike } from "../turnpike";

// A model of this test's own, which the catalogue knows by its name at the provider.
async function carried(turnpike: Turnpike, cost?: object) {
  const model = fresh("model").replace(" ", "-");
  const channel = await turnpike.api("POST", "/channels", {
    name: fresh("ch"),
    provider: "openai",
    credentials: [{ name: "main", secret: "sk-some-secret-0000" }],
    models: [{ model, upstream: "gpt-6.1-sol", cost }],
  });
  const known = (await turnpike.api("GET", "/catalog?provider=openai")).data.find((one: any) => one.model === "gpt-6.1-sol").rates;
  return { model, channel: channel.id as string, name: channel.name as string, known };
}

const newest = async (turnpike: Turnpike, model: string) => (await turnpike.api("GET", `/models/${model}/price`)).data[0];

test("what differs is shown, and what is checked becomes a version", async ({ home: page, turnpike }) => {
  const { model, known } = await carried(turnpike);
  await turnpike.api("PUT", `/models/${model}/price`, { ...known, input: "1" });
  await page.goto("/models");
  await ready(page);
  await page.getByRole("link", { name: "Import" }).click();
  await page.getByLabel("Name holds").fill(model);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  const row = page.getByRole("row").filter({ hasText: model });
  await expect(row).toContainText("dearer");
  await expect(row).toContainText(`$1.00 → $${Number(known.input).toFixed(2)}`);
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Import what is checked" }).click();
  await expect(page.getByRole("status").filter({ hasText: "1 version was made." })).toBeVisible();
  await expect(row).toContainText("same");
  await expect(row.getByRole("checkbox")).toHaveCount(0);
  const now = await newest(turnpike, model);
  expect(Object.fromEntries(Object.keys(known).map((name) => [name, now[name]]))).toEqual(known);
  expect(now.version).toBe(2);
});

test("all that is shown is checked at once, times a multiplier, and what would lose is warned of", async ({ home: page, turnpike }) => {
  const { model, name, known } = await carried(turnpike, { input: "1.9", output: "9", cache_read: "0.1" });
  await page.goto(`/models/import?q=${model}&multiplier=0.5`);
  await ready(page);
  const row = page.getByRole("row").filter({ hasText: model });
  await expect(row).toContainText("new");
  await expect(row.getByText("Below cost")).toHaveAttribute("title", name);
  await page.getByLabel("Catalogue times").fill("4");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(row.getByText("Below cost")).toHaveCount(0);
  await page.getByRole("link", { name: "Check all" }).click();
  await expect(row.getByRole("checkbox")).toBeChecked();
  await page.getByRole("button", { name: "Import what is checked" }).click();
  await expect(page.getByText("1 version was made.")).toBeVisible();
  expect(Number((await newest(turnpike, model)).output)).toBe(Number(known.output) * 4);
});

test("costs of channels are taken over too", async ({ home: page, turnpike }) => {
  const { model, channel, name, known } = await carried(turnpike);
  await page.goto(`/models/import?what=cost&q=${model}`);
  await ready(page);
  const row = page.getByRole("row").filter({ hasText: model });
  await expect(row).toContainText(name);
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Import what is checked" }).click();
  await expect(page.getByText("1 version was made.")).toBeVisible();
  expect((await turnpike.api("GET", `/channels/${channel}`)).models[0].cost.output).toBe(known.output);
});

test("a price that was set meanwhile is not run over", async ({ home: page, turnpike }) => {
  const { model } = await carried(turnpike);
  await page.goto(`/models/import?q=${model}`);
  await ready(page);
  await turnpike.api("PUT", `/models/${model}/price`, { input: "7", output: "7" });
  await page.getByRole("row").filter({ hasText: model }).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Import what is checked" }).click();
  await expect(page.getByRole("alert")).toContainText("no longer as it was shown");
  expect((await newest(turnpike, model)).version).toBe(1);
});

test("margins are told by model, channel and tenant, add up, and are in the file", async ({ home: page, turnpike }) => {
  const model = fresh("model").replace(" ", "-");
  const channel = await turnpike.api("POST", "/channels", {
    name: fresh("way"),
    provider: "sandbox",
    credentials: [],
    models: [{ model, upstream: "sandbox/lorem", cost: { input: "0", output: "3" } }],
  });
  await turnpike.api("PUT", `/models/${model}/price`, { input: "0", output: "4" });
  const tenant = await makeTenant(turnpike);
  const key = await makeKey(turnpike, tenant.id);
  await turnpike.call(key.secret, model, { max_tokens: 1_000 });
  const row = page.getByRole("row").filter({ hasText: model });
  await expect(async () => {
    await page.goto("/money?range=24h&by=each");
    await expect(row).toBeVisible({ timeout: 200 });
  }).toPass({ timeout: 10_000 });
  await ready(page);
  await expect(row).toContainText(channel.name);
  await expect(row).toContainText(tenant.name);
  await expect(row).toContainText("25.0 %");
  expect(await row.locator("data").evaluateAll((all) => all.map((one) => (one as HTMLDataElement).value))).toEqual(["0.004", "0.003", "0.001"]);
  const panel = page.getByRole("region", { name: "Margin" });
  const nano = (text: string) => BigInt(Math.round(Number(text) * 1e9));
  const column = (rows: string) => panel.locator(`${rows} td:nth-last-child(2) data`).evaluateAll((all) => all.map((one) => (one as HTMLDataElement).value));
  const [lines, total] = [await column("tbody tr"), (await column("tfoot tr")).at(-1)!];
  expect(lines.map(nano).reduce((one, two) => one + two, 0n)).toBe(nano(total));
  const file = await page.request.get((await page.getByRole("link", { name: "CSV", exact: true }).getAttribute("href"))!);
  expect(file.headers()["content-disposition"]).toMatch(/margin-all-20\d\d-/);
  expect(await file.text()).toContain(`,${model},${channel.id},${tenant.id},1,0.004,0.003,0.001,25\r\n`);
  await page.getByRole("group", { name: "Group by" }).getByRole("link", { name: "Tenant" }).click();
  await expect(page.getByRole("rowheader", { name: tenant.name })).toBeVisible();
});
