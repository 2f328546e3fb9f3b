// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/**
 * A picture of every screen, in light and dark, for the documentation.
 * `CSMS_MEDIA_SCREENS=reports,alerts` takes only those anew.
 */
import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { promisify } from "node:util";

import type { Page } from "@playwright/test";

import { expect, settled, test } from "../support/test.ts";
import { SCREENS } from "./screens.ts";
import { makeWorld, type World } from "./world.ts";

const run = promisify(execFile);
const OUT = new URL("../../../docs/assets/screens/", import.meta.url).pathname;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const WANTED = process.env.CSMS_MEDIA_SCREENS?.split(",");

function filled(path: string, world: World): string {
  return path.replace(/\{(\w+)\}/g, (_, name: keyof World) => encodeURIComponent(world[name]));
}

async function shoot(page: Page, name: string): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await settled(page);
  await page.waitForTimeout(600); // charts and maps draw on canvases, which say nothing when they are done
  const raw = `${OUT}${name}.png`;
  await page.screenshot({ path: raw });
  await run("ffmpeg", [
    "-y",
    "-loglevel",
    "error",
    "-i",
    raw,
    "-c:v",
    "libwebp",
    "-quality",
    "82",
    `${OUT}${name}.webp`,
  ]);
  await rm(raw);
}

test("a picture of every screen", async ({ page, api, server }) => {
  test.setTimeout(2_700_000);
  await mkdir(OUT, { recursive: true });
  const world = await makeWorld(api, server);
  const screens = SCREENS.filter(({ name }) => WANTED?.includes(name) ?? true);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const { name, path, isOnPhone } of screens) {
      await page.setViewportSize(DESKTOP);
      await page.goto(filled(path, world));
      await shoot(page, `${name}-${colorScheme}`);
      if (!isOnPhone) continue;
      await page.setViewportSize(PHONE);
      await shoot(page, `${name}-phone-${colorScheme}`);
    }
  }
});
