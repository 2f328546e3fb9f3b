// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import { expect, expectAccessible, test } from "./support/test.ts";

function newName(what: string): string {
  return `${what} ${randomBytes(3).toString("hex")}`;
}

test("what changed is found, read field by field, and its place in the chain verified", async ({ page, api }) => {
  const name = newName("Yard");
  const made = await api.post("/api/v1/sites", { data: { name, city: "Bonn" } });
  const { id } = (await made.json()) as { id: string };
  await api.patch(`/api/v1/sites/${id}`, { data: { city: "Aachen" } });
  await page.goto(`/audit?object=${id}`);
  await expect(page.getByRole("heading", { level: 1, name: "Audit log" })).toBeVisible();
  await expect(page.getByText("2 entries")).toBeVisible();
  await expectAccessible(page);
  await page.getByText("Site: update").click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("cell", { name: "Bonn" })).toBeVisible();
  await expect(dialog.getByRole("cell", { name: "Aachen" })).toBeVisible();
  await expect(page).toHaveURL(/entry=\d+/);
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(page).not.toHaveURL(/entry=/);
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(dialog.getByText("The chain is intact")).toBeVisible({ timeout: 60_000 });
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByRole("searchbox").fill("nothing-has-this-name");
  await expect(page.getByText("No entry matches")).toBeVisible();
  await expectAccessible(page);
  await api.delete(`/api/v1/sites/${id}`);
});

test("who changed this setting: charger, About, the line of the audit log", { tag: "@core" }, async ({ page, api }) => {
  const name = newName("North");
  const changed = await api.patch("/api/v1/chargers/DEMO-006", { data: { name } });
  expect(changed.ok()).toBe(true);
  await page.goto("/chargers?q=DEMO-006");
  let clicks = 0;
  const click = async (locator: ReturnType<typeof page.getByRole>) => {
    // a strip of tabs that has just been scrolled is put back by the press, unless it has heard of it
    await locator.scrollIntoViewIfNeeded();
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await locator.click();
    clicks += 1;
  };
  await click(page.getByRole("link", { name: /DEMO-006|North/ }).first());
  await click(page.getByRole("tab", { name: "About" }));
  await click(page.getByRole("button", { name: /^Charger: update/ }).first());
  await expect(page.getByRole("cell", { name }).first()).toBeVisible();
  expect(clicks).toBe(3);
  await expectAccessible(page);
  await page.getByRole("link", { name: "In the audit log" }).click();
  await expect(page).toHaveURL(/\/audit\?.*object=DEMO-006/);
});

test("who changed this setting: History beside the value", { tag: "@core" }, async ({ page, api }) => {
  const { etag } = (await api.get("/api/v1/settings/commands")).headers();
  expect(etag).toBeTruthy();
  await api.patch("/api/v1/settings/commands", { data: { send_within_s: 75 } });
  await page.goto("/system");
  let clicks = 0;
  await page.getByRole("tab", { name: "Settings" }).click();
  clicks += 1;
  const card = page.getByRole("region", { name: "Commands" });
  await card.getByRole("button", { name: "History" }).click();
  clicks += 1;
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("admin").first()).toBeVisible();
  await expect(dialog.getByRole("cell", { name: "75" })).toBeVisible();
  expect(clicks).toBe(2);
  await expectAccessible(page);
  await api.delete("/api/v1/settings/commands");
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("has no audit log, and is told which permission it takes", async ({ page }) => {
    await page.goto("/audit");
    await expect(page.getByText("system:audit:read")).toBeVisible();
    await expect(page.getByRole("navigation").getByRole("link", { name: "Audit log" })).toHaveCount(0);
    await expectAccessible(page);
  });
});
