// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import { expect, expectAccessible, test } from "./support/test.ts";

function newName(what: string): string {
  return `${what} ${randomBytes(3).toString("hex")}`;
}

test("a site is added, another inside it, and both are deleted", async ({ page }) => {
  const [region, depot] = [newName("Region"), newName("Depot")];
  await page.goto("/sites");
  await expect(page.getByRole("heading", { level: 1, name: "Sites" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Add site" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill(region);
  await dialog.getByText("At certain times").click();
  await expect(dialog.getByRole("button", { name: "Add hours" })).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Add site" }).click();
  await page.getByRole("searchbox").fill(region);
  await expect(page).toHaveURL(/q=/);
  await page.getByRole("link", { name: region }).click();
  await expect(page.getByRole("region", { name: "Opening hours" })).toContainText("Monday");
  await expectAccessible(page);
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Add site inside" }).click();
  await dialog.getByRole("textbox", { name: "Name" }).fill(depot);
  await dialog.getByRole("button", { name: "Add site" }).click();
  await page.getByRole("region", { name: "Sites inside" }).getByRole("link", { name: depot }).click();
  await expect(page.getByRole("heading", { level: 1, name: depot })).toBeVisible();
  for (const name of [depot, region]) {
    await page.goto("/sites");
    await page.getByRole("link", { name, exact: true }).click();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await expect(page.getByRole("alertdialog")).toContainText(name);
    await page.getByRole("button", { name: "Delete site" }).click();
    await expect(page.getByText(`${name} is deleted`)).toBeVisible();
  }
});

test("two who edit one site see both versions", async ({ page, api, watch }) => {
  watch.allow({ status: 412, path: "/api/v1/sites/" });
  const name = newName("Yard");
  const made = await api.post("/api/v1/sites", { data: { name } });
  const { id } = (await made.json()) as { id: string };
  await page.goto(`/sites/${id}`);
  await page.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Town" }).fill("Bonn");
  const changed = await api.patch(`/api/v1/sites/${id}`, { data: { city: "Aachen" } });
  expect(changed.status()).toBe(200);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("Aachen")).toBeVisible();
  await expect(dialog.getByText("Bonn")).toBeVisible();
  await expectAccessible(page);
  await api.delete(`/api/v1/sites/${id}`);
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("reads sites, and changes none", async ({ page }) => {
    await page.goto("/sites");
    await expect(page.getByRole("heading", { level: 1, name: "Sites" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Add site" })).toHaveCount(0);
  });
});
