// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What only a new installation shows: a server of their own. */
import { RPCClient } from "ocpp-rpc";

import { newPassword, sessionOf } from "./support/people.ts";
import { startServer, type RunningServer } from "./support/server.ts";
import { asNobody, expect, expectAccessible, test } from "./support/test.ts";

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

  await asNobody(page);
  await page.goto(`${fresh.url}/sign-in`);
  await expect(page.getByLabel("User name")).toBeVisible();
  await expect(page.getByText("First start")).toHaveCount(0);
});

test("the first charger is announced, set up by what stands there, and waited for", async ({ page, watch }) => {
  watch.allow({ status: 422, path: "/api/v1/chargers" });
  const { cookies } = await sessionOf(fresh, "admin", fresh.adminPassword);
  await page.context().addCookies(cookies);
  await page.goto(`${fresh.url}/`);
  await expect(page.getByRole("heading", { name: "Connect your first charger" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("textbox", { name: "Identity" }).fill("CP 1/2");
  await page.getByRole("button", { name: "Announce the charger" }).click();
  await expect(page.getByText("This is not valid", { exact: false }).or(page.getByRole("alert")).first()).toBeVisible();
  await page.getByRole("textbox", { name: "Identity" }).fill("GARAGE-1");
  await page.getByRole("textbox", { name: "Name" }).fill("Garage");
  await page.getByRole("button", { name: "Announce the charger" }).click();

  await expect(page.getByText(`${fresh.ocppUrl}/GARAGE-1`)).toBeVisible();
  await expect(page.getByText("The password is shown this once.", { exact: false })).toBeVisible();
  await expect(page.getByText("Waiting for its first BootNotification")).toBeVisible();
  await expectAccessible(page);
  const password = await page.locator("dd", { has: page.getByRole("button", { name: /Copy: Password/ }) }).innerText();

  // it is still waited for after the page was loaded anew
  await page.reload();
  await expect(page.getByText("Waiting for its first BootNotification")).toBeVisible();
  const charger = new RPCClient({
    endpoint: fresh.ocppUrl,
    identity: "GARAGE-1",
    protocols: ["ocpp1.6"],
    password: password.trim(),
    strictMode: false,
  } as ConstructorParameters<typeof RPCClient>[0]); // its types ask for what has defaults
  await charger.connect();
  await charger.call("BootNotification", {
    chargePointVendor: "ACME",
    chargePointModel: "One",
    firmwareVersion: "1.2",
  });
  await expect(page.getByRole("heading", { name: "GARAGE-1 is here" })).toBeVisible();
  await expect(page.getByText("ACME · One · 1.2")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("heading", { name: "Connect your first charger" })).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Connect your first charger" })).toHaveCount(0);
  await charger.close();
});
