// Models and prices: M1 sale, cost and margin exactly; the versions of a price; the catalogue's price as a suggestion; what a
// request would cost, worked out in the browser; E10 only for those who run the place.
import { fresh, member } from "../people";
import { ADMIN, expect, ready, test, type Turnpike } from "../turnpike";

async function priced(turnpike: Turnpike, cost: object, sale?: object) {
  const [name, model] = [fresh("ch"), fresh("model").replace(" ", "-")];
  await turnpike.api("POST", "/channels", { name, provider: "sandbox", credentials: [], models: [{ model, upstream: "sandbox/echo", cost }] });
  if (sale) await turnpike.api("PUT", `/models/${model}/price`, sale);
  return { name, model };
}

test("M1 sale stands beside cost with what is left of each unit, exactly and right-aligned", async ({ home: page, turnpike }) => {
  const { model } = await priced(turnpike, { input: "1.2", output: "2.64" }, { input: "1.5", output: "2.4", cache_read: "0.0375" });
  await page.goto("/models");
  const cells = page.getByRole("row").filter({ hasText: model }).locator("td.num");
  const values = await cells.locator("data").evaluateAll((all) => all.map((one) => (one as HTMLDataElement).value));
  expect(values).toEqual(["1.5", "2.4", "0.0375", "1.2", "2.64", "0.3", "-0.24"]);
  await expect(cells.nth(2).locator("data")).toHaveAttribute("title", "0.0375 USD");
  await expect(cells.nth(5)).toContainText("20.0 %");
  await expect(cells.nth(6)).toContainText("−10.0 %");
  for (const cell of await cells.all()) await expect(cell).toHaveCSS("text-align", "right");
});

test("what is below cost or has no price is warned of, and shown alone", async ({ home: page, turnpike }) => {
  const below = await priced(turnpike, { input: "1", output: "2" }, { input: "1", output: "1.999999" });
  const missing = await priced(turnpike, { input: "1", output: "2" });
  const fine = await priced(turnpike, { input: "1", output: "2" }, { input: "1", output: "2" });
  await page.goto("/models");
  await ready(page);
  await expect(page.locator(".note")).toContainText("Sold below cost:");
  await expect(page.locator(".note")).toContainText("calls get 404");
  await page.getByRole("link", { name: /^Warnings \d+$/ }).click();
  await expect(page.getByRole("rowheader", { name: below.model })).toBeVisible();
  await expect(page.getByRole("rowheader", { name: missing.model })).toBeVisible();
  await expect(page.getByRole("rowheader", { name: fine.model })).toBeHidden();
});

test("a price is filled in from the catalogue, set, and followed by versions that say since when and by whom", async ({ home: page, turnpike }) => {
  const [channel, model] = [fresh("ch"), fresh("model").replace(" ", "-")];
  await turnpike.api("POST", "/channels", {
    name: channel,
    provider: "openai",
    credentials: [{ name: "main", secret: "sk-some-secret-0000" }],
    models: [{ model, upstream: "gpt-6.1-sol" }],
  });
  const known = (await turnpike.api("GET", "/catalog?provider=openai")).data.find((one: any) => one.model === "gpt-6.1-sol").rates;
  await page.goto(`/models?price=${model}`);
  await ready(page);
  await page.getByRole("link", { name: "Fill in the catalogue's price" }).click();
  const { tiers, service_tiers, ...rates } = known;
  for (const [name, rate] of Object.entries(rates)) await expect(page.locator(`[name=${name}]`)).toHaveValue(rate as string);
  await expect(page.locator("[name=tiers]")).toHaveValue(new RegExp(`^above ${tiers[0].above} input=${tiers[0].input} `));
  await expect(page.locator("[name=tiers]")).toHaveValue(new RegExp(`^flex input=${service_tiers.flex.input} `, "m"));
  const versions = page.locator(".vers li");
  await expect(versions).toHaveCount(0);
  await page.getByRole("button", { name: "Set the price" }).click();
  await expect(versions).toHaveCount(1);
  await page.goto(`/models?price=${model}`);
  await ready(page);
  await page.getByLabel("Output").fill("12.5");
  await page.getByRole("button", { name: "Set the price" }).click();
  await expect(versions).toHaveCount(2);
  await expect(versions.first()).toContainText("v2, now");
  await expect(versions.first()).toContainText(`Output $${Number(known.output).toFixed(2)} → $12.50`);
  await expect(versions.first()).not.toContainText("until");
  await expect(versions.last()).toContainText("First price:");
  await expect(versions.last()).toContainText("until");
  await expect(versions.last()).toContainText(`by ${ADMIN.email}`);
  const now = (await turnpike.api("GET", `/models/${model}/price`)).data[0];
  const rest = Object.fromEntries(Object.keys(known).map((name) => [name, now[name]]));
  expect(rest, "what was not touched stays").toEqual({ ...known, output: "12.5" });
});

