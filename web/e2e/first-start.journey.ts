// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What only a new installation shows: a server of their own. */
import { newPassword } from "./support/people.ts";
import { startServer, type RunningServer } from "./support/server.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

let fresh: RunningServer;

test.use({ signedInAs: "nobody" });
test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  test.setTimeout(660_000); // a database is made
  fresh = await startServer({ kind: "empty", isFirstStart: true });
});

test.afterAll(async () => {
  await fresh.stop();
});

test("the generated password lets in once, and is changed", async ({ page }) => {
  await page.goto(`${fresh.url}/`);
  await expect(page.getByText("First start: sign in as “admin”")).toBeVisible();
  await expect(page.getByText(/file initial-password in the data directory/)).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("User name").fill("admin");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(fresh.adminPassword);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Choose a password of your own" })).toBeVisible();
  await expectAccessible(page);
  const chosen = newPassword();
  await page.getByRole("textbox", { name: "New password", exact: true }).fill(chosen);
  await page.getByLabel("New password once more").fill(chosen);
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(page).toHaveURL(`${fresh.url}/`);
  fresh.adminPassword = chosen;

  await page.context().clearCookies();
  await page.goto(`${fresh.url}/sign-in`);
  await expect(page.getByLabel("User name")).toBeVisible();
  await expect(page.getByText("First start")).toHaveCount(0);
});
