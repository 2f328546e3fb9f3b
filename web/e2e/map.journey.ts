// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { APIRequestContext, Page } from "@playwright/test";

import { expect, expectAccessible, test } from "./support/test.ts";

interface Made {
  name: string;
  id: string;
  chargers: string[];
}

const made: Made[] = [];

/** A site with chargers that never connected; each test has its own place, for they run beside each other. */
async function newSite(api: APIRequestContext, latitude: number, longitude: number, count: number): Promise<Made> {
  const tag = randomBytes(3).toString("hex");
  const name = `Map ${tag}`;
  const answer = await api.post("/api/v1/sites", { data: { name, latitude, longitude } });
  expect(answer.status()).toBe(201);
  const { id } = (await answer.json()) as { id: string };
  const chargers = Array.from({ length: count }, (_, index) => `MAP-${tag}-${index + 1}`);
  for (const each of chargers) {
    expect(
      (await api.post("/api/v1/chargers", { data: { id: each, site_id: id, security_profile: 0 } })).status(),
    ).toBe(201);
  }
  const site = { name, id, chargers };
  made.push(site);
  return site;
}

test.afterEach(async ({ api }) => {
  for (const { id, chargers } of made.splice(0)) {
    for (const each of chargers) await api.delete(`/api/v1/chargers/${each}?purge=true`);
    await api.delete(`/api/v1/sites/${id}`);
  }
});

/** Colours of the canvas, as far as it was drawn: with nothing on it there is one. */
async function coloursOf(page: Page): Promise<number> {
  const canvas = page.locator(".maplibregl-canvas");
  await expect(canvas).toBeVisible();
  const picture = (await canvas.screenshot()).toString("base64");
  return page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const drawn = document.createElement("canvas");
    [drawn.width, drawn.height] = [image.width, image.height];
    const context = drawn.getContext("2d");
    context?.drawImage(image, 0, 0);
    const data = context?.getImageData(0, 0, image.width, image.height).data ?? new Uint8ClampedArray();
    const found = new Set<number>();
    for (let at = 0; at < data.length; at += 4) {
      found.add(((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0));
    }
    return found.size;
  }, picture);
}

function list(page: Page) {
  return page.getByRole("region", { name: "What the map shows" });
}

/** In the middle of the map. */
async function pressMiddle(page: Page): Promise<void> {
  const box = await page.locator(".maplibregl-canvas").boundingBox();
  if (!box) throw new Error("there is no map");
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
}

test("a cluster is opened, a site pressed, a charger found", async ({ page, api }) => {
  const [one, other] = [await newSite(api, -45, -120, 2), await newSite(api, -45, -119, 1)];
  await page.goto("/map?at=-45,-119.5,3");
  await expect(page.getByRole("heading", { level: 1, name: "Map" })).toBeVisible();
  await expect(list(page).getByRole("status")).toHaveText("2 sites in view · 3 chargers");
  await expect(list(page).getByRole("button", { name: one.name })).toContainText("2 × Offline");
  await expect.poll(() => coloursOf(page)).toBeGreaterThan(20);
  await expectAccessible(page);
  // both are one sign there, as soon as it is drawn
  await expect(async () => {
    await pressMiddle(page);
    await expect(page).not.toHaveURL(/%2C3\.00/, { timeout: 5_000 });
  }).toPass();
  const zoom = /at=[^&]*?([\d.]+)(?:&|$)/.exec(decodeURIComponent(page.url()))?.[1];
  expect(Number(zoom)).toBeGreaterThan(4);
  await page.goto("/map?at=-45,-120,12");
  await expect(list(page).getByRole("status")).toHaveText("1 site in view · 2 chargers");
  await expect(list(page).getByRole("button", { name: other.name })).toHaveCount(0);
  const site = list(page).getByRole("button", { name: one.name });
  await expect(async () => {
    await pressMiddle(page);
    await expect(site).toHaveAttribute("aria-expanded", "true", { timeout: 5_000 });
  }).toPass();
  await expect(page).toHaveURL(new RegExp(`site=${one.id}`));
  await expectAccessible(page);
  await list(page).getByRole("link", { name: one.chargers[0] }).click();
  await expect(page).toHaveURL(new RegExp(`/chargers/${one.chargers[0]}`));
  await page.goBack();
  await expect(site).toHaveAttribute("aria-expanded", "true"); // as it was left
});

