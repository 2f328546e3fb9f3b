// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { APIRequestContext, Locator, Page } from "@playwright/test";

import { newPassword } from "./support/people.ts";
import { expect, expectAccessible, pressOption, test } from "./support/test.ts";

/** A button that was busy is named to screen readers for some seconds, also once it is gone with its dialog. */
async function expectAccessibleThen(page: Page): Promise<void> {
  await expect(page.locator("[data-live-announcer] [role=img]")).toHaveCount(0);
  await expectAccessible(page);
}

interface Founded {
  name: string;
  admin: string;
  link: string;
}

/** An organization of a test's own: what is changed in it concerns nobody else. */
async function found(api: APIRequestContext): Promise<Founded> {
  const mark = randomBytes(3).toString("hex");
  const name = `Second ${mark} Ltd`;
  const admin = `zora-${mark}`;
  const made = await api.post("/api/v1/organizations", { data: { name, time_zone: "UTC", admin, show_link: true } });
  expect(made.status(), await made.text()).toBe(201);
  const { invitation_url: link } = (await made.json()) as { invitation_url: string };
  return { name, admin, link };
}

async function pickZone(dialog: Locator, page: Page, zone: string): Promise<void> {
  const field = dialog.getByRole("combobox", { name: "Time zone" });
  await field.click();
  await field.fill(zone);
  await pressOption(page.getByRole("option", { name: zone, exact: true }));
}

/** In by a link, with a password of one's own. */
async function accept(page: Page, link: string, username: string): Promise<string> {
  const password = newPassword();
  await page.goto(link);
  await page.getByRole("textbox", { name: "New password", exact: true }).fill(password);
  await page.getByLabel("New password once more").fill(password);
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(page.getByText(`Your user name is ${username}.`)).toBeVisible();
  await page.getByRole("link", { name: "To the sign-in page" }).click();
  await page.getByLabel("User name").fill(username);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/\/$/);
  return password;
}

const own = (page: Page, name: string): Locator => page.getByRole("region", { name, exact: true });

test("an organization is added, and its administrator gets a link", async ({ page, watch }) => {
  watch.allow({ status: 409, path: "/api/v1/organizations" });
  const mark = randomBytes(3).toString("hex");
  const name = `Harbour ${mark} GmbH`;
  await page.goto("/organization");
  await expect(page.getByRole("heading", { level: 1, name: "Organization" })).toBeVisible();
  const all = page.getByRole("region", { name: "All of this installation" });
  await expect(all.getByRole("table")).toBeVisible();
  await expectAccessible(page);
  await all.getByRole("button", { name: "Add organization" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await pickZone(dialog, page, "Europe/Lisbon");
  await dialog.getByRole("textbox", { name: "User name of the first administrator" }).fill("admin");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Add organization" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible(); // whose name that is, is nobody's business
  await expectAccessibleThen(page);
  await dialog.getByRole("textbox", { name: "User name of the first administrator" }).fill(`zora-${mark}`);
  await dialog.getByRole("button", { name: "Add organization" }).click();
  await expect(dialog.getByText(`${name} is added`)).toBeVisible();
  await expect(dialog.getByText(/\/invitation#/)).toBeVisible();
  await expectAccessibleThen(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  const row = all.getByRole("row").filter({ hasText: name });
  await expect(row).toContainText("Europe/Lisbon");
  await expectAccessibleThen(page);
});

test.describe("the administrator of a further organization", () => {
  test.use({ signedInAs: "nobody" });

  test("sees only their own, and changes it", async ({ page, api, watch }) => {
    watch.allow({ status: 412, path: "/api/v1/organization" });
    const { name, admin, link } = await found(api);
    const password = await accept(page, link, admin);
    await expect(page.getByRole("banner")).toContainText(name);
    await page.goto("/chargers");
    await expect(page.getByText("No chargers yet")).toBeVisible();
    await page.goto("/organization");
    await expect(own(page, name)).toContainText("UTC");
    await expect(page.getByRole("region", { name: "All of this installation" })).toHaveCount(0);
    await expectAccessible(page);

    await own(page, name).getByRole("button", { name: "Edit" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Name" }).fill(`${name} & Daughters`);
    await pickZone(dialog, page, "America/New_York");
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("The organization is saved")).toBeVisible();
    await expect(own(page, `${name} & Daughters`)).toContainText("America/New_York");
    await expect(page.getByRole("banner")).toContainText(`${name} & Daughters`);
    await expectAccessibleThen(page);

    await test.step("what somebody else changed meanwhile is not written over unseen", async () => {
      const entered = await api.post("/api/v1/auth/login", { data: { username: admin, password } });
      const { access_token: token } = (await entered.json()) as { access_token: string };
      const theirs = async (data: object) => {
        const headers = { Authorization: `Bearer ${token}` };
        expect((await api.patch("/api/v1/organization", { headers, data })).status()).toBe(200);
      };
      await own(page, `${name} & Daughters`).getByRole("button", { name: "Edit" }).click();
      await dialog.getByRole("textbox", { name: "Name" }).fill(`${name} Mine`);
      await theirs({ name: `${name} Theirs` });
      await dialog.getByRole("button", { name: "Save" }).click();
      await expect(dialog.getByText("Somebody else has changed this meanwhile")).toBeVisible();
      await expect(dialog.getByRole("cell", { name: `${name} Theirs` })).toBeVisible();
      await expect(dialog.getByRole("cell", { name: `${name} Mine` })).toBeVisible();
      await expectAccessibleThen(page);
      await dialog.getByRole("button", { name: "Save mine" }).click();
      await expect(own(page, `${name} Mine`)).toBeVisible();

      await own(page, `${name} Mine`).getByRole("button", { name: "Edit" }).click();
      await dialog.getByRole("textbox", { name: "Name" }).fill(name);
      await theirs({ name: `${name} Again` });
      await dialog.getByRole("button", { name: "Save" }).click();
      await dialog.getByRole("button", { name: "Keep as it is now" }).click();
      await expect(dialog).toHaveCount(0);
      await expect(own(page, `${name} Again`)).toBeVisible();
    });
  });
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("reads of their organization, and changes nothing", async ({ page }) => {
    await page.goto("/organization");
    await expect(page.getByText("Time zone", { exact: true })).toBeVisible();
    await expect(page.getByRole("button", { name: "Edit" })).toHaveCount(0);
    await expect(page.getByRole("region", { name: "All of this installation" })).toHaveCount(0);
    await expectAccessible(page);
  });
});
