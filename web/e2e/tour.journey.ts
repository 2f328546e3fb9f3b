// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, expectAccessible, test } from "./support/test.ts";

test("the demo offers a tour, which is walked by keyboard and taken again from the help", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByText("This is a demo")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Take the tour" }).click();
  const tour = page.getByRole("dialog", { name: "Overview" });
  await expect(tour.getByRole("heading")).toBeFocused();
  await expect(page.getByText("This is a demo")).toHaveCount(0);
  await expectAccessible(page);

  const panel = page.getByRole("dialog");
  for (;;) {
    const heading = await panel.getByRole("heading").innerText();
    await expect(panel.getByRole("heading")).toBeFocused();
    if (await panel.getByRole("button", { name: "Done" }).isVisible()) break;
    await page.keyboard.press("ArrowRight");
    await expect(panel.getByRole("heading")).not.toHaveText(heading);
  }
  await panel.getByRole("button", { name: "Done" }).click();
  await expect(panel).toHaveCount(0);

  await page.keyboard.press("?");
  await page.getByRole("button", { name: "Take the tour" }).click();
  await expect(page.getByRole("dialog", { name: "Overview" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByText("This is a demo")).toHaveCount(0);
});