test("M1 this request would cost what it would be charged", async ({ home: page, turnpike, javaScriptEnabled }) => {
  const { name, model } = await priced(turnpike, { input: "1.2", output: "2.64" }, { input: "1.2", output: "2.4", cache_read: "0.12" });
  const amounts = () => page.locator(".calc data").evaluateAll((all) => all.map((one) => (one as HTMLDataElement).value));
  await page.goto(`/models?price=${model}&prompt=12,000&cached=8000&answer=900`);
  await ready(page);
  await expect(page.locator(".calc")).toContainText(`Cost, ${name}`);
  // Cached input costs as input there.
  expect(await amounts()).toEqual(["0.00792", "0.016776", "-0.008856"]);
  if (javaScriptEnabled) {
    const asked: string[] = [];
    page.on("request", (request) => request.url().includes("/fn/") && asked.push(request.url()));
    await page.getByLabel("Prompt").fill("1");
    await page.getByLabel("Cached of it").fill("1");
    await page.getByLabel("Answer").fill("1000000");
    expect(await amounts()).toEqual(["2.40000012", "2.6400012", "-0.24000108"]);
    await page.getByLabel("Prompt").fill("0");
    await expect(page.getByRole("alert")).toContainText("Whole numbers");
    expect(asked, "the browser works it out").toEqual([]);
  } else {
    await page.getByLabel("Answer").fill("0");
    await page.getByRole("button", { name: "Work it out" }).click();
    expect(await amounts()).toEqual(["0.00576", "0.0144", "-0.00864"]);
  }
});

test("E3 a rate that is no decimal is refused, and nothing is set", async ({ home: page, turnpike, complaints, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "without JavaScript the refusal comes in the address");
  complaints.expect(422);
  const { model } = await priced(turnpike, { input: "1", output: "2" });
  await page.goto(`/models?price=${model}`);
  await ready(page);
  await page.getByLabel("Input").fill("0.1234567");
  await page.getByLabel("Output").fill("1");
  await page.getByRole("button", { name: "Set the price" }).click();
  await expect(page.getByRole("alert")).toContainText("six decimals");
  expect((await turnpike.api("GET", `/models/${model}/price`)).data).toEqual([]);
});

test("E10 a tenant's owner sees no prices of ours and no channels", async ({ page, turnpike, complaints }) => {
  complaints.expect(403);
  await member(page, turnpike, "owner");
  for (const path of ["/fn/prices_view?model=sandbox%2Fecho", "/fn/models_view", "/fn/channels_view"]) {
    expect((await page.request.get(path)).status(), path).toBe(403);
  }
  const channel = (await turnpike.api("GET", "/channels?limit=1")).data[0].id;
  const headers = { origin: turnpike.origin, accept: "application/json" };
  for (const [path, form] of [
    ["/fn/set_channel_order", { channel, weight: "3" }],
    ["/fn/set_credential", { channel, name: "main", secret: "x" }],
    ["/fn/test_channel", { channel }],
    ["/fn/set_price", { model: "sandbox/echo", input: "0", output: "0" }],
  ] as const) {
    expect((await page.request.post(path, { form, headers })).status(), path).toBe(403);
  }
});
