// The way of a new admin, without reading anything: add a channel, price a model of it, make a tenant and a key, call, find the
// request and see why it cost what it cost. K3 a channel's order is changed in place; its health, its credentials, its test.
import { fresh, makeKey, makeTenant } from "../people";
import { expect, ready, test, type Turnpike } from "../turnpike";

// A channel of the sandbox that carries one model of its own.
async function sandbox(turnpike: Turnpike, upstream = "sandbox/echo", cost = { input: "1", output: "2" }) {
  const [name, model] = [fresh("ch"), fresh("model").replace(" ", "-")];
  const made = await turnpike.api("POST", "/channels", { name, provider: "sandbox", credentials: [], models: [{ model, upstream, cost }] });
  return { id: made.id as string, name, model };
}

test("a channel is added in three fields, tested, and switched off", async ({ home: page, javaScriptEnabled }) => {
  await page.goto("/channels?new=1");
  await ready(page);
  const name = fresh("trial");
  await page.getByLabel("Provider").selectOption("sandbox");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Models").fill("sandbox/echo");
  await page.getByRole("button", { name: "Add the channel" }).click();
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row).toContainText("No traffic");
  await ready(page);
  await row.getByRole("button", { name: `Test ${name}` }).click();
  if (javaScriptEnabled) await expect(row.getByRole("status")).toContainText(/sandbox\/echo: 200 in \d+ ms/);
  await ready(page);
  await row.getByRole("switch").click();
  await expect(row).toContainText("Off");
});

test("a provider's catalogue comes with its costs, and a secret never comes back", async ({ home: page, turnpike }) => {
  await page.goto("/channels?new=1");
  await ready(page);
  const name = fresh("openai");
  const secret = "sk-proj-never-shown-again-4Gx2";
  await page.getByLabel("Provider").selectOption("openai");
  await page.getByLabel("Secret").fill(secret);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Add the channel" }).click();
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row).toContainText("…4Gx2");
  await expect(row).toContainText(/\d+ models/);
  expect(await page.content()).not.toContain(secret);
  await page.goto("/models");
  await expect(page.getByText("No price: cannot be called").first()).toBeVisible();
  const channels = await turnpike.api("GET", "/channels?limit=500");
  const made = channels.data.find((one: { name: string }) => one.name === name);
  expect(made.models[0].cost.input).toMatch(/^[\d.]+$/);
});

test("an address that must not be reached is refused", async ({ home: page, complaints, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "without JavaScript the refusal comes in the address");
  complaints.expect(422);
  await page.goto("/channels?new=1");
  await ready(page);
  await page.getByLabel("Provider").selectOption("openai_compatible");
  await page.getByLabel("Address").fill("http://169.254.169.254/v1");
  await page.getByLabel("Models").fill("m");
  await page.getByRole("button", { name: "Add the channel" }).click();
  await expect(page.getByRole("alert")).toContainText("base_url");
});

test("K3 priority and weight are changed in place, kept, and audited", async ({ home: page, turnpike }) => {
  const { id, name } = await sandbox(turnpike);
  for (const [field, value] of [["Priority", "7"], ["Weight", "40"]] as const) {
    await page.goto("/channels");
    await ready(page);
    const input = page.getByLabel(`${field} of ${name}`);
    await input.fill(value);
    const answered = page.waitForResponse("**/fn/set_channel_order");
    await input.press("Enter");
    await answered;
    await page.goto("/channels");
    await expect(page.getByLabel(`${field} of ${name}`)).toHaveValue(value);
  }
  const now = await turnpike.api("GET", `/channels/${id}`);
  expect([now.priority, now.weight]).toEqual([7, 40]);
  const { data } = await turnpike.api("GET", `/audit?target=${id}`);
  expect(data.slice(0, 2).map((one: any) => [one.action, one.before.weight, one.after.weight, one.after.priority])).toEqual([
    ["channel.patch", 1, 40, 7],
    ["channel.patch", 1, 1, 7],
  ]);
});

