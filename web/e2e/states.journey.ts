// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Each screen in each of its states: waiting, failed, recovered without live updates, empty, filtered empty, forbidden. */
import type { APIRequestContext, Locator, Page } from "@playwright/test";

import { newPerson, sessionOf } from "./support/people.ts";
import type { Screen } from "./support/screens.ts";
import { ADMINISTRATION_SCREENS } from "./support/screens-of-administration.ts";
import { CARE_SCREENS } from "./support/screens-of-care.ts";
import { OPERATING_SCREENS } from "./support/screens-of-operating.ts";
import { beginOutage, emptyLists, roleWithoutRights } from "./support/states.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

const SCREENS: readonly Screen[] = [...OPERATING_SCREENS, ...CARE_SCREENS, ...ADMINISTRATION_SCREENS];

async function pathOf({ path }: Screen, api: APIRequestContext): Promise<string> {
  return typeof path === "string" ? path : path(api);
}

const isWaiting = (page: Page): Locator => page.locator("[aria-busy=true]");
const again = (page: Page): Locator => page.getByRole("button", { name: "Try again" });

for (const screen of SCREENS) {
  const { name, spared, ready, empty, filtered } = screen;

  test(`${name}: waits, fails, recovers`, async ({ page, api, watch }) => {
    watch.allow({ status: 500, path: "/api/v1/" }, { status: 503, path: "/api/v1/events" });
    const path = await pathOf(screen, api);
    const outage = await beginOutage(page, spared);
    await page.goto(path);
    await expect(page.getByText("No live updates, retrying")).toBeVisible();
    await expectAccessible(page);
    const waits = (await isWaiting(page).count()) > 0;
    await outage.fail();
    await expect(isWaiting(page)).toHaveCount(0);
    if (waits) await expect(again(page).first()).toBeVisible();
    await expectAccessible(page);
    await outage.end();
    await expect(async () => {
      if (await again(page).count()) await again(page).first().click({ timeout: 1_000 });
      await expect(again(page)).toHaveCount(0, { timeout: 1_000 });
    }).toPass();
    await expect(ready(page)).toBeVisible();
    await expect(isWaiting(page)).toHaveCount(0);
    await expectAccessible(page);
  });

  if (empty || filtered)
    test(`${name}: nothing there`, async ({ page, api }) => {
      const path = await pathOf(screen, api);
      if (filtered) {
        await page.goto(path + filtered[0]);
        await expect(page.getByText(filtered[1]).first()).toBeVisible();
        await expectAccessible(page);
      }
      if (empty) {
        await emptyLists(page, spared);
        await page.goto(path);
        await expect(page.getByText(empty).first()).toBeVisible();
        await expectAccessible(page);
      }
    });
}

test.describe("without rights", () => {
  test.use({ signedInAs: "nobody" });

  test("each screen names the right that is missing, and asks for nothing that is refused", async ({
    page,
    api,
    server,
  }) => {
    test.setTimeout(900_000); // one after the other, with one person
    const person = await newPerson(api, await roleWithoutRights(api));
    await page.context().addCookies((await sessionOf(server, person.username, person.password)).cookies);
    const paths = new Set<string>();
    for (const screen of SCREENS) if (!screen.isForAll) paths.add(await pathOf(screen, api));
    for (const path of paths)
      await test.step(path, async () => {
        await page.goto(path);
        await expect(page.getByText("You have no permission to see this")).toBeVisible();
        await expectAccessible(page);
      });
  });
});

test("what lies over a screen can be used by everybody", async ({ page }) => {
  await page.goto("/reservations");
  const bar = page.getByRole("banner");
  const dialog = page.getByRole("dialog");
  const reserve = page.getByRole("button", { name: "Reserve", exact: true }).first();
  await expect(reserve).toBeVisible();
  const look = async (what: string, open: () => Promise<void>, shown: Locator): Promise<void> =>
    test.step(what, async () => {
      await open();
      await expect(shown).toBeVisible();
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      await expect(shown).toHaveCount(0);
    });

  const help = bar.getByRole("button", { name: "Keyboard shortcuts" });
  await page.getByRole("heading", { level: 1 }).hover(); // there is a pointer, from here on
  await look("a tooltip", () => help.hover(), page.getByRole("tooltip"));
  await look("the keys", () => help.click(), dialog);
  await look("the account", () => bar.getByRole("button").last().click(), page.getByRole("menu"));
  await look("the palette", () => page.keyboard.press("Control+k"), page.getByRole("menuitem").first());
  const appearance = bar.getByRole("button", { name: "Appearance and language" });
  await appearance.click();
  await look("a choice", () => dialog.getByRole("button", { name: /English/ }).click(), page.getByRole("listbox"));
  await page.keyboard.press("Escape");
  await reserve.click();
  await look("a search in a field", () => dialog.getByRole("combobox").first().click(), page.getByRole("listbox"));
  await page.keyboard.press("Escape");
  const drawer = bar.getByRole("button", { name: "Open the menu" });
  if (await drawer.isVisible()) await look("the menu of a phone", () => drawer.click(), dialog);
});

test("an address that leads nowhere says so, and leads home", async ({ page }) => {
  await page.goto("/nothing-is-called-this");
  await expect(page.getByRole("heading", { level: 1, name: "There is nothing here" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "To the overview" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
});

test("commands of a charger are found, and each asks for what it needs", async ({ page }) => {
  await page.goto("/chargers/DEMO-001");
  const menu = page.getByRole("main").getByRole("button", { name: "Actions" });
  const button = page.getByRole("button", { name: "Command …", exact: true });
  await expect(menu.or(button).first()).toBeVisible();
  // where there is room, it stands beside the menu
  if (await button.isVisible()) await button.click();
  else {
    await menu.click();
    await page.getByRole("menuitem", { name: "Command …" }).click();
  }
  const search = page.getByRole("searchbox", { name: "Find a command" });
  await expect(search).toBeVisible();
  await expectAccessible(page);
  await search.fill("nothing is called this");
  await expect(page.getByText("No command matches")).toBeVisible();
  await expectAccessible(page);
});
