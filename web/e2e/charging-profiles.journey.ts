// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { APIRequestContext } from "@playwright/test";

import { expect, expectAccessible, pressOption, test } from "./support/test.ts";

const TRY_MS = 60_000;
const PROFILE = {
  stack_level: 3,
  purpose: "tx_default_profile",
  kind: "absolute",
  schedules: [
    {
      unit: "A",
      start_at: "2026-01-01T00:00:00Z",
      periods: [
        { start_s: 0, limit: 16 },
        { start_s: 3_600, limit: 10 },
      ],
    },
  ],
};

function newName(what: string): string {
  return `${what} ${randomBytes(3).toString("hex")}`;
}

async function newProfile(api: APIRequestContext): Promise<{ id: string; name: string }> {
  const name = newName("Yard");
  const made = await api.post("/api/v1/charging-profiles", { data: { name, profile: PROFILE } });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = (await made.json()) as { id: string };
  return { id, name };
}

test("a profile is drawn while it is made, then changed and deleted", async ({ page }) => {
  const name = newName("Nights");
  await page.goto("/charging-profiles");
  await expect(page.getByRole("heading", { level: 1, name: "Charging profiles" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Add profile" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await dialog.getByRole("button", { name: "Add period" }).click();
  const starts = dialog.getByRole("textbox", { name: "From (h:mm)" });
  await starts.last().fill("25:00");
  await expect(dialog.getByText("Beyond the day or week that repeats")).toBeVisible();
  await starts.last().fill("6:30");
  await dialog.getByRole("textbox", { name: "Limit" }).last().fill("6");
  await dialog.getByRole("textbox", { name: "Limit" }).last().blur();
  await expect(dialog.getByRole("figure", { name: "Limit over time" })).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Add profile" }).click();
  await expect(page.getByText(`${name} is added`)).toBeVisible();
  await page.getByRole("searchbox").fill(name);
  await expect(page).toHaveURL(/q=/);
  await page.getByRole("link", { name }).first().click();
  await page.reload(); // what was announced for the dialog names parts that are gone
  await expect(page.getByRole("region", { name: "Schedule" })).toContainText("6:30");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Edit" }).click();
  await dialog.getByRole("textbox", { name: "Description" }).fill("Cheap power");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Cheap power").first()).toBeVisible();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete profile" }).click();
  await expect(page.getByText(`${name} is deleted`)).toBeVisible();
});

test("a profile is sent to a charger, which says what holds there, and taken away again", async ({ page, api }) => {
  const { id, name } = await newProfile(api);
  await page.goto(`/charging-profiles/${id}`);
  await expect(page.getByText("No charger has it")).toBeVisible();
  // chargers of the demo go now and then, and come back
  const isOnline = async () =>
    ((await (await api.get("/api/v1/chargers/DEMO-002")).json()) as { online: boolean }).online;
  await expect.poll(isOnline, { timeout: TRY_MS }).toBe(true);
  await page.getByRole("button", { name: "Send to chargers …" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Chargers" }).fill("DEMO-002");
  await pressOption(page.getByRole("option", { name: /DEMO-002/ }));
  await page.keyboard.press("Tab"); // the list stays open for more
  await expect(page.getByRole("listbox")).toHaveCount(0);
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Send", exact: true }).click();
  await expect(dialog.getByText("Accepted")).toBeVisible({ timeout: TRY_MS });
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  const given = page.getByRole("region", { name: "Chargers that have it" });
  await expect(async () => {
    await page.reload();
    await expect(given.getByText("DEMO-002").first()).toBeVisible({ timeout: 5_000 });
  }).toPass({ timeout: TRY_MS });
  const more = given.getByRole("button", { name: /DEMO-002/ });
  await more.click();
  await page.getByRole("menuitem", { name: "What holds there" }).click();
  await expect(dialog.getByRole("figure", { name: "What holds at DEMO-002" })).toBeVisible({ timeout: TRY_MS });
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await more.click();
  await page.getByRole("menuitem", { name: "Take it away there" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Take it away there" }).click();
  await expect(page.getByText(`DEMO-002 does not have “${name}” any more`)).toBeVisible({ timeout: TRY_MS });
  await api.delete(`/api/v1/charging-profiles/${id}`);
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("reads profiles, and neither changes nor sends one", async ({ page, api }) => {
    const { id, name } = await newProfile(api);
    await page.goto(`/charging-profiles/${id}`);
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    await expect(page.getByRole("button", { name: "Edit" })).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Send to chargers …" })).toHaveCount(0);
    await api.delete(`/api/v1/charging-profiles/${id}`);
  });
});
