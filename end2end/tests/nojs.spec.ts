// What works differently without JavaScript.
import { expect, test } from "../turnpike";

test("E4 E8 the theme is chosen by a form and kept", async ({ home }) => {
  await home.getByRole("button", { name: "Dark" }).click();
  await expect(home.locator("html")).toHaveAttribute("data-theme", "dark");
  await home.reload();
  await expect(home.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
});
