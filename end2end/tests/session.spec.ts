// Signing in and out, with and without JavaScript.
import { ADMIN, Turnpike, expect, openNavigation, ready, signIn, test } from "../turnpike";

test("without a session every page leads to signing in", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveURL("/sign-in");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("signing in leads home and lasts over a reload", async ({ page }) => {
  await signIn(page);
  await expect(page).toHaveURL("/");
  await expect(page).toHaveTitle("Home · Turnpike");
  await page.reload();
  await expect(page.getByText("Requests today")).toBeVisible();
  const [session] = (await page.context().cookies()).filter((cookie) => cookie.name === "turnpike_session");
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax" });
});

test("Enter in the password's field signs in", async ({ page }) => {
  await page.goto("/sign-in");
  await ready(page);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password").fill(ADMIN.password);
  await page.getByLabel("Password").press("Enter");
  await expect(page).toHaveURL("/");
});

test("a wrong password says what to do, and neither field tells which was wrong", async ({ page, complaints }) => {
  complaints.expect(401);
  await signIn(page, "not the password");
  await expect(page.getByRole("alert")).toHaveText(/That did not match\. Check the address and the password\./);
  await expect(page.getByLabel("E-mail")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  expect(page.url()).not.toContain("not%20the");
  const unknown = await page.context().newPage();
  await signIn(unknown, "not the password", "nobody@turnpike.example");
  await expect(unknown.getByRole("alert")).toHaveText(/That did not match\. Check the address and the password\./);
});

test("signing out ends the session on the server too", async ({ home }) => {
  const cookies = await home.context().cookies();
  await openNavigation(home);
  await home.getByRole("button", { name: "Sign out" }).click();
  await expect(home).toHaveURL("/sign-in");
  await home.context().addCookies(cookies);
  await home.goto("/");
  await expect(home).toHaveURL("/sign-in");
});

test("a page of another site cannot sign anybody in or out", async ({ turnpike }) => {
  for (const origin of ["https://evil.example", "null"]) {
    const answer = await turnpike.post("/fn/sign_in", ADMIN, { origin, "sec-fetch-site": "cross-site" });
    expect(answer.status).toBe(403);
    expect(answer.headers.get("set-cookie")).toBeNull();
  }
});

test("a session opens the management API, and only that session", async ({ home, turnpike }) => {
  expect((await fetch(`${turnpike.origin}/api/v1/tenants`)).status).toBe(401);
  expect((await home.request.get("/api/v1/tenants")).status()).toBe(200);
  const data = { name: "From the console" };
  expect((await home.request.post("/api/v1/tenants", { data })).status()).toBe(403);
  const headers = { origin: turnpike.origin };
  expect((await home.request.post("/api/v1/tenants", { data, headers })).status()).toBe(201);
});

test.describe("on a place of its own", () => {
  let own: Turnpike;
  test.beforeEach(async () => {
    own = await Turnpike.start();
  });
  test.afterEach(() => own.stop());

  test("too many failures are held back, the right password too", async ({ page, complaints }) => {
    complaints.expect(401, 429);
    await own.setUp();
    let status = 401;
    for (let tries = 0; status === 401 && tries < 50; tries++) {
      status = (await own.post("/fn/sign_in", { ...ADMIN, password: `guess ${tries}` })).status;
    }
    expect(status).toBe(429);
    await page.goto(`${own.origin}/sign-in`);
    await ready(page);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password").fill(ADMIN.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toHaveText(/Too many tries\./);
  });

  test("the one-time link makes the first admin, once", async ({ page, complaints }) => {
    complaints.expect(410, 422);
    const link = await own.setupLink();
    await page.goto(link);
    await ready(page);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password").fill(ADMIN.password);
    await page.getByRole("button", { name: "Create the admin" }).click();
    await expect(page).toHaveURL(`${own.origin}/`);
    await expect(page.getByText("Requests today")).toBeVisible();
    await page.goto(link);
    await expect(page.getByRole("alert")).toHaveText(/This link is over\./);
    await expect(page.getByLabel("E-mail")).toHaveCount(0);
  });
});
