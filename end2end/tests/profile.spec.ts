// Profile: another password ends the other sessions and keeps this one; the old one is worth nothing afterwards.
import { member, PASSWORD } from "../people";
import { expect, ready, signIn, test } from "../turnpike";

test("another password ends other sessions, and only it opens the door", async ({ page, turnpike, browser, complaints, javaScriptEnabled }) => {
  complaints.expect(401);
  const { email, tenant } = await member(page, turnpike, "developer");
  const elsewhere = await browser.newContext({ baseURL: turnpike.origin });
  await elsewhere.addCookies(await page.context().cookies());
  const own = await browser.newContext({ baseURL: turnpike.origin });
  const other = await own.newPage();
  await signIn(other, PASSWORD, email);
  await expect(other.getByText("Requests today")).toBeVisible();
  await page.goto("/profile");
  await expect(page.getByRole("row", { name: tenant.name })).toContainText("Developer");
  await ready(page);
  await page.getByLabel("Old password").fill(PASSWORD);
  await page.getByLabel("New password").fill("another barrier, closed");
  await page.getByRole("button", { name: "Change the password" }).click();
  if (javaScriptEnabled) await expect(page.getByText("Your other sessions are over.")).toBeVisible();
  await ready(page);
  await page.goto("/profile");
  await expect(page.getByText(email)).toHaveCount(2);
  await other.goto("/");
  await expect(other).toHaveURL("/sign-in");
  await signIn(other, PASSWORD, email);
  await expect(other.getByRole("alert")).toBeVisible();
  await signIn(other, "another barrier, closed", email);
  await expect(other.getByText("Requests today")).toBeVisible();
  await own.close();
  await elsewhere.close();
});

test("a wrong old password changes nothing", async ({ page, turnpike, complaints, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "without JavaScript the refusal comes in the address");
  complaints.expect(422);
  await member(page, turnpike, "viewer");
  await page.goto("/profile");
  await ready(page);
  await page.getByLabel("Old password").fill("not the password");
  await page.getByLabel("New password").fill("another barrier, closed");
  await page.getByRole("button", { name: "Change the password" }).click();
  await expect(page.getByRole("alert")).toContainText("Old password: is not right");
});
