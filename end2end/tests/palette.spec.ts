// E9 the palette: pages, tenants, keys, requests by a few letters. Q4 the keys of every page, and the help about them.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { fresh, makeKey, makeTenant, member } from "../people";
import { expect, openNavigation, ready, test, type Turnpike } from "../turnpike";

const field = (page: Page) => page.getByRole("combobox", { name: "Search or go to" });
const list = (page: Page) => page.getByRole("listbox", { name: "Results" });
const options = (page: Page) => list(page).getByRole("option");
const names = (page: Page) => list(page).locator("li > span").allInnerTexts();
const at = (page: Page) => list(page).getByRole("option", { selected: true });
const help = (page: Page) => page.getByRole("dialog", { name: "Keyboard" });

async function open(page: Page) {
  await ready(page);
  await page.keyboard.press("Control+k");
  await expect(field(page)).toBeFocused();
}

// The ids of a tenant's requests, once they are in the log.
async function requests(turnpike: Turnpike, tenant: string, many: number): Promise<string[]> {
  const posted = async () => (await turnpike.api("GET", `/usage?limit=100&tenant=${tenant}`)).data;
  await expect.poll(async () => (await posted()).length, { timeout: 5_000 }).toBe(many);
  return (await posted()).map((row: { request_id: string }) => row.request_id);
}

// What axe says of the dialog; nothing else can be reached while it is open.
async function serious(page: Page) {
  const found = await new AxeBuilder({ page }).include("dialog[open]").analyze();
  return found.violations.filter((it) => ["serious", "critical"].includes(it.impact ?? "")).map((it) => [it.id, it.nodes.map((node) => node.target)]);
}

// A phone has no keys to press: there the button, the list and the look are tried.
test.beforeEach(({ isMobile }, info) => test.skip(isMobile && !/button|nothing serious|tenant by a part|by its id/.test(info.title)));

test("E9: a key opens the pages, letters and arrows choose, Enter goes there without loading a page", async ({ home: page }) => {
  await open(page);
  await page.evaluate(() => void Object.assign(window, { marked: true }));
  expect(await names(page)).toEqual(await page.locator("#nav li a").allTextContents());
  await expect(at(page)).toHaveCount(1);
  // What the server finds is added to the list.
  const found = page.waitForResponse("**/fn/search?*");
  await page.keyboard.type("s");
  await (await found).finished();
  await expect(field(page)).toHaveAttribute("aria-expanded", "true");
  const many = await options(page).count();
  expect(many).toBeGreaterThan(2);
  await page.keyboard.press("ArrowDown");
  await expect(options(page).nth(1)).toHaveAttribute("aria-selected", "true");
  expect(await field(page).getAttribute("aria-activedescendant")).toBe(await at(page).getAttribute("id"));
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await expect(options(page).last()).toHaveAttribute("aria-selected", "true");
  await field(page).fill("CHANN");
  await expect(at(page)).toHaveText("Channels");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/channels");
  await expect(page.getByRole("heading", { name: "Channels", level: 1 })).toBeVisible();
  await expect(field(page)).toBeHidden();
  expect(await page.evaluate(() => "marked" in window)).toBe(true);
});

test("E9: the button in the navigation opens it too; a choice is pressed, a press beside it closes", async ({ home: page }) => {
  await ready(page);
  await openNavigation(page);
  await page.getByRole("button", { name: "Search or go to" }).click();
  await expect(field(page)).toBeFocused();
  await page.mouse.click(5, 600);
  await expect(field(page)).toBeHidden();
  await open(page);
  await options(page).filter({ hasText: "Tenants" }).click();
  await expect(page).toHaveURL("/tenants");
});

test("E9: Esc, the cross and the key itself close it, and focus goes back", async ({ home: page }) => {
  await ready(page);
  const light = page.getByRole("button", { name: "Light" });
  await light.focus();
  await open(page);
  await page.keyboard.type("ten");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Close" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(field(page)).toBeHidden();
  await expect(light).toBeFocused();
  await open(page);
  await expect(field(page)).toHaveValue("");
  await page.keyboard.press("Control+k");
  await expect(field(page)).toBeHidden();
  await expect(light).toBeFocused();
  await open(page);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(light).toBeFocused();
});

