// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { APIRequestContext } from "@playwright/test";

import { newPerson, sessionOf } from "./support/people.ts";
import { expect, expectAccessible, pressOption, test } from "./support/test.ts";

test("figures lead to what they count", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Online", exact: true })).toContainText(/of \d+ chargers/);
  await expect(page.getByRole("region", { name: "Power, last 24 hours" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Utilisation by day and hour" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Active sessions" }).click();
  await expect(page).toHaveURL(/\/sessions\?tab=/);
});

test.describe("somebody arranges it", () => {
  test.use({ signedInAs: "nobody" });

  test("adds, removes, moves and sizes widgets; resets them", async ({ page, api, server }) => {
    const person = await newPerson(api, "operator");
    const { cookies } = await sessionOf(server, person.username, person.password);
    await page.context().addCookies(cookies);
    await page.goto("/");
    const heat = page.getByRole("region", { name: "Utilisation by day and hour" });
    await expect(heat).toBeVisible();
    await page.getByRole("button", { name: "Arrange" }).click();
    await expect(page.getByRole("heading", { name: "Arrange the overview" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Remove Utilisation by day and hour" }).click();
    await page.getByRole("button", { name: "Move Recent sessions up" }).click();
    await page.getByRole("radiogroup", { name: "Size of Recent sessions" }).getByText("XL", { exact: true }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Your overview is saved")).toBeVisible();
    await page.reload();
    await expect(page.getByRole("region", { name: "Recent sessions" })).toBeVisible();
    await expect(heat).toHaveCount(0);
    await page.getByRole("button", { name: "Arrange" }).click();
    await page.getByRole("button", { name: "Add widget" }).click();
    await page.getByRole("menuitem", { name: "Utilisation by day and hour" }).click();
    await page.getByRole("button", { name: "Reset to default" }).click();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Delete and reset" }).click();
    await expect(page.getByText("You see the default again")).toBeVisible();
    await expect(heat).toBeVisible();
  });
});

/** A role of a test's own, and what it is called. */
async function newRole(api: APIRequestContext): Promise<{ key: string; name: string }> {
  const name = `Crew ${randomBytes(3).toString("hex")}`;
  const key = name.toLowerCase().replace(" ", "-");
  expect((await api.post("/api/v1/roles", { data: { key, name, like: "viewer" } })).status()).toBe(201);
  return { key, name };
}

test.describe("the default of a role", () => {
  test.use({ signedInAs: "nobody" });

  test("is made of what is shown, seen by whoever has it, and taken away", async ({ page, api, server, browser }) => {
    const role = await newRole(api);
    const boss = await newPerson(api, "admin");
    const crew = await newPerson(api, role.key);
    await page.context().addCookies((await sessionOf(server, boss.username, boss.password)).cookies);
    await page.goto("/");
    await page.getByRole("button", { name: "Arrange" }).click();
    await page.getByRole("button", { name: "Remove Utilisation by day and hour" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Your overview is saved")).toBeVisible();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Make this the default of a role" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByText("Those who made dashboards of their own keep theirs.")).toBeVisible();
    await dialog.getByRole("button", { name: /Role/ }).click();
    await pressOption(page.getByRole("option", { name: role.name }));
    await expect(dialog.getByText("So far they begin with the dashboard that the app has by itself.")).toBeVisible();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Make it the default" }).click();
    await expect(page.getByText(`${role.name} begins with this now`)).toBeVisible();

    const storageState = await sessionOf(server, crew.username, crew.password);
    const context = await browser.newContext({ baseURL: server.url, storageState });
    const theirs = await context.newPage();
    await theirs.goto("/");
    await expect(theirs.getByRole("region", { name: "Connectors by status" })).toBeVisible();
    await expect(theirs.getByRole("region", { name: "Utilisation by day and hour" })).toHaveCount(0);
    await context.close();

    await page.goto(`/roles/${role.key}`);
    const card = page.getByRole("region", { name: "Dashboard" });
    await expect(card).toContainText("Recent sessions (L)");
    await expect(card).not.toContainText("Utilisation");
    await expectAccessible(page);
    await card.getByRole("button", { name: "See it" }).click();
    await expect(page.getByText(`You see the app as ${role.name} would`)).toBeVisible();
    await expect(page.getByRole("region", { name: "Connectors by status" })).toBeVisible();
    await expect(page.getByRole("button", { name: "More actions" })).toHaveCount(0);
    await page.getByRole("button", { name: "Stop the preview" }).click();
    await card.getByRole("button", { name: "Remove" }).click();
    await expectAccessible(page);
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove the default" }).click();
    await expect(page.getByText(`${role.name} has no default any more`)).toBeVisible();
    await expect(card).toContainText("The app’s own dashboard");
    await expectAccessible(page);
  });

  test("of two who set it, the second sees both", async ({ page, api, server, watch }) => {
    watch.allow({ status: 412, path: "/api/v1/dashboard-defaults/" });
    const role = await newRole(api);
    const boss = await newPerson(api, "admin");
    await page.context().addCookies((await sessionOf(server, boss.username, boss.password)).cookies);
    const set = async (name: string): Promise<void> => {
      const dashboards = [{ name, widgets: [{ kind: "map", size: "XL" }] }];
      expect((await api.put(`/api/v1/dashboard-defaults/${role.key}`, { data: { dashboards } })).status()).toBe(200);
    };
    await page.goto("/");
    const dialog = page.getByRole("dialog");
    const begin = async (): Promise<void> => {
      await page.getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name: "Make this the default of a role" }).click();
      await dialog.getByRole("button", { name: /Role/ }).click();
      await pressOption(page.getByRole("option", { name: role.name }));
    };
    await begin();
    await expect(dialog.getByText("So far they begin with")).toBeVisible();
    await set("Night");
    await dialog.getByRole("button", { name: "Make it the default" }).click();
    await expect(dialog.getByText("Night: Map (XL)")).toBeVisible();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Keep as it is now" }).click();
    await begin();
    await expect(dialog.getByText("Night: Map (XL)")).toBeVisible();
    await expectAccessible(page);
    await set("Day");
    await dialog.getByRole("button", { name: "Replace the default" }).click();
    await expect(dialog.getByText("Day: Map (XL)")).toBeVisible();
    await dialog.getByRole("button", { name: "Save mine" }).click();
    await expect(page.getByText(`${role.name} begins with this now`)).toBeVisible();
    // what was kept of it is shown at once: it is read anew before it changes
    const read = page.waitForResponse(
      (answer) => answer.url().includes(`/dashboard-defaults/${role.key}`) && answer.request().method() === "GET",
    );
    await begin();
    await (await read).finished();
    await expect(dialog.getByRole("button", { name: "Remove the default" })).toBeVisible();
    await set("Dawn");
    await dialog.getByRole("button", { name: "Remove the default" }).click();
    const question = page.getByRole("alertdialog");
    await question.getByRole("button", { name: "Remove the default" }).click();
    await expect(question.getByText("Somebody else has changed this meanwhile")).toBeVisible();
    await question.getByRole("button", { name: "Cancel" }).click();
    await expect(dialog.getByText("Dawn: Map (XL)")).toBeVisible();
    await dialog.getByRole("button", { name: "Remove the default" }).click();
    await question.getByRole("button", { name: "Remove the default" }).click();
    await expect(page.getByText(`${role.name} has no default any more`)).toBeVisible();
    await expect(dialog.getByText("So far they begin with")).toBeVisible();
  });

  test("is no matter of an operator", async ({ page, api, server }) => {
    const person = await newPerson(api, "operator");
    await page.context().addCookies((await sessionOf(server, person.username, person.password)).cookies);
    await page.goto("/");
    await expect(page.getByRole("button", { name: "Arrange" })).toBeVisible();
    await expect(page.getByRole("button", { name: "More actions" })).toHaveCount(0);
  });
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("sees what they may see, and nothing is refused", async ({ page }) => {
    await page.goto("/");
    await expect(page.getByRole("region", { name: "Connectors by status" })).toBeVisible();
    await expectAccessible(page);
  });
});
