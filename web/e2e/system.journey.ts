// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import { expect, expectAccessible, test } from "./support/test.ts";

// one installation has one set of settings: these tests change it one after the other
test.describe.configure({ mode: "serial" });

test("a setting is changed, says its default, and goes back to it", async ({ page, api }) => {
  await api.delete("/api/v1/settings/chargers");
  await page.goto("/system?tab=settings");
  const card = page.getByRole("region", { name: "Chargers", exact: true });
  await expect(card.getByText("Heartbeat interval")).toBeVisible();
  await expectAccessible(page);
  await card.getByRole("textbox", { name: /Heartbeat interval/ }).fill("600");
  await card.getByRole("textbox", { name: /Heartbeat interval/ }).blur();
  await card.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(/Chargers: saved/)).toBeVisible();
  await expect(card.getByText(/Default: As set when the server was started/)).toBeVisible();
  // what a number field says aloud stays for some seconds as a picture without a name
  await expect(page.locator("[data-live-announcer] [role=img]")).toHaveCount(0);
  await expectAccessible(page);
  await card.getByRole("button", { name: "Reset to defaults" }).click();
  const question = page.getByRole("alertdialog");
  await expect(question).toContainText("Chargers");
  await expectAccessible(page);
  await question.getByRole("button", { name: "Reset to defaults" }).click();
  await expect(card.getByRole("button", { name: "Reset to defaults" })).toHaveCount(0);
});

test("two who change one section see both versions", async ({ page, api, watch }) => {
  watch.allow({ status: 412, path: "/api/v1/settings/commands" });
  await page.goto("/system?tab=settings");
  const card = page.getByRole("region", { name: "Commands" });
  const field = card.getByRole("textbox", { name: /A start takes at most/ });
  await field.fill("120");
  await field.blur();
  await api.patch("/api/v1/settings/commands", { data: { start_timeout_s: 90 } });
  await card.getByRole("button", { name: "Save" }).click();
  await expect(card.getByText("120 seconds")).toBeVisible();
  await expect(card.getByText("90 seconds")).toBeVisible();
  await expectAccessible(page);
  await card.getByRole("button", { name: "Keep as it is now" }).click();
  await expect(field).toHaveValue("90");
  await api.delete("/api/v1/settings/commands");
});

test("who resets what somebody else has changed is told, and resets that with another press", async ({
  page,
  api,
  watch,
}) => {
  watch.allow({ status: 412, path: "/api/v1/settings/commands" });
  await api.patch("/api/v1/settings/commands", { data: { start_timeout_s: 100 } });
  await page.goto("/system?tab=settings");
  const card = page.getByRole("region", { name: "Commands" });
  await card.getByRole("button", { name: "Reset to defaults" }).click();
  const question = page.getByRole("alertdialog");
  await api.patch("/api/v1/settings/commands", { data: { start_timeout_s: 90 } });
  await question.getByRole("button", { name: "Reset to defaults" }).click();
  await expect(question.getByText("Somebody else has changed this meanwhile")).toBeVisible();
  await expectAccessible(page);
  await question.getByRole("button", { name: "Reset to defaults" }).click();
  await expect(question).toHaveCount(0);
  await expect(card.getByRole("button", { name: "Reset to defaults" })).toHaveCount(0);
});

