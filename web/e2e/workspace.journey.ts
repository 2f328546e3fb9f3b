// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { Browser } from "@playwright/test";

import { adminApi, newPerson, sessionOf, type State } from "./support/people.ts";
import type { Server } from "./support/server.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

async function somebody(server: Server): Promise<State> {
  const api = await adminApi(server);
  const { username, password } = await newPerson(api, "operator");
  await api.dispose();
  return sessionOf(server, username, password);
}

async function browserOf(browser: Browser, server: Server, storageState: State) {
  const context = await browser.newContext({ baseURL: server.url, storageState });
  return { context, page: await context.newPage() };
}

test("what somebody chose is there in another browser too, without a flash", async ({ browser, server }) => {
  const state = await somebody(server);
  const first = await browserOf(browser, server, state);
  await first.page.goto("/tags");
  await first.page.getByRole("button", { name: "Appearance and language" }).click();
  const saved = first.page.waitForRequest(
    (request) => request.url().endsWith("/me/preferences") && request.method() === "PATCH",
  );
  await first.page.getByText("Dark", { exact: true }).click();
  await first.page.getByText("Compact", { exact: true }).click();
  expect((await (await saved).response())?.ok()).toBe(true);
  await first.context.close();
  const second = await browserOf(browser, server, state);
  await second.page.goto("/tags");
  const root = second.page.locator("html");
  await expect(root).toHaveAttribute("data-theme", "dark");
  await expect(root).toHaveAttribute("data-density", "compact");
  // from now on it is so before the app's own code runs
  await second.page.route("**/static/*.js", (route) => route.abort());
  await second.page.reload();
  await expect(root).toHaveAttribute("data-theme", "dark");
  await second.context.close();
});

test("what was chosen without a connection is saved when there is one again", async ({ browser, server }) => {
  const { context, page } = await browserOf(browser, server, await somebody(server));
  await page.goto("/tags");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "Appearance and language" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await context.setOffline(true);
  await page.getByText("Dark", { exact: true }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect.poll(() => page.evaluate(() => localStorage.getItem("csms.preferences.waiting"))).toContain("dark");
  await page.waitForTimeout(1_500);
  await context.setOffline(false);
  await expect
    .poll(() => page.evaluate(() => localStorage.getItem("csms.preferences.waiting")), { timeout: 60_000 })
    .toBeNull();
  await context.close();
});

test("a view is saved, begins the list, is renamed, shared and deleted", async ({ page }) => {
  const name = `Blocked ${randomBytes(3).toString("hex")}`;
  await page.goto("/tags?status=blocked");
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: "Save this view" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await dialog.getByText("Begin with this view").click();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(`${name} is saved`)).toBeVisible();
  await page.goto("/tags");
  await expect(page).toHaveURL(/status=/);
  await page.getByRole("button", { name: "Clear all" }).click();
  await expect(page).not.toHaveURL(/status=/);
  await page.getByRole("button", { name: "Views" }).click();
  await expectAccessible(page);
  await page.getByRole("menuitem", { name: "Manage views" }).click();
  const actions = dialog.getByRole("button", { name: `Actions for ${name}` });
  await actions.click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await dialog.getByRole("textbox", { name: "Name" }).fill(`${name} today`);
  await dialog.getByRole("button", { name: "Rename" }).click();
  const renamed = dialog.getByRole("button", { name: `Actions for ${name} today` });
  await renamed.click();
  await page.getByRole("menuitem", { name: "Share with everybody here" }).click();
  await expect(dialog.getByRole("cell", { name: "Mine, shared" })).toBeVisible();
  await expectAccessible(page);
  await renamed.click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(renamed).toHaveCount(0);
});

test("alerts and jobs are seen again as somebody saved them, with the columns as they were left", async ({
  browser,
  server,
}) => {
  const { context, page } = await browserOf(browser, server, await somebody(server));
  const dialog = page.getByRole("dialog");
  const save = async (name: string): Promise<void> => {
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view" }).click();
    await dialog.getByRole("textbox", { name: "Name" }).fill(name);
    await dialog.getByText("Begin with this view").click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText(`${name} is saved`)).toBeVisible();
  };
  const tab = (name: string) => page.getByRole("tab", { name, exact: true });
  await page.goto("/alerts?tab=resolved&severity=critical");
  await save("Was bad");
  await page.goto("/alerts");
  await expect(page).toHaveURL(/tab=resolved/);
  await expect(page.getByRole("button", { name: "Was bad" })).toBeVisible();
  // a tab that is chosen is not taken for the bare screen
  await tab("Open").click();
  await expect(tab("Open")).toHaveAttribute("aria-selected", "true");
  await page.getByRole("button", { name: "Clear all" }).click();
  await expect(page).not.toHaveURL(/severity=/);
  await expect(tab("Open")).toHaveAttribute("aria-selected", "true");
  await expectAccessible(page);

  // each list of jobs has views of its own
  await page.goto("/jobs?of=imports&status=failed");
  await save("Went wrong");
  await page.goto("/jobs");
  await expect(tab("Commands")).toHaveAttribute("aria-selected", "true");
  await expect(page).not.toHaveURL(/status=/);
  await tab("Imports").click();
  await expect(page).toHaveURL(/status=/);
  await page.getByRole("button", { name: "Clear all" }).click();
  await expect(page).not.toHaveURL(/status=/);
  await expect(tab("Imports")).toHaveAttribute("aria-selected", "true");
  await expectAccessible(page);

  await page.getByRole("button", { name: "Columns" }).click();
  const kept = page.waitForResponse(
    (answer) => answer.url().endsWith("/me/preferences") && answer.request().method() === "PATCH",
  );
  await dialog.getByText("Finished", { exact: true }).click();
  expect((await kept).ok()).toBe(true);
  await page.reload();
  await page.getByRole("button", { name: "Columns" }).click();
  await expect(dialog.getByRole("checkbox", { name: "Finished" })).not.toBeChecked();
  await context.close();
});
