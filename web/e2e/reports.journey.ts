// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, expectAccessible, test } from "./support/test.ts";

test("a report is in its address, and is fetched as a file", async ({ page }) => {
  await page.goto("/reports?by=charger&compare=previous&preset=days30");
  await expect(page.getByRole("heading", { level: 1, name: "Reports" })).toBeVisible();
  // what was charged is counted some time after it was
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("region", { name: "In figures" })).toBeVisible({ timeout: 10_000 });
  }).toPass({ timeout: 150_000 });
  await expect(page.getByRole("columnheader", { name: "Compared time" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: /Export/ }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: /CSV/ }).click();
  expect((await download).suggestedFilename()).toMatch(/report-energy.*\.csv/);
  await page.getByRole("tab", { name: "Utilisation" }).click();
  await expect(page).toHaveURL(/kind=utilisation/);
  await expect(page.getByText("Time in use").first()).toBeVisible();
  await expectAccessible(page);
});

test("a finer interval than the time allows is refused in words", async ({ page, watch }) => {
  watch.allow({ status: 400, path: "/api/v1/reports/" });
  await page.goto('/reports?interval=15m&days={"from":"2026-01-01","to":"2026-12-31"}');
  await expect(page.getByRole("alert")).toBeVisible();
  await expectAccessible(page);
});
