// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { APIRequestContext, Page } from "@playwright/test";

import { newPerson, sessionOf } from "./support/people.ts";
import { expect, expectAccessible, pressOption, test } from "./support/test.ts";

const TRY_MS = 60_000;

function newIdentity(): string {
  return `T-${randomBytes(4).toString("hex").toUpperCase()}`;
}

async function newCharger(api: APIRequestContext, more: Record<string, unknown> = {}): Promise<string> {
  const id = newIdentity();
  const made = await api.post("/api/v1/chargers", { data: { id, name: `Bay of ${id}`, ...more } });
  expect(made.status(), await made.text()).toBe(201);
  return id;
}

/** On a phone they are in a menu. */
async function action(page: Page, name: string): Promise<void> {
  const menu = page.getByRole("button", { name: "Actions", exact: true });
  const button = page.getByRole("button", { name, exact: true });
  await expect(menu.or(button).first()).toBeVisible();
  if (await menu.isVisible()) {
    await menu.click();
    await page.getByRole("menuitem", { name }).click();
  } else await button.click();
}

test("the list is searched, narrowed by its address, and empty in words", async ({ page, api }) => {
  const id = await newCharger(api);
  await page.goto("/chargers");
  await expect(page.getByText("DEMO-001").first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("searchbox", { name: "Search chargers" }).fill(id);
  await expect(page).toHaveURL(new RegExp(`q=${id}`));
  await expect(page.getByText("DEMO-001")).toHaveCount(0);
  await expect(page.getByText(id, { exact: true }).first()).toBeVisible();
  await page.goto("/chargers?q=nothing-is-called-this");
  await expect(page.getByText("No charger matches")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(page.getByText("DEMO-001").first()).toBeVisible();
  await page.goto(`/chargers?view=never&q=${id}`);
  await expect(page.getByText(id, { exact: true }).first()).toBeVisible();
  await expect(page.getByText("DEMO-001")).toHaveCount(0);
});

test("why a charger is offline stands first on its page", async ({ page, api }) => {
  const id = await newCharger(api);
  await page.goto(`/chargers/${id}`);
  const verdict = page.getByRole("region", { name: "How this charger is" });
  await expect(verdict.getByText("It has never connected.")).toBeVisible();
  await expect(verdict.getByText("Check the address, identity and password")).toBeVisible();
  await expectAccessible(page);
  await verdict.getByRole("link", { name: "Go there" }).click();
  await expect(page).toHaveURL(new RegExp(`/chargers/${id}/security`));
  await expect(page.getByText(`/ocpp/${id}`).first()).toBeVisible();
});

test("each part of a charger has an address of its own", async ({ page }) => {
  for (const part of ["", "/sessions", "/configuration", "/messages", "/security", "/about"]) {
    await page.goto(`/chargers/DEMO-001${part}`);
    await expect(page.getByRole("tab", { selected: true })).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    await expectAccessible(page);
  }
});

test("a charger is added, and its first boot is waited for", async ({ page }) => {
  const id = newIdentity();
  await page.goto("/chargers/add");
  await page.getByRole("textbox", { name: "Identity" }).fill(id);
  await page.getByRole("button", { name: "Next" }).click();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Create the charger" }).click();
  await expect(page.getByText("Waiting for the first connection").first()).toBeVisible();
  await expect(page.getByText("It is shown this once")).toBeVisible();
  await expectAccessible(page);
});

test("fifty chargers come in from a table, after a trial", async ({ page, api }) => {
  test.setTimeout(180_000);
  const stem = newIdentity();
  const ids = Array.from({ length: 50 }, (_, index) => `${stem}-${index + 1}`);
  const rows = ["identity;sticker", ...ids.map((id) => `${id};Bay ${id}`), "bad/identity;x"];
  await page.goto("/chargers/import");
  const buffer = Buffer.from(rows.join("\n"));
  await page.locator("input[type=file]").setInputFiles({ name: "chargers.csv", mimeType: "text/csv", buffer });
  await expect(page.getByText("What the columns mean").first()).toBeVisible({ timeout: TRY_MS });
  await expectAccessible(page);
  await page.getByRole("button", { name: /What sticker means/ }).click();
  await pressOption(page.getByRole("option", { name: /^name/ }));
  await page.getByRole("button", { name: "Try it" }).click();
  await expect(page.getByText("50 would be created")).toBeVisible({ timeout: TRY_MS });
  await expect(page.getByText("bad/identity")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Import 50 chargers" }).click();
  await expect(page.getByText("50 created")).toBeVisible({ timeout: TRY_MS });
  const found = await api.get(`/api/v1/chargers/${ids[0]}`);
  expect(((await found.json()) as { name: string }).name).toBe(`Bay ${ids[0]}`);
});

test("a command shows what the charger answered, and is in its history", async ({ page }) => {
  await page.goto("/chargers/DEMO-001");
  await action(page, "Command …");
  await page.getByRole("searchbox", { name: "Find a command" }).fill("trigger");
  await page.getByRole("button", { name: /trigger_message/ }).click();
  await page.getByRole("button", { name: /Message/ }).click();
  await pressOption(page.getByRole("option", { name: "heartbeat", exact: true }));
  await expectAccessible(page);
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("OCPP: Accepted").first()).toBeVisible();
});

test("a reset names the charger, and is only done when it is confirmed", async ({ page }) => {
  await page.goto("/chargers/DEMO-003");
  await action(page, "Reset");
  const dialog = page.getByRole("alertdialog");
  await expect(dialog.getByText("DEMO-003").first()).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("OCPP: Accepted")).toHaveCount(0);
});

test("who changed a setting is found beside its value", async ({ page, api }) => {
  const change = { type: "change_configuration", key: "HeartbeatInterval", value: String(600 + (Date.now() % 300)) };
  for (const data of [{ type: "get_configuration" }, change]) {
    const answer = await api.post("/api/v1/chargers/DEMO-002/commands?wait=30", { data });
    expect(((await answer.json()) as { status: string }).status).toBe("accepted");
  }
  await page.goto("/chargers/DEMO-002/configuration");
  await page.getByRole("button", { name: "History of HeartbeatInterval" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(`→ ${change.value}`)).toBeVisible();
  await expect(dialog.getByText("By admin").first()).toBeVisible();
  await expectAccessible(page);
});

test("of many chargers it is typed how many they are", async ({ page, api }) => {
  const vendorless = newIdentity();
  for (let index = 0; index < 21; index += 1)
    await api.post("/api/v1/chargers", { data: { id: `${vendorless}-${index}` } });
  await page.goto(`/chargers?q=${vendorless}`);
  await page.getByRole("checkbox", { name: new RegExp(`Select ${vendorless}-0`) }).check();
  await page.getByRole("button", { name: "Select all 21 that match" }).click();
  await page.getByRole("button", { name: "Reset" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Reset 21 chargers?" });
  const confirm = dialog.getByRole("button", { name: "Reset" });
  await expect(confirm).toBeDisabled();
  await dialog.getByRole("textbox").fill("21");
  await expect(confirm).toBeEnabled();
  await expectAccessible(page);
  await confirm.click();
  await expect(page.getByText("Begun at 21 chargers")).toBeVisible();
});

test("a charger that knocked is turned away", async ({ page }) => {
  await page.goto("/chargers?view=pending");
  await expect(page.getByText("DEMO-NEW")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("checkbox", { name: "Select DEMO-NEW" }).check();
  await page.getByRole("button", { name: "Reject" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Reject" }).click();
  await expect(page.getByText("1 charger was rejected")).toBeVisible();
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("sees everything and can change nothing", async ({ page }) => {
    await page.goto("/chargers/DEMO-001");
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByRole("button", { name: "Reset" })).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Command …" })).toHaveCount(0);
    await page.goto("/chargers/add");
    await expect(page.getByText("charger:charger:create")).toBeVisible();
    await expectAccessible(page);
  });
});

test("what was done to a charger is said in words", async ({ page, api }) => {
  const id = await newCharger(api);
  await page.goto(`/chargers/${id}`);
  const timeline = page.getByRole("list", { name: "Timeline" });
  await expect(timeline.getByText("Charger: create, by admin")).toBeVisible();
  await expectAccessible(page);
  await page.goto(`/chargers/${id}/about`);
  await expect(page.getByText("Charger: create", { exact: true })).toBeVisible();
});

test("what was done to a charger is said in the reader's language", async ({ browser, server, api }) => {
  const id = await newCharger(api);
  const { username, password } = await newPerson(api, "admin");
  const storageState = await sessionOf(server, username, password);
  const context = await browser.newContext({ baseURL: server.url, storageState, locale: "de" });
  const page = await context.newPage();
  await page.goto(`/chargers/${id}`);
  await expect(page.getByText("Ladestation: anlegen, von admin")).toBeVisible();
  await context.close();
});