test("K3 a weight shows at once, and goes back with a message when it is refused", async ({ home: page, turnpike, complaints, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "what a script adds");
  complaints.expect(422);
  const { id, name } = await sandbox(turnpike);
  await page.goto("/channels");
  await ready(page);
  let answer = () => {};
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route("**/fn/set_channel_order", async (route) => {
    await asked;
    await route.continue();
  });
  const weight = page.getByLabel(`Weight of ${name}`);
  await weight.fill("0");
  await weight.blur();
  await expect(weight).toHaveAttribute("aria-busy", "true");
  await expect(weight).toHaveValue("0");
  answer();
  await expect(page.getByRole("alert")).toContainText("weight");
  await expect(weight).toHaveValue("1");
  expect((await turnpike.api("GET", `/channels/${id}`)).weight).toBe(1);
});

test("health is told by the last minutes, in words and shares", async ({ home: page, turnpike }) => {
  const [well, idle] = [await sandbox(turnpike), await sandbox(turnpike)];
  const tenant = await makeTenant(turnpike);
  const { secret } = await makeKey(turnpike, tenant.id);
  await turnpike.api("PUT", `/models/${well.model}/price`, { input: "2", output: "3" });
  // Two words in at $1 a million, two out at $2.
  await turnpike.call(secret, well.model);
  const row = (of: { name: string }) => page.getByRole("row").filter({ hasText: of.name });
  await expect(async () => {
    await page.goto("/channels");
    await expect(row(well)).toContainText("Healthy", { timeout: 100 });
    await expect(row(well).getByRole("cell").nth(1)).toHaveText("100.00 %", { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  await expect(row(idle)).toContainText("No traffic");
  await expect(row(well).getByRole("cell").nth(2)).toHaveText("100.00 %");
  await expect(row(well).getByRole("cell").nth(4)).toHaveText(/\d (µs|ms|s)$/);
  await expect(row(well).locator("data")).toHaveAttribute("value", "0.000006");
});

test("a test's answer shows while it still arrives", async ({ home: page, turnpike, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "needs a script");
  // It falls silent in the middle of its answer.
  const { name } = await sandbox(turnpike, "sandbox/stall-3");
  await page.goto("/channels");
  await ready(page);
  await page.getByRole("button", { name: `Test ${name}` }).click();
  await expect(page.locator(".trial blockquote")).toHaveText(/^lorem ipsum/);
  await expect(page.getByText("Waiting for the answer")).toBeVisible();
  await expect(page.locator(".trial .facts")).toHaveCount(0);
});

test("a test ends with its times, tokens and cost", async ({ home: page, turnpike, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "needs a script");
  const { name } = await sandbox(turnpike, "sandbox/lorem-50");
  await page.goto("/channels");
  await ready(page);
  await page.getByRole("button", { name: `Test ${name}` }).click();
  await expect(page.getByText("The channel answers")).toBeVisible();
  const text = await page.locator(".trial blockquote").innerText();
  expect(text.trim().split(/\s+/)).toHaveLength(16);
  const fact = (name: string) => page.locator(".facts div", { hasText: name }).locator("dd");
  await expect(fact("Status")).toHaveText("200");
  await expect(fact("First token")).toHaveText(/\d (µs|ms|s)$/);
  await expect(fact("Output")).toHaveText("16 tokens");
  // 11 words in at $1 a million, 16 out at $2.
  await expect(fact("Cost").locator("data")).toHaveAttribute("value", "0.000043");
});

test("E3 a test that fails says why", async ({ home: page, turnpike, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "needs a script");
  for (const [upstream, why] of [["sandbox/fail-401", "Credential"], ["sandbox/cut-2", "the stream ended|broke off"]] as const) {
    const { name } = await sandbox(turnpike, upstream);
    await page.goto("/channels");
    await ready(page);
    await page.getByRole("button", { name: `Test ${name}` }).click();
    await expect(page.locator(".trial .st.down")).toContainText(new RegExp(why));
  }
});

test("credentials are unfolded in place, masked; one is replaced and one is added", async ({ home: page, turnpike }) => {
  const name = fresh("openai");
  const [first, second, third] = ["sk-never-shown-first-1111", "sk-never-shown-second-2222", "sk-never-shown-third-3333"];
  const { id } = await turnpike.api("POST", "/channels", { name, provider: "openai", credentials: [{ name: "main", secret: first }], models: [{ model: "gpt-6.1-sol" }] });
  await page.goto("/channels");
  await ready(page);
  await page.getByRole("link", { name: `Details of ${name}` }).click();
  await expect(page.getByRole("link", { name: `Details of ${name}` })).toHaveAttribute("aria-expanded", "true");
  const credentials = page.getByRole("region", { name: "Credentials" });
  await expect(credentials).toContainText("main …1111");
  await page.getByLabel("Another secret for main").fill(second);
  await page.getByRole("button", { name: "Replace the secret of main" }).click();
  await expect(credentials).toContainText("main …2222");
  await ready(page);
  await page.getByLabel("Name of another credential").fill("spare");
  await page.getByLabel("Secret of another credential").fill(third);
  await page.getByRole("button", { name: "Add a credential" }).click();
  await expect(credentials).toContainText("spare …3333");
  await expect(credentials).toContainText("main …2222");
  for (const secret of [first, second, third]) expect(await page.content()).not.toContain(secret);
  const { data } = await turnpike.api("GET", `/audit?target=${id}`);
  expect(JSON.stringify(data)).not.toMatch(/never-shown/);
  expect(data.map((one: any) => one.action)).toEqual(["channel.patch", "channel.patch", "channel.create"]);
});

test("a price below cost is warned of, and one above it is on sale", async ({ home: page, turnpike }) => {
  const model = fresh("model").replace(" ", "-");
  const cost = { input: "1", output: "2" };
  await turnpike.api("POST", "/channels", { name: fresh("ch"), provider: "sandbox", credentials: [], models: [{ model, upstream: "sandbox/echo", cost }] });
  const set = async (input: string, output: string) => {
    await page.goto(`/models?price=${model}`);
    await ready(page);
    await page.getByLabel("Input").fill(input);
    await page.getByLabel("Output").fill(output);
    await page.getByRole("button", { name: "Set the price" }).click();
    await ready(page);
  };
  const row = page.getByRole("row").filter({ hasText: model });
  await set("1.5", "1.9");
  await expect(row).toContainText("Below cost");
  await set("1.5", "2.5");
  await expect(row).toContainText("On sale");
  await expect(row).toContainText("$2.5");
  const versions = await turnpike.api("GET", `/models/${encodeURIComponent(model)}/price`);
  expect(versions.data.map((one: { output: string }) => one.output)).toEqual(["2.5", "1.9"]);
});

test("from nothing to a bill: channel, price, tenant, credit, key, call, request, cost, file", async ({ home: page, turnpike, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "each step has its own test without JavaScript");
  const [channel, model, tenant] = [fresh("way"), fresh("model").replace(" ", "-"), fresh("Contoso")];
  await turnpike.api("POST", "/channels", { name: channel, provider: "sandbox", credentials: [], models: [{ model, upstream: "sandbox/lorem" }] });
  await page.goto(`/models?price=${model}`);
  await ready(page);
  await page.getByLabel("Input").fill("0");
  await page.getByLabel("Output").fill("3");
  await page.getByRole("button", { name: "Set the price" }).click();
  await expect(page.getByText("The price is set.")).toBeVisible();
  await page.goto("/tenants?new=1");
  await ready(page);
  await page.getByLabel("Name").fill(tenant);
  await page.getByRole("button", { name: "Create the tenant" }).click();
  await page.getByLabel("Amount, USD").fill("1");
  await page.getByLabel("Reason").fill("welcome");
  await page.getByRole("button", { name: "Adjust the balance" }).click();
  await expect(page.getByRole("cell", { name: "welcome" })).toBeVisible();
  await page.getByRole("button", { name: "Step inside" }).click();
  await expect(page.getByRole("region", { name: "Inside a tenant" })).toBeVisible();
  await page.goto("/keys?new=1");
  await ready(page);
  await page.getByLabel("Name").fill("app");
  await page.getByRole("button", { name: "Create the key" }).click();
  const secret = await page.locator(".secret code").innerText();
  // 11 words at $3 a million.
  expect(await turnpike.call(secret, model, { max_tokens: 11 })).toBe("0.000033");
  await expect(async () => {
    await page.goto("/requests");
    await expect(page.locator("section tbody tr")).toHaveCount(1, { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  await page.locator("[data-row]").click();
  await expect(page.locator("tfoot data")).toHaveAttribute("value", "0.000033");
  await expect(page.getByRole("row", { name: /^Output/ })).toContainText("$3");
  await page.goto("/wallet");
  await expect(page.locator(".stat", { hasText: "Balance" }).locator("data")).toHaveAttribute("value", "0.999967");
  await page.goto("/requests");
  const file = await (await page.request.get((await page.getByRole("link", { name: "CSV" }).getAttribute("href"))!)).text();
  expect(file).toContain(",0.000033,");
});
