// Charts: C1 drawn on the server, C2 with a table behind, C3 gaps where nothing is known, C4 one crosshair and legends that
// toggle, C5 ranges in the address, C7 percentiles, Q5 dragging over the log's histogram.
import type { Page } from "@playwright/test";
import { makeKey, member } from "../people";
import { expect, ready, test } from "../turnpike";

const chart = (page: Page, title: string) => page.locator("figure.chart").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

test("C1 the server draws charts, and no library does", async ({ home, turnpike }) => {
  await turnpike.relay();
  const scripts = await home.locator("script[src]").all();
  expect(scripts.length).toBe(0);
  await expect(async () => {
    const html = await (await home.request.get("/")).text();
    expect(/<path d="M[0-9.]+ 100V[^"]+" class="a kok">/.test(html)).toBe(true);
  }).toPass({ timeout: 5_000 });
});

test("C2 C3 behind a chart there is its table, and what is not known is a gap", async ({ home, turnpike }) => {
  await turnpike.relay();
  const latency = chart(home, "Latency");
  await expect(async () => {
    await home.reload();
    await expect(latency.locator(".hole").first()).toBeVisible({ timeout: 200 });
  }).toPass({ timeout: 5_000 });
  await expect(latency.getByRole("img")).toHaveAttribute("aria-label", /Latency/);
  await latency.getByText("As a table").click();
  await expect(latency.getByRole("columnheader")).toHaveText(["Time, UTC", "p50", "p95", "p99"]);
  await expect(latency.locator("tbody tr")).toHaveCount(60);
  await expect(latency.locator("tbody tr").first()).toContainText("–");
  expect(await latency.locator("path.l").first().getAttribute("d"), "no line through what is not known").not.toMatch(/^M0 100L/);
});

test("C4 one crosshair for all charts, and a legend that toggles", async ({ home, turnpike, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "what a script adds");
  await turnpike.relay();
  await expect(async () => {
    await home.reload();
    await expect(chart(home, "Requests").locator("path.a.kok")).toHaveAttribute("d", /M/, { timeout: 200 });
  }).toPass({ timeout: 5_000 });
  await ready(home);
  const fine = chart(home, "Requests").getByRole("button", { name: "fine" });
  const bars = chart(home, "Requests").locator("path.a.kok");
  const drawn = await bars.getAttribute("d");
  await fine.click();
  await expect(fine).toHaveAttribute("aria-pressed", "false");
  await expect(bars).toHaveAttribute("d", "");
  await fine.click();
  await expect(bars).toHaveAttribute("d", drawn!);
  await chart(home, "Latency").locator(".over").dispatchEvent("pointermove", { pointerType: "mouse" });
  await expect(home.locator("figure.chart .cross")).toHaveCount(await home.locator("figure.chart").count());
  await expect(chart(home, "Tokens").locator(".tip")).toContainText("UTC");
});

test("C5 a range is in the address, as relative, and its zone is written", async ({ home, javaScriptEnabled }) => {
  for (const [name, word] of [["15 m", "15m"], ["24 h", "24h"], ["30 d", "30d"]] as const) {
    await home.getByRole("group", { name: "Range" }).getByRole("link", { name }).click();
    await expect(home).toHaveURL(`/?range=${word}`);
    await expect(home.getByRole("link", { name })).toHaveAttribute("aria-current", "true");
    await expect(home.locator(".when")).toContainText("UTC");
  }
  if (!javaScriptEnabled) return;
  await home.goto("/?range=1h");
  await ready(home);
  await home.getByRole("button", { name: "Custom" }).click();
  await home.getByLabel("From, UTC").fill("2026-11-20T10:00");
  await home.getByLabel("To, UTC").fill("2026-11-21T10:00");
  await home.getByRole("button", { name: "Show" }).click();
  await expect(home).toHaveURL(/from=2026-11-20T10%3A00&to=2026-11-21T10%3A00/);
  await expect(home.locator(".when")).toContainText("20 Nov 10:00 – 21 Nov 10:00 UTC");
});

test("C7 percentiles of all are those of every request together", async ({ page, turnpike, isMobile, javaScriptEnabled }) => {
  test.skip(isMobile || !javaScriptEnabled, "the same numbers everywhere");
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  // One slow answer among twenty: an average of the two models' percentiles would show it, the percentile of all does not.
  for (let i = 0; i < 19; i++) await turnpike.call(key.secret, "sandbox/echo");
  await turnpike.call(key.secret, "sandbox/lorem", { max_tokens: 400, stream: true });
  const all = page.locator("tfoot td");
  await expect(async () => {
    await page.goto("/usage?range=1h&by=model");
    await expect(all.first()).toHaveText("20", { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  const ms = async (row: string) => {
    const [number, unit] = (await page.getByRole("row", { name: row }).locator("td").nth(6).innerText()).split(/\s+/);
    return Number(number) * (unit === "s" ? 1_000 : unit === "µs" ? 0.001 : 1);
  };
  const [slow, whole] = [await ms("sandbox/lorem"), await ms("All of it")];
  expect(whole).toBeLessThan(slow);
});

test("Q5 dragging over the histogram sets the range", async ({ page, turnpike, javaScriptEnabled, isMobile }) => {
  test.skip(!javaScriptEnabled || isMobile, "what a pointer adds");
  const { tenant } = await member(page, turnpike, "owner");
  const key = await makeKey(turnpike, tenant.id);
  await turnpike.call(key.secret, "sandbox/echo");
  await expect(async () => {
    await page.goto("/requests?range=1h");
    await expect(page.locator("section tbody tr")).toHaveCount(1, { timeout: 100 });
  }).toPass({ timeout: 5_000 });
  await ready(page);
  const box = (await page.locator(".over").boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.25, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.4, y);
  await expect(page.locator(".brush")).toBeVisible();
  await page.mouse.move(box.x + box.width * 0.5, y);
  await page.mouse.up();
  await expect(page).toHaveURL(/\/requests\?from=.*&to=/);
  await expect(page.getByText("No request fits")).toBeVisible();
});