test("health, storage, mails, personal data and requests are seen", async ({ page }) => {
  await page.goto("/system");
  await expect(page.getByText("It can do its work")).toBeVisible();
  await expect(page.getByText("Chargers connected")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("tab", { name: "Load" }).click();
  const processes = page.getByRole("region", { name: "Processes" });
  await expect(
    processes.getByRole("row").or(processes.getByRole("listitem")).filter({ hasText: "Everything" }),
  ).toContainText("gateway");
  await expect(page.getByRole("table", { name: "What the database works at longest" })).toContainText("SELECT");
  await expectAccessible(page);
  await page.getByRole("tab", { name: "Data retention" }).click();
  await expect(page.getByRole("table", { name: "Storage" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("tab", { name: "E-mail" }).click();
  await expect(page.getByText("Mails are sent")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("tab", { name: "Personal data" }).click();
  await expect(page.getByRole("region", { name: "Personal data erased" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("tab", { name: "Request log" }).click();
  await expect(page.getByRole("searchbox")).toBeVisible();
  await expectAccessible(page);
});

test("a flag is made, switched off, and deleted", async ({ page }) => {
  const key = `test-${randomBytes(3).toString("hex")}`;
  await page.goto("/system?tab=flags");
  await page.getByRole("button", { name: "Add flag" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Key", exact: true }).fill(key);
  await dialog.getByRole("button", { name: "Add rule" }).click();
  await dialog.getByRole("textbox", { name: "Keys of roles" }).fill("admin");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(`${key} is saved`)).toBeVisible();
  const actions = page.getByRole("button", { name: `Actions for ${key}` });
  await actions.click();
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Switch off" }).click();
  await expect(page.getByRole("row", { name: key })).toContainText("Off");
  await expectAccessible(page);
  await actions.click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("row", { name: key })).toHaveCount(0);
});

test("two who change one flag see both versions", async ({ page, api, watch }) => {
  const key = `test-${randomBytes(3).toString("hex")}`;
  const path = `/api/v1/feature-flags/${key}`;
  watch.allow({ status: 412, path });
  const values = { type: "boolean", enabled: true, variants: { on: true, off: false }, default_variant: "off" };
  expect((await api.post("/api/v1/feature-flags", { data: { key, description: "First", ...values } })).status()).toBe(
    201,
  );
  const edit = async (): Promise<void> => {
    await page.getByRole("button", { name: `Actions for ${key}` }).click();
    await page.getByRole("menuitem", { name: "Edit" }).click();
  };
  await page.goto("/system?tab=flags");
  await edit();
  const dialog = page.getByRole("dialog");
  const description = dialog.getByRole("textbox", { name: "Description" });
  await description.fill("Mine");
  await api.patch(path, {
    data: { description: "Theirs", rules: [{ variant: "on", percentage: 50, roles: ["admin"] }] },
  });
  await dialog.getByRole("button", { name: "Save" }).click();
  const both = dialog.getByRole("table");
  await expect(both.getByRole("row", { name: "Description Theirs Mine" })).toBeVisible();
  await expect(both.getByText("on 50% – Keys of roles: admin")).toBeVisible();
  await expect(both.getByRole("row", { name: /^Values/ })).toHaveCount(0); // the same in both
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Keep as it is now" }).click();
  await expect(description).toHaveValue("Theirs");
  await description.fill("Mine after all");
  await api.patch(path, { data: { description: "Theirs again" } });
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("button", { name: "Save mine" }).click();
  await expect(page.getByText(`${key} is saved`)).toBeVisible();
  await expect(page.getByRole("row", { name: key })).toContainText("Mine after all");
  await edit(); // one's own change is in nobody's way
  await description.fill("And once more");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: key })).toContainText("And once more");
  await api.delete(path);
});

test("the organization's name and colour are seen at once; a colour nobody can read text on is refused", async ({
  page,
  api,
  watch,
}) => {
  watch.allow({ status: 422, path: "/api/v1/settings/branding" });
  await page.goto("/system?tab=branding");
  const color = page.getByRole("textbox", { name: "Colour", exact: true });
  await color.fill("#808080");
  await expect(page.getByText(/Text cannot be read on it/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Some of this is not valid")).toBeVisible();
  await color.fill("#0a5c36");
  await expect(page.getByText(/Text can be read on it: contrast/)).toBeVisible();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Example Charge");
  await page.getByRole("button", { name: "Save" }).click();
  // the smallest phones have no room for it
  const isNamed = (page.viewportSize()?.width ?? 0) >= 384;
  const brand = page.getByRole("banner").getByRole("link", { name: "Example Charge" });
  await expect(page.getByText(/How the app looks: saved/)).toBeVisible();
  if (isNamed) await expect(brand).toBeVisible();
  const accent = () => page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--accent"));
  await expect.poll(accent).not.toBe("#1257c9");
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  if (isNamed) await expect(brand).toBeVisible();
  await expect.poll(accent).not.toBe("#1257c9");
  expect((await api.delete("/api/v1/settings/branding")).ok()).toBe(true);
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("is told which permission the system takes", async ({ page }) => {
    await page.goto("/system");
    await expect(page.getByText("system:settings:read")).toBeVisible();
    await expectAccessible(page);
  });
});
