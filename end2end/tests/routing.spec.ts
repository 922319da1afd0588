// Routing: where a request would go and why, a model's route to set, what is shut with a way to try it again, and what happened.
import { fresh } from "../people";
import { expect, ready, test, type Turnpike } from "../turnpike";

// A model that two channels carry, the first of them failing with this status.
async function carried(turnpike: Turnpike, upstream = "sandbox/echo") {
  const model = fresh("model").replace(" ", "-");
  const names = [fresh("first"), fresh("second")];
  for (const [place, name] of names.entries()) {
    const offer = { model, upstream: place === 0 ? upstream : "sandbox/echo", cost: { input: place === 0 ? "1" : "2", output: "3" } };
    await turnpike.api("POST", "/channels", { name, provider: "sandbox", credentials: [], models: [offer], priority: place === 0 ? 5 : 0 });
  }
  await turnpike.api("PUT", `/models/${model}/price`, { input: "5", output: "9" });
  return { model, names };
}

test("a request that might come is explained by the relay's own decision, and the route is set", async ({ home: page, turnpike, complaints, javaScriptEnabled }) => {
  complaints.expect(422);
  const { model, names } = await carried(turnpike);
  await page.goto("/routing");
  await ready(page);
  await page.getByRole("link", { name: `Explain ${model}` }).click();
  const order = page.getByRole("region", { name: "Order" });
  await expect(order.getByRole("rowheader")).toHaveText([new RegExp(`1 ${names[0]}`), new RegExp(`2 ${names[1]}`)]);
  await expect(order.getByRole("row", { name: new RegExp(names[0]) })).toContainText("Ready");
  // 1 000 tokens in at $1 and 500 out at $3 a million.
  await expect(order.getByRole("row", { name: new RegExp(names[0]) }).locator("data.m")).toHaveAttribute("value", "0.0025");

  await page.getByLabel("Strategy").last().selectOption("cost");
  await page.getByLabel("Rules").fill(`[{"when": {"tools": true}, "then": {"only": ["${names[1]}"]}}]`);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(async () => {
    expect(await turnpike.api("GET", `/routes/${model}`)).toMatchObject({ strategy: "cost", rules: [{ when: { tools: true } }] });
  }).toPass({ timeout: 5_000 });
  await page.goto(`/routing?model=${model}`);
  await ready(page);
  await page.getByLabel("Gives tools").check();
  await expect(async () => {
    await page.getByRole("button", { name: "Explain" }).click();
    await expect(page.getByText("Rule 1 applies")).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 5_000 });
  await expect(order.getByRole("rowheader")).toHaveText([new RegExp(`1 ${names[1]}`)]);

  if (!javaScriptEnabled) return; // The refusal comes in the address.
  await page.getByLabel("Rules").fill("[{");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toContainText("Rules");
});

test("what fails is shown as not tried, can be tried again, and its events are told", async ({ home: page, turnpike }) => {
  const { model, names } = await carried(turnpike, "sandbox/fail-500");
  for (let i = 0; i < 5; i++) await turnpike.call(await turnpike.key(), model);
  await page.goto("/routing");
  await ready(page);
  const shut = page.getByRole("region", { name: "Not tried now" }).getByRole("row", { name: new RegExp(names[0]) });
  await expect(shut).toContainText("Failing");
  await shut.getByRole("button", { name: `Try ${names[0]} again` }).click();
  await expect(shut).toBeHidden();
  await expect(async () => {
    await page.reload();
    const told = page.getByRole("region", { name: "What happened" }).getByRole("row").filter({ hasText: model });
    await expect(told.filter({ hasText: "Failing, left alone" })).toHaveCount(1, { timeout: 500 });
    await expect(told.filter({ hasText: "Served by another" }).first()).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 10_000 });
  await page.getByRole("region", { name: "What happened" }).getByRole("link").first().click();
  await expect(page.getByRole("heading", { name: "Candidates" })).toBeVisible();
});