test("the list does all that the map does, by keys alone", async ({ page, api }) => {
  const [far, near] = [await newSite(api, -55, 60, 1), await newSite(api, -40, 80, 1)];
  await page.goto(`/map?q=${far.name.slice(4)}`);
  // chargers are looked for, not sites: the identity has the same letters
  await expect(list(page).getByRole("status")).toHaveText("1 site in view · 1 charger");
  await page.goto("/map?at=-40,80,10");
  await expect(list(page).getByRole("button", { name: near.name })).toBeVisible();
  await page.getByRole("button", { name: "Zoom out" }).focus();
  for (let press = 0; press < 9; press++) await page.keyboard.press("Enter");
  const site = list(page).getByRole("button", { name: far.name });
  await expect(site).toBeVisible();
  await site.focus();
  await page.keyboard.press("Enter");
  await expect(list(page).getByRole("link", { name: far.chargers[0] })).toBeVisible();
  await list(page).getByRole("button", { name: "Show on the map" }).focus();
  await page.keyboard.press("Enter");
  await expect(list(page).getByRole("status")).toHaveText("1 site in view · 1 charger");
});

test("the filters are those of the list, both ways", async ({ page, api }) => {
  const { name, chargers } = await newSite(api, -50, -20, 1);
  await page.goto("/map?at=-50,-20,8");
  await expect(list(page).getByRole("button", { name })).toBeVisible();
  await page.getByRole("radio", { name: "Faulted" }).click();
  await expect(page).toHaveURL(/view=faulted/);
  await expect(list(page).getByRole("button", { name })).toHaveCount(0);
  await page.getByRole("radio", { name: "Never connected" }).click();
  await expect(list(page).getByRole("button", { name })).toBeVisible();
  await page.getByRole("button", { name: "Filters and search" }).click();
  await page.getByRole("searchbox").fill(chargers[0] ?? "");
  await expect(page).toHaveURL(new RegExp(`q=${chargers[0]}`));
  await expect(list(page).getByRole("status")).toHaveText("1 site in view · 1 charger");
  await page.getByRole("link", { name: "Show as a list" }).click();
  await expect(page).toHaveURL(/\/chargers\?.*view=never/);
  await expect(
    page
      .getByRole("main")
      .getByText(chargers[0] ?? "", { exact: true })
      .first(),
  ).toBeVisible();
  await page.getByRole("link", { name: "Show on the map" }).click();
  await expect(page).toHaveURL(/\/map\?.*view=never/);
  await expect(list(page).getByRole("button", { name })).toBeVisible();
});

test("what changes is seen without loading anew", async ({ page, api, server }) => {
  const { name, chargers } = await newSite(api, -30, 100, 1);
  await page.goto("/map?at=-30,100,8");
  const site = list(page).getByRole("button", { name });
  await expect(site).toContainText("1 × Offline");
  const socket = new WebSocket(`${server.ocppUrl}/${chargers[0]}`, ["ocpp1.6"]);
  await expect(site).toContainText("1 × Unavailable"); // it has not said yet how it is
  socket.close();
  await expect(site).toContainText("1 × Offline");
});

test("without WebGL there is the list", async ({ page, api }) => {
  const { name } = await newSite(api, 0, -30, 1);
  await page.addInitScript(() => {
    Reflect.deleteProperty(globalThis, "WebGL2RenderingContext");
    const given = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, "getContext")?.value as (
      ...words: unknown[]
    ) => unknown;
    HTMLCanvasElement.prototype.getContext = function getContext(this: HTMLCanvasElement, ...words: unknown[]) {
      return String(words[0]).startsWith("webgl") ? null : Reflect.apply(given, this, words);
    } as typeof HTMLCanvasElement.prototype.getContext;
  });
  await page.goto("/map");
  await expect(page.getByText("This browser cannot draw the map")).toBeVisible();
  await expect(list(page).getByRole("button", { name })).toBeVisible();
  await expectAccessible(page);
});

test("a fault of the map is told as one, and there is the list", async ({ page, api, watch }) => {
  const { name } = await newSite(api, -10, -30, 1);
  await page.addInitScript(() => {
    const given = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, "getContext")?.value as (
      ...words: unknown[]
    ) => unknown;
    HTMLCanvasElement.prototype.getContext = function getContext(this: HTMLCanvasElement, ...words: unknown[]) {
      if (String(words[0]).startsWith("webgl")) throw new Error("broken on purpose");
      return Reflect.apply(given, this, words);
    } as typeof HTMLCanvasElement.prototype.getContext;
  });
  await page.goto("/map");
  await expect(page.getByText("The map could not be drawn")).toBeVisible();
  await expect(list(page).getByRole("button", { name })).toBeVisible();
  await expectAccessible(page);
  expect(watch.faults.splice(0).join()).toContain("broken on purpose");
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer", permissions: ["geolocation"], geolocation: { latitude: 20, longitude: -170 } });

  test("is shown where they are", async ({ page, api }) => {
    const { name } = await newSite(api, 19.99, -170, 1);
    await page.goto("/map?at=50,10,5");
    await page.getByRole("button", { name: "Show where I am" }).click();
    await expect(list(page).getByRole("status")).toHaveText("1 site in view · 1 charger");
    await expect(list(page).getByRole("button", { name })).toBeVisible();
  });
});
