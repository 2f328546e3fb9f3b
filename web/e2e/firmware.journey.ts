// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { APIRequestContext, Locator } from "@playwright/test";

import { follow } from "./support/menu.ts";
import type { Server } from "./support/server.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

const FLEET = 24;
const BEGINS_MS = 30_000;

function newName(what: string): string {
  return `${what}-${randomBytes(4).toString("hex").toUpperCase()}`;
}

/** Chargers that nobody else has; none of them is connected. */
async function newFleet(api: APIRequestContext, count: number): Promise<string> {
  const prefix = newName("F");
  for (let number = 1; number <= count; number += 1) {
    const data = { id: `${prefix}-${String(number).padStart(2, "0")}`, security_profile: 0 };
    const made = await api.post("/api/v1/chargers", { data });
    expect(made.status(), await made.text()).toBe(201);
  }
  return prefix;
}

/** It tells its model, and goes away again. */
async function boot({ ocppUrl }: Server, id: string, model: string): Promise<void> {
  const socket = new WebSocket(`${ocppUrl}/${id}`, ["ocpp1.6"]);
  await new Promise<void>((done, fail) => {
    socket.addEventListener("error", () => fail(new Error(`${id} could not connect`)));
    socket.addEventListener("message", () => done());
    socket.addEventListener("open", () => {
      const words = { chargePointVendor: "ACME", chargePointModel: model, firmwareVersion: "1.0" };
      socket.send(JSON.stringify([2, "boot", "BootNotification", words]));
    });
  });
  socket.close();
}

async function newImage(api: APIRequestContext, words: Record<string, string> = {}): Promise<string> {
  const name = `${newName("fw")}.bin`;
  const made = await api.post("/api/v1/firmware", {
    params: { name, version: "9.9", ...words },
    headers: { "Content-Type": "application/octet-stream" },
    data: Buffer.from("an image"),
  });
  expect(made.status(), await made.text()).toBe(201);
  return name;
}

/** Clicks of the mouse; what is typed does not count. */
function clicking(): { click: (target: Locator) => Promise<void>; clicks: () => number } {
  let count = 0;
  return {
    click: async (target) => {
      await target.click();
      count += 1;
    },
    clicks: () => count,
  };
}

