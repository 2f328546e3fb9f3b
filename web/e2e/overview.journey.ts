// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { newPerson, sessionOf } from "./support/people.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

test("figures lead to what they count", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Online", exact: true })).toContainText(/of \d+ chargers/);
  await expect(page.getByRole("region", { name: "Power, last 24 hours" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Utilisation by day and hour" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Active sessions" }).click();
  await expect(page).toHaveURL(/\/sessions\?tab=/);
});

test.describe("somebody arranges it", () => {
  test.use({ signedInAs: "nobody" });

  test("adds, removes, moves and sizes widgets; resets them", async ({ page, api, server }) => {
    const person = await newPerson(api, "operator");
    const { cookies } = await sessionOf(server, person.username, person.password);
    await page.context().addCookies(cookies);
    await page.goto("/");
    const heat = page.getByRole("region", { name: "Utilisation by day and hour" });
    await expect(heat).toBeVisible();
    await page.getByRole("button", { name: "Arrange" }).click();
    await expect(page.getByRole("heading", { name: "Arrange the overview" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Remove Utilisation by day and hour" }).click();
    await page.getByRole("button", { name: "Move Recent sessions up" }).click();
    await page.getByRole("radiogroup", { name: "Size of Recent sessions" }).getByText("XL", { exact: true }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Your overview is saved")).toBeVisible();
    await page.reload();
    await expect(page.getByRole("region", { name: "Recent sessions" })).toBeVisible();
    await expect(heat).toHaveCount(0);
    await page.getByRole("button", { name: "Arrange" }).click();
    await page.getByRole("button", { name: "Add widget" }).click();
    await page.getByRole("menuitem", { name: "Utilisation by day and hour" }).click();
    await page.getByRole("button", { name: "Reset to default" }).click();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Delete and reset" }).click();
    await expect(page.getByText("You see the default again")).toBeVisible();
    await expect(heat).toBeVisible();
  });
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("sees what they may see, and nothing is refused", async ({ page }) => {
    await page.goto("/");
    await expect(page.getByRole("region", { name: "Connectors by status" })).toBeVisible();
    await expectAccessible(page);
  });
});