test("E9: who sees the whole place finds a tenant by a part of its name", async ({ home: page, turnpike }) => {
  const tenant = await makeTenant(turnpike, `${fresh("Northwind")} 100%`);
  await makeTenant(turnpike, `${fresh("Northwind")} 1000`);
  await open(page);
  await page.keyboard.type("100%");
  await expect(options(page)).toHaveCount(1);
  await expect(at(page)).toContainText(tenant.id);
  await field(page).fill(tenant.name.toUpperCase());
  await expect(at(page).locator("mark")).toHaveText(tenant.name);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/tenants/${tenant.id}`);
  await expect(page.getByRole("button", { name: "Step inside" })).toBeVisible();
});

test("E9: a member finds the tenant's keys, not another's, and is offered no page of those who run the place", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "developer");
  const other = await makeTenant(turnpike);
  const word = fresh("agent");
  const key = await makeKey(turnpike, tenant.id, `${word} mine`);
  await makeKey(turnpike, other.id, `${word} theirs`);
  await open(page);
  expect(await names(page)).toEqual(["Home", "Usage", "Requests", "Keys"]);
  await field(page).fill(word);
  await expect(options(page)).toHaveCount(1);
  await expect(at(page)).toContainText(key.name);
  await expect(at(page)).toContainText(key.secret.slice(-4));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/keys");
  for (const text of ["channels", "money", other.name, other.id]) {
    await open(page);
    const answered = page.waitForResponse((answer) => answer.url().includes("/fn/search"));
    await field(page).fill(text);
    await answered;
    await expect(page.getByText("Nothing found").last()).toBeVisible();
    await expect(options(page)).toHaveCount(0);
    await page.keyboard.press("Escape");
  }
});

test("E9: whoever may not see keys finds none", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "billing");
  const key = await makeKey(turnpike, tenant.id);
  const answer = await page.request.get(`/fn/search?text=${encodeURIComponent(key.name)}`);
  expect(await answer.json()).toEqual({ tenants: [], keys: [], requests: [] });
});

test("E9: without a session nothing is searched", async ({ page, turnpike }) => {
  const answer = await page.request.get(`${turnpike.origin}/fn/search?text=a`, { headers: { accept: "application/json" } });
  expect(answer.status()).toBe(401);
});

test("E9: a request goes by its id or its id's beginning, within the tenant", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "developer");
  const other = await makeTenant(turnpike);
  for (const { id } of [tenant, other]) await turnpike.call((await makeKey(turnpike, id)).secret, "sandbox/echo");
  const [[own], [foreign]] = [await requests(turnpike, tenant.id, 1), await requests(turnpike, other.id, 1)] as [[string], [string]];
  await open(page);
  await field(page).fill(own.slice(0, 20));
  await expect(options(page)).toHaveCount(1);
  await expect(at(page)).toContainText(own);
  await expect(at(page)).toContainText("sandbox/echo · 200");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/requests/${own}`);
  await open(page);
  await field(page).fill(foreign);
  await expect(page.getByText("Nothing found").last()).toBeVisible();
  // Pasted, an id needs no answer to be gone to.
  await page.route("**/fn/search?*", () => {});
  await field(page).fill(` ${own.toUpperCase()} `);
  await expect(at(page)).toContainText(own);
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("E9: somebody in two tenants steps into the other", async ({ page, turnpike }) => {
  const { email } = await member(page, turnpike, "owner");
  const second = await makeTenant(turnpike);
  const users = await turnpike.api("GET", "/users?limit=500");
  const user = users.data.find((one: { email: string }) => one.email === email.toLowerCase());
  await turnpike.api("POST", `/tenants/${second.id}/members`, { user: user.id, role: "viewer" });
  await page.reload();
  await open(page);
  await page.keyboard.type(second.name);
  await expect(at(page)).toHaveText(`${second.name}Viewer`);
  await page.keyboard.press("Enter");
  await expect(page.locator(".who")).toContainText(second.name);
});

test("E9: an answer that comes late never replaces a newer one", async ({ home: page, turnpike }) => {
  const [early, late] = [fresh("early"), fresh("late")];
  for (const name of [early, late]) await makeTenant(turnpike, name);
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await page.route("**/fn/search?*", async (route) => {
    if (route.request().url().includes("early")) await held;
    await route.continue();
  });
  await open(page);
  const asked = page.waitForRequest((request) => request.url().includes("early"));
  await field(page).fill(early);
  await asked;
  await field(page).fill(late);
  await expect(at(page)).toContainText(late);
  const answered = page.waitForResponse((answer) => answer.url().includes("early"));
  release();
  await (await answered).finished();
  await field(page).press("End");
  await expect(at(page)).toContainText(late);
  await expect(options(page)).toHaveCount(1);
});

test("E9: markup in names does nothing in the list", async ({ home: page, turnpike }) => {
  const text = `</textarea><img src=x onerror="document.title='owned'"> ${fresh("t")}`;
  await makeTenant(turnpike, text);
  await open(page);
  await field(page).fill(text.slice(0, 30));
  await expect(at(page).locator("> span")).toHaveText(text);
  await expect(at(page).locator("img")).toHaveCount(0);
  expect(await page.title()).not.toBe("owned");
});

test("E9: it does not open over a dialog that waits for an answer", async ({ page, turnpike }) => {
  await member(page, turnpike, "developer");
  await page.goto("/keys?new=1");
  await ready(page);
  await page.getByLabel("Name", { exact: true }).fill("etl");
  await page.keyboard.press("Control+k");
  await expect(field(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Create the key" }).click();
  await expect(page.getByRole("dialog")).toContainText("Save the secret");
  await page.keyboard.press("Control+k");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toHaveCount(1);
});

for (const theme of ["light", "dark"] as const) {
  test(`E9: nothing serious in the ${theme} theme, and nothing wider than the screen`, async ({ home: page, turnpike }, info) => {
    await page.emulateMedia({ colorScheme: theme });
    const folder = "end2end/test-results/pictures";
    const as = `${info.project.name}-${theme}`;
    await makeTenant(turnpike, `Northwind ${as} with a name that is far too long for a line of the list, and goes on`);
    for (const place of ["East", "West"]) await makeTenant(turnpike, `Northwind ${place} ${as}`);
    await page.goto("/profile");
    await open(page);
    expect(await serious(page)).toEqual([]);
    await page.screenshot({ path: `${folder}/palette-${as}.png` });
    await page.keyboard.type(`northwind`);
    await expect(options(page).first()).toContainText("Northwind");
    expect(await serious(page)).toEqual([]);
    await page.screenshot({ path: `${folder}/palette-found-${as}.png` });
    await field(page).fill("no such thing");
    await expect(page.getByText("Nothing found").last()).toBeVisible();
    expect(await serious(page)).toEqual([]);
    await page.screenshot({ path: `${folder}/palette-nothing-${as}.png` });
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await expect(help(page)).toBeVisible();
    expect(await serious(page)).toEqual([]);
    await page.screenshot({ path: `${folder}/keyboard-${as}.png` });
    await page.keyboard.press("Escape");
    await openNavigation(page);
    await page.screenshot({ path: `${folder}/palette-button-${as}.png` });
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await open(page);
    await page.keyboard.type(`northwind`);
    await expect(options(page).first()).toContainText("Northwind");
    const box = await page.getByRole("dialog").boundingBox();
    expect(box!.x).toBeGreaterThanOrEqual(0);
    expect(box!.x + box!.width).toBeLessThanOrEqual(360);
    await page.screenshot({ path: `${folder}/palette-360-${as}.png` });
  });
}

test("Q4: ? shows the keys, but not where somebody types", async ({ page, turnpike }) => {
  await member(page, turnpike, "developer");
  await page.goto("/keys?new=1");
  await ready(page);
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("");
  await name.press("?");
  await expect(name).toHaveValue("?");
  await expect(help(page)).toBeHidden();
  await page.locator("#main").focus();
  await page.keyboard.press("?");
  await expect(help(page).getByRole("row")).toHaveText([/Key/, /Ctrl K/, /^\/Search in a list/, /j or k/, /Enter/, /Esc/, /\?This help/, /g then hGo to Home/, /g then u/, /g then r/, /g then kGo to Keys/]);
  await page.keyboard.press("Escape");
  await expect(help(page)).toBeHidden();
  await expect(page.locator("#main")).toBeFocused();
});

test("Q4: g and a letter go to a page, where it is offered", async ({ page, turnpike }) => {
  await member(page, turnpike, "billing");
  await ready(page);
  for (const [letter, path] of [["u", "/usage"], ["r", "/requests"], ["k", "/requests"], ["h", "/"]] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(letter);
    await expect(page).toHaveURL(path);
  }
  // Alone, or with another key between, a letter goes nowhere.
  await page.keyboard.press("r");
  await page.keyboard.press("g");
  await page.keyboard.press("x");
  await page.keyboard.press("r");
  await page.keyboard.press("?");
  await expect(help(page)).toBeVisible();
  await expect(page).toHaveURL("/");
});

test("Q4: what is open on the page stays open when Esc closes what lies over it, and g k moves no line", async ({ page, turnpike }) => {
  const { tenant } = await member(page, turnpike, "developer");
  const key = await makeKey(turnpike, tenant.id);
  await turnpike.call(key.secret, "sandbox/echo");
  const [id] = (await requests(turnpike, tenant.id, 1)) as [string];
  await page.goto(`/requests?open=${id}`);
  await expect(page.locator("[data-close]")).toBeVisible();
  await open(page);
  await page.keyboard.press("Escape");
  await expect(field(page)).toBeHidden();
  await page.keyboard.press("?");
  await expect(help(page)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(help(page)).toBeHidden();
  await expect(page).toHaveURL(`/requests?open=${id}`);
  await page.keyboard.press("g");
  await page.keyboard.press("k");
  await expect(page).toHaveURL("/keys");
  await page.goBack();
  await expect(page).toHaveURL(`/requests?open=${id}`);
});
