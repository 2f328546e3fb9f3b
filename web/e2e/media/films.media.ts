// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Films of the commonest jobs, for the documentation; docs/app/films.md shows them under these names. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";

import type { APIRequestContext, Page } from "@playwright/test";

import { newChargingCharger, newLostCharger } from "../support/charger.ts";
import { expect, test } from "../support/test.ts";
import { film, type Film } from "./film.ts";

const run = promisify(execFile);
const OUT = new URL("../../../docs/assets/films/", import.meta.url).pathname;
const LONG_MS = 60_000;
const FLEET = 24;

test.use({ viewport: { width: 1280, height: 800 } });
test.beforeAll(async () => {
  await mkdir(OUT, { recursive: true });
});

async function shoot(page: Page, name: string, act: (film: Film) => Promise<void>): Promise<void> {
  const to = `${OUT}${name}.webm`;
  await film(page, to, "/", act);
  // the picture that stands there before it is played
  const still = ["-sseof", "-1.5", "-i", to, "-frames:v", "1", "-c:v", "libwebp", "-quality", "80"];
  await run("ffmpeg", ["-y", "-loglevel", "error", ...still, `${OUT}${name}.webp`]);
}

const menu = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Main menu" }).getByRole("link", { name, exact: true });

test("why is this charger offline", async ({ page, api, server }) => {
  const id = await newLostCharger(server, api);
  await shoot(page, "why-offline", async ({ press, look }) => {
    const row = page.getByRole("region", { name: "Needs attention" }).getByRole("link", { name: id, exact: true });
    await expect(row).toBeVisible({ timeout: LONG_MS });
    await press(row);
    await expect(page.getByRole("region", { name: "How this charger is" })).toBeVisible();
    await look(3_000);
    await page.mouse.wheel(0, 400);
    await look(3_000);
  });
});

test("stop a session that hangs", async ({ page, api, server }) => {
  const charger = await newChargingCharger(server, api, "Rejected");
  await shoot(page, "stop-session", async ({ press, type, look }) => {
    await press(menu(page, "Sessions"));
    await press(page.getByRole("button", { name: `Stop the session at ${charger.id}` }));
    const dialog = page.getByRole("dialog");
    await look(2_000);
    await press(dialog.getByRole("button", { name: "Ask to stop" }));
    await expect(dialog.getByText("It can be closed: the charger refused to stop.")).toBeVisible({ timeout: LONG_MS });
    await look(2_000);
    await type(dialog.getByRole("textbox", { name: "Reason" }), "Nobody is there, the cable is free");
    await press(dialog.getByRole("button", { name: "Close the record" }));
    await expect(dialog.getByText("The session has ended")).toBeVisible({ timeout: LONG_MS });
    await look(2_000);
  });
  await charger.close();
});

test("add fifty chargers", async ({ page }) => {
  const stem = `BAY-${Date.now().toString(36).toUpperCase()}`;
  const rows = Array.from({ length: 50 }, (_, index) => `${stem}-${index + 1},Bay ${index + 1}`);
  const buffer = Buffer.from(["identity,name", ...rows].join("\n"));
  await shoot(page, "add-chargers", async ({ press, look }) => {
    await press(menu(page, "Chargers"));
    await press(page.getByRole("button", { name: "Add chargers" }));
    await press(page.getByRole("menuitem", { name: "Import a list" }));
    const asked = page.waitForEvent("filechooser");
    await press(page.getByRole("button", { name: "Choose a file" }));
    await (await asked).setFiles({ name: "chargers.csv", mimeType: "text/csv", buffer });
    const start = page.getByRole("button", { name: "Import 50 chargers" });
    await expect(start).toBeVisible({ timeout: LONG_MS });
    await look(2_000);
    await press(start);
    await expect(page.getByText("50 created")).toBeVisible({ timeout: LONG_MS });
    await look(2_000);
  });
});

test("block a tag", async ({ page, api }) => {
  const running = await api.get("/api/v1/transactions?status=active&limit=1");
  const { items } = (await running.json()) as { items: { id_tag: string }[] };
  const tag = items[0]?.id_tag ?? "";
  expect(tag).not.toBe("");
  await shoot(page, "block-tag", async ({ press, type, look }) => {
    await press(menu(page, "Tags"));
    await type(page.getByRole("searchbox"), tag);
    await press(page.getByRole("link", { name: tag }).first());
    await press(page.getByRole("button", { name: "Block", exact: true }));
    const dialog = page.getByRole("alertdialog");
    await look(2_500);
    await press(dialog.getByRole("button", { name: "Block", exact: true }));
    await expect(dialog.getByRole("img", { name: "Done" }).first()).toBeVisible({ timeout: LONG_MS });
    await look(2_000);
  });
});

async function newFleet(api: APIRequestContext): Promise<string> {
  const prefix = `DEPOT-${Date.now().toString(36).toUpperCase()}`;
  for (let number = 1; number <= FLEET; number += 1) {
    const made = await api.post("/api/v1/chargers", { data: { id: `${prefix}-${String(number).padStart(2, "0")}` } });
    expect(made.status(), await made.text()).toBe(201);
  }
  return prefix;
}

test("update the firmware of a fleet", async ({ page, api }) => {
  const prefix = await newFleet(api);
  const image = `depot-${Date.now().toString(36)}.bin`;
  const made = await api.post("/api/v1/firmware", {
    params: { name: image, version: "3.1.0" },
    headers: { "Content-Type": "application/octet-stream" },
    data: Buffer.from("an image"),
  });
  expect(made.status(), await made.text()).toBe(201);
  await shoot(page, "update-firmware", async ({ press, type, look }) => {
    await press(menu(page, "Chargers"));
    await type(page.getByRole("searchbox", { name: "Search chargers" }), prefix);
    await expect(page.getByText(`${prefix}-01`).first()).toBeVisible();
    await press(page.getByRole("checkbox").nth(1));
    await press(page.getByRole("button", { name: /^Select all/ }));
    await press(page.getByRole("link", { name: "Update firmware" }));
    await press(page.getByText(image));
    await look(1_500);
    await press(page.getByRole("button", { name: "Review" }));
    await expect(page.getByText("What would happen now")).toBeVisible({ timeout: LONG_MS });
    await look(2_000);
    await type(page.getByRole("textbox", { name: `Type ${FLEET} to confirm` }), String(FLEET));
    await press(page.getByRole("button", { name: "Start" }));
    await expect(page.getByText("Wave 1").first()).toBeVisible({ timeout: LONG_MS });
    await look(2_500);
  });
});
