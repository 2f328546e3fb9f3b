// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, expectAccessible, test } from "./support/test.ts";

test("whoever is signed in sees the overview and the menu", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expectAccessible(page);
});

test.describe("nobody", () => {
  test.use({ signedInAs: "nobody" });

  test("whoever is not signed in comes to the sign-in page, and back from there", async ({ page }) => {
    await page.goto("/");
    await expect(page).toHaveURL(/\/sign-in/);
  });
});
