// Tenants and people for a test of its own, made through the management API, and signing in as one of them.
import { expect, type Page } from "@playwright/test";
import { signIn, type Turnpike } from "./turnpike";

export const PASSWORD = "a barrier half open";
let number = 0;

// A name that no other test of this run uses.
export const fresh = (what: string) => `${what} ${process.pid}-${++number}`;

export async function makeTenant(turnpike: Turnpike, name = fresh("Acme"), amount = "5") {
  const { id } = await turnpike.api("POST", "/tenants", { name });
  if (amount !== "0") await turnpike.api("POST", `/tenants/${id}/adjustments`, { amount, reason: "for a test" });
  return { id: id as string, name };
}

export async function makeKey(turnpike: Turnpike, tenant: string, name = fresh("key")) {
  const { id, secret } = await turnpike.api("POST", `/tenants/${tenant}/keys`, { name });
  return { id: id as string, name, secret: secret as string };
}

// A member of a new tenant, signed in on this page.
export async function member(page: Page, turnpike: Turnpike, role: string, amount = "5") {
  const tenant = await makeTenant(turnpike, undefined, amount);
  const email = `${fresh(role).replace(" ", "")}@example.com`;
  await turnpike.api("POST", "/users", { email, password: PASSWORD, tenant: tenant.id, role });
  await signIn(page, PASSWORD, email);
  await expect(page.getByText("Requests today")).toBeVisible();
  return { tenant, email };
}
