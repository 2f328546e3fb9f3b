// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The menu, which stands beside a screen, or on a phone behind a button. */
import { type Locator, type Page } from "@playwright/test";

import { expect } from "./test.ts";

/** Opens the drawer where the menu is in one. `name`: of its button, in the language of the screen. */
export async function openMenu(page: Page, name = "Open the menu"): Promise<boolean> {
  await page.getByRole("banner").waitFor();
  const opener = page.getByRole("button", { name });
  // its name comes with the texts of the language: before that nothing tells whether it is to be seen
  await page.getByRole("button", { name, includeHidden: true }).waitFor({ state: "attached" });
  const isInDrawer = await opener.isVisible();
  if (isInDrawer) await opener.click();
  return isInDrawer;
}

/**
 * To a screen by its name: beside the screen, at the foot of a phone, or else in the drawer, which is one press more.
 * Answers how many more than one it took.
 */
export async function follow(page: Page, name: string): Promise<0 | 1> {
  await page.getByRole("banner").waitFor();
  const inSight = page.getByRole("navigation").getByRole("link", { name, exact: true }).filter({ visible: true });
  if ((await inSight.count()) > 0 || !(await openMenu(page))) {
    await inSight.first().click();
    return 0;
  }
  await page.getByRole("dialog", { name: "Main menu" }).getByRole("link", { name, exact: true }).click();
  return 1;
}

/** To a screen, until it is there. */
export async function go(page: Page, name: string): Promise<void> {
  await follow(page, name);
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

/** What chooses the site that is shown; in a drawer it is there while that is open. */
export function picker(page: Page): Locator {
  const places = page.getByRole("banner").or(page.getByRole("dialog", { name: "Main menu" }));
  return places.getByRole("button", { name: /^Site:/ }).filter({ visible: true });
}

/** Opens what chooses the site that is shown. */
export async function openPicker(page: Page): Promise<void> {
  await openMenu(page);
  await picker(page).click();
}

/** That the screen is narrowed to a site, or not, in the words of what chooses it. */
export async function expectSite(page: Page, words: string): Promise<void> {
  const isInDrawer = await openMenu(page);
  await expect(picker(page)).toHaveAccessibleName(words);
  if (!isInDrawer) return;
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog", { name: "Main menu" })).toHaveCount(0);
}

/** That there is no site to choose. */
export async function expectNoPicker(page: Page): Promise<void> {
  const isInDrawer = await openMenu(page);
  await expect(picker(page)).toHaveCount(0);
  if (isInDrawer) await page.keyboard.press("Escape");
}