test("an image is uploaded, described, and deleted", async ({ page }) => {
  const name = `${newName("fw")}.bin`;
  await page.goto("/firmware?tab=images");
  await expect(page.getByRole("heading", { level: 1, name: "Firmware" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Upload image" }).first().click();
  const dialog = page.getByRole("dialog");
  await expectAccessible(page);
  const file = { name, mimeType: "application/octet-stream", buffer: Buffer.alloc(200_000, 7) };
  await dialog.locator("input[type=file]").setInputFiles(file);
  await expect(dialog.getByRole("textbox", { name: "File name" })).toHaveValue(name);
  await dialog.getByRole("textbox", { name: "Version" }).fill("1.2.3");
  await dialog.getByRole("button", { name: "Upload image" }).click();
  await expect(page.getByText(`${name} is in the library`)).toBeVisible();
  await page.getByRole("searchbox").fill(name);
  await expect(page).toHaveURL(/q=/);
  await page.getByText(name, { exact: true }).first().click();
  await expect(dialog.getByText("SHA-256", { exact: true })).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Edit" }).click();
  await dialog.getByRole("textbox", { name: "Vendor" }).fill("ACME");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(`${name} is saved`)).toBeVisible();
  await page
    .getByRole("button", { name: /actions/i })
    .last()
    .click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await expect(page.getByRole("alertdialog", { name: /^Delete/ })).toContainText(name);
  await page.getByRole("button", { name: "Delete image" }).click();
  await expect(page.getByText("No image matches")).toBeVisible();
});

test("the firmware of many chargers is updated in nine clicks", { tag: "@core" }, async ({ page, api, server }) => {
  test.setTimeout(240_000);
  const prefix = await newFleet(api, FLEET);
  for (let number = 1; number <= FLEET; number += 1)
    await boot(server, `${prefix}-${String(number).padStart(2, "0")}`, prefix);
  const image = await newImage(api);
  await page.goto("/");
  await follow(page, "Chargers"); // the first of the nine; in a drawer it takes one more
  const { click, clicks } = clicking();
  await click(page.getByRole("button", { name: "Add filter" }));
  await click(page.getByRole("menuitem", { name: "Model" }));
  await page.getByRole("textbox", { name: "Model" }).fill(prefix);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/model=/);
  await click(page.getByRole("checkbox", { name: `Select ${prefix}-01` }));
  await click(page.getByRole("button", { name: /^Select all/ }));
  await click(page.getByRole("link", { name: "Update firmware" }));
  await expect(page.getByText(`Chargers: ${FLEET}`)).toBeVisible();
  await expectAccessible(page);
  await expect(page.getByRole("radio", { name: "Every night from 1:00 to 5:00" })).toBeChecked();
  await expect(page.getByRole("radio", { name: "Five first, then the others" })).toBeChecked();
  await click(page.getByText(image));
  await click(page.getByRole("button", { name: "Review" }));
  await expect(page.getByText("What would happen now")).toBeVisible();
  const start = page.getByRole("button", { name: "Start" });
  await expect(page.getByRole("textbox", { name: `Type ${FLEET} to confirm` })).toBeVisible();
  await expect(start).toBeDisabled();
  await expectAccessible(page);
  await page.getByRole("textbox", { name: `Type ${FLEET} to confirm` }).fill(String(FLEET));
  await click(start);
  await expect(page).toHaveURL(/\/firmware\/campaigns\//);
  expect(clicks()).toBeLessThanOrEqual(8);
  await expect(page.getByRole("progressbar", { name: "Wave 1" })).toBeVisible();
  await expect(page.getByText("Running").first()).toBeVisible({ timeout: BEGINS_MS });
  await expectAccessible(page);
  await page.getByRole("button", { name: "Pause" }).click();
  await page
    .getByRole("alertdialog", { name: /^Pause/ })
    .getByRole("button", { name: "Pause" })
    .click();
  await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
  await page.getByRole("button", { name: "Abort" }).click();
  await expect(page.getByRole("alertdialog", { name: /^Abort/ })).toContainText(String(FLEET));
  await expectAccessible(page);
  await page.getByRole("button", { name: "Abort campaign" }).click();
  await expect(page.getByText("It was stopped before its end.")).toBeVisible();
  await expect(page.getByRole("button", { name: `Retry failed (${FLEET})` })).toBeVisible();
});

test("a draft is kept, gone on with, and deleted", async ({ page, api }) => {
  const prefix = await newFleet(api, 2);
  const image = await newImage(api);
  await page.goto("/firmware/new");
  await expect(page.getByRole("heading", { level: 1, name: "Update firmware" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("searchbox", { name: "Search chargers" }).fill(prefix);
  await expect(page.getByText("Chargers: 2")).toBeVisible();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText(image).click();
  await page.getByText("My own waves").click();
  await page.getByText("On certain days and hours").click();
  await expectAccessible(page);
  await page.getByRole("button", { name: "More settings" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(`Draft ${prefix}`);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByRole("button", { name: "Keep as a draft" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Draft ${prefix}` })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Go on with the draft" }).click();
  await expect(page.getByRole("radio", { name: "My own waves" })).toBeChecked();
  await page.getByRole("button", { name: "Review" }).click();
  await expect(page.getByText("What would happen now")).toBeVisible();
  await page.goBack();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete campaign" }).click();
  await expect(page.getByText(`Draft ${prefix} is deleted`)).toBeVisible();
});

test("two who fill in one draft see both versions", async ({ page, api, watch }) => {
  const prefix = await newFleet(api, 2);
  const image = await newImage(api);
  const found = await api.get("/api/v1/firmware", { params: { name: image } });
  const { items } = (await found.json()) as { items: { id: string }[] };
  const data = { name: `Draft ${prefix}`, firmware: items[0]?.id, filter: { q: prefix }, at_once: 5 };
  const made = await api.post("/api/v1/firmware-campaigns", { data });
  const { id } = (await made.json()) as { id: string };
  const path = `/api/v1/firmware-campaigns/${id}`;
  watch.allow({ status: 412, path });
  await page.goto(`/firmware/new?draft=${id}`);
  await page.getByRole("button", { name: "More settings" }).click();
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  await name.fill(`Mine ${prefix}`);
  await api.patch(path, { data: { name: `Theirs ${prefix}`, at_once: 7 } });
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByRole("button", { name: "Keep as a draft" }).click();
  const both = page.getByRole("table");
  await expect(both.getByRole("row", { name: `Name Theirs ${prefix} Mine ${prefix}` })).toBeVisible();
  await expect(both.getByRole("row", { name: "Chargers at a time 7 5" })).toBeVisible();
  await expect(both.getByRole("row")).toHaveCount(3); // with the heads
  await expectAccessible(page);
  await page.getByRole("button", { name: "Keep as it is now" }).click();
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("button", { name: "More settings" }).click();
  await expect(name).toHaveValue(`Theirs ${prefix}`);
  await name.fill(`Mine ${prefix}`);
  await api.patch(path, { data: { at_once: 8 } });
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByRole("button", { name: "Keep as a draft" }).click();
  await page.getByRole("button", { name: "Save mine" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Mine ${prefix}` })).toBeVisible();
  await api.delete(path);
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("reads campaigns, and starts none", async ({ page, api }) => {
    const prefix = await newFleet(api, 1);
    const image = await newImage(api);
    const found = await api.get("/api/v1/firmware", { params: { name: image } });
    const { items } = (await found.json()) as { items: { id: string }[] };
    const data = { name: `Of ${prefix}`, firmware: items[0]?.id, filter: { q: prefix } };
    const made = await api.post("/api/v1/firmware-campaigns", { data });
    const { id } = (await made.json()) as { id: string };
    await page.goto(`/firmware/campaigns/${id}`);
    await expect(page.getByRole("heading", { level: 1, name: `Of ${prefix}` })).toBeVisible();
    await expect(page.getByRole("link", { name: "Go on with the draft" })).toHaveCount(0);
    await expectAccessible(page);
    await page.goto("/firmware/new");
    await expect(page.getByText("charger:firmware:install")).toBeVisible();
    await page.goto("/firmware");
    await expect(page.getByRole("link", { name: "New campaign" })).toHaveCount(0);
  });
});
