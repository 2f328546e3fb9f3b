// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { APIRequestContext } from "@playwright/test";

import { expect, expectAccessible, pressOption, test } from "./support/test.ts";

const TRY_MS = 60_000;

function newName(what: string): string {
  return `${what} ${randomBytes(3).toString("hex")}`;
}

async function newTemplate(
  api: APIRequestContext,
  values: Record<string, string>,
): Promise<{ id: string; name: string }> {
  const name = newName("Town");
  const made = await api.post("/api/v1/configuration-templates", { data: { name, values } });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = (await made.json()) as { id: string };
  return { id, name };
}

async function newCharger(api: APIRequestContext): Promise<string> {
  const id = `T-${randomBytes(4).toString("hex").toUpperCase()}`;
  const made = await api.post("/api/v1/chargers", { data: { id } });
  expect(made.status(), await made.text()).toBe(201);
  return id;
}

test("a template is made of typed and pasted keys, changed and deleted", async ({ page }) => {
  const name = newName("City");
  await page.goto("/templates");
  await expect(page.getByRole("heading", { level: 1, name: "Configuration templates" })).toBeVisible();
  await page.getByRole("button", { name: "Add template" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await dialog.getByRole("textbox", { name: "Key" }).fill("HeartbeatInterval");
  await dialog.getByRole("textbox", { name: "Value" }).fill("soon");
  await expect(dialog.getByText("A whole number is needed")).toBeVisible();
  await dialog.getByRole("textbox", { name: "Value" }).fill("300");
  await dialog.getByRole("button", { name: "Paste lines" }).click();
  await dialog.getByRole("textbox", { name: "Lines" }).fill("MeterValueSampleInterval=60\nAuthorizationKey=00");
  await dialog.getByRole("button", { name: "Take over (2)" }).click();
  await expect(dialog.getByText("A secret is each charger’s own")).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Remove AuthorizationKey" }).click();
  await dialog.getByRole("button", { name: "Add template" }).click();
  await expect(page.getByText(`${name} is added`)).toBeVisible();
  await page.getByRole("searchbox").fill(name);
  await expect(page).toHaveURL(/q=/);
  await page.getByRole("link", { name }).first().click();
  await expect(page.getByRole("region", { name: "Keys and values" })).toContainText("MeterValueSampleInterval");
  await expect(page.getByText("No charger has it").first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Edit" }).click();
  await dialog.getByRole("textbox", { name: "Value" }).first().fill("600");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("region", { name: "Keys and values" })).toContainText("600");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete template" }).click();
  await expect(page.getByText(`${name} is deleted`)).toBeVisible();
});

test("from the list of chargers to the dry run, and from there to what each answers", async ({ page, api }) => {
  const { id, name } = await newTemplate(api, { HeartbeatInterval: String(200 + Math.floor(Math.random() * 900)) });
  const lost = await newCharger(api);
  await page.goto("/chargers?q=DEMO-008");
  await page.getByRole("checkbox", { name: /DEMO-008/ }).click();
  await page.getByRole("button", { name: "More" }).last().click();
  await page.getByRole("menuitem", { name: "Apply a template" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Apply a template" })).toBeVisible();
  await page.getByRole("combobox", { name: "Configuration template" }).fill(name);
  await pressOption(page.getByRole("option", { name }));
  const outcome = page.getByRole("region", { name: "What would change" });
  await expect(outcome.getByRole("row", { name: /DEMO-008.*HeartbeatInterval/ })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Set values (1) …" }).click();
  await expect(page.getByRole("dialog").or(page.getByRole("alertdialog"))).toContainText(name);
  await page.getByRole("button", { name: "Apply template" }).click();
  await expect(page.getByText("Accepted: 1")).toBeVisible({ timeout: TRY_MS });
  await expectAccessible(page);
  // one that is not there waits, and says so
  const targets = JSON.stringify({ ids: [lost] });
  await page.goto(`/templates/apply?${new URLSearchParams({ template: id, targets })}`);
  await page.getByRole("button", { name: "Set values (1) …" }).click();
  await page.getByRole("button", { name: "Apply template" }).click();
  await expect(page.getByText("Waiting for the charger: 1")).toBeVisible({ timeout: TRY_MS });
  await page.getByRole("link", { name: "To the template" }).click();
  const chargers = page.getByRole("region", { name: "Chargers", exact: true });
  await expect(chargers.getByText("DEMO-008").first()).toBeVisible();
  await expect(page.getByText("1 of 2 differ").first()).toBeVisible({ timeout: TRY_MS });
  await expect(page.getByRole("region", { name: "History" })).toContainText("Sent. Values: 1; chargers: 1");
  await expectAccessible(page);
  // the charger leads back to its template
  await page.goto("/chargers/DEMO-008/configuration");
  await page.getByRole("link", { name: "Open the template" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  // not while its own screen may read it again
  await page.goto("/templates");
  await api.delete(`/api/v1/configuration-templates/${id}`);
});

test("two who edit one template see both versions", async ({ page, api, watch }) => {
  watch.allow({ status: 412, path: "/api/v1/configuration-templates/" });
  const { id } = await newTemplate(api, { HeartbeatInterval: "300" });
  await page.goto(`/templates/${id}`);
  await page.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Value" }).fill("301");
  const changed = await api.patch(`/api/v1/configuration-templates/${id}`, {
    data: { values: { HeartbeatInterval: "302" } },
  });
  expect(changed.status()).toBe(200);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("301")).toBeVisible();
  await expect(dialog.getByText("302")).toBeVisible();
  await expectAccessible(page);
  await api.delete(`/api/v1/configuration-templates/${id}`);
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("reads templates, and neither changes nor applies one", async ({ page, api }) => {
    const { id, name } = await newTemplate(api, { HeartbeatInterval: "300" });
    await page.goto(`/templates/${id}`);
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    await expect(page.getByRole("button", { name: "Edit" })).toHaveCount(0);
    await expect(page.getByRole("link", { name: "Apply …" })).toHaveCount(0);
    await expectAccessible(page);
    await page.goto("/templates/apply");
    await expect(page.getByText("charger:configuration:change")).toBeVisible();
    await api.delete(`/api/v1/configuration-templates/${id}`);
  });
});
