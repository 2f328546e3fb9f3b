// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Maps of one's own, and what is said when they cannot be had: one installation has one, so it is a server of their own. */
import type { Page } from "@playwright/test";

import { adminApi, sessionOf } from "./support/people.ts";
import { pictureArchive, vectorArchive, type Shape } from "./support/pmtiles.ts";
import { startServer, type RunningServer } from "./support/server.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

let own: RunningServer;

test.use({ signedInAs: "nobody" });
test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  test.setTimeout(660_000); // a database is made
  own = await startServer({ kind: "empty" });
});

test.afterAll(async () => {
  await own.stop();
});

test.beforeEach(async ({ page }) => {
  const { cookies } = await sessionOf(own, "admin", own.adminPassword);
  await page.context().addCookies(cookies);
});

const HERE = [-120, -45] as const; // far out in the Pacific, where the built-in map has sea

function around(kind: Shape["kind"], words: Shape["words"]): Shape {
  const [x, y] = HERE;
  const places = [
    [x - 9, y + 9],
    [x + 9, y + 9],
    [x + 9, y - 9],
    [x - 9, y - 9],
  ] as const;
  return { kind, places: kind === "Point" ? [HERE] : places, words };
}

async function setUp(style: string): Promise<void> {
  const api = await adminApi(own);
  const answer = await api.patch("/api/v1/settings/branding", { data: { map_style: style } });
  expect(answer.status(), await answer.text()).toBe(200);
  await api.dispose();
}

/** As the proxy in front serves it: in the pieces that are asked for. */
async function serve(page: Page, path: string, file: Buffer): Promise<string[]> {
  const asked: string[] = [];
  await page.route(`${own.url}${path}`, async (route) => {
    const range = route.request().headers().range ?? "";
    asked.push(range);
    const [, from = "0", to = ""] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    const body = file.subarray(Number(from), to === "" ? undefined : Number(to) + 1);
    const last = Number(from) + body.length - 1;
    await route.fulfill({
      status: 206,
      body,
      headers: { "content-range": `bytes ${from}-${last}/${file.length}`, etag: '"1"' },
    });
  });
  return asked;
}

/** Of the point in the middle of the map. */
async function colour(page: Page): Promise<string> {
  const picture = (await page.locator(".maplibregl-canvas").screenshot()).toString("base64");
  return page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const drawn = document.createElement("canvas");
    [drawn.width, drawn.height] = [image.width, image.height];
    const context = drawn.getContext("2d");
    context?.drawImage(image, 0, 0);
    const data = context?.getImageData(image.width >> 1, image.height >> 1, 1, 1).data ?? [];
    return `#${[...data]
      .slice(0, 3)
      .map((part) => part.toString(16).padStart(2, "0"))
      .join("")}`;
  }, picture);
}

async function token(page: Page, name: string): Promise<string> {
  return page.evaluate((of) => getComputedStyle(document.documentElement).getPropertyValue(of).trim(), `--map-${name}`);
}

test("a map in one file is drawn in the colours of the app, by day and by night", async ({ page }) => {
  await setUp("/maps/woods.pmtiles");
  const woods = vectorArchive({
    earth: [around("Polygon", { kind: "earth" })],
    landuse: [around("Polygon", { kind: "forest" })],
    places: [around("Point", { kind: "locality", kind_detail: "city", name: "Atlantis", "name:de": "Atlantis (de)" })],
  });
  const asked = await serve(page, "/maps/woods.pmtiles", woods);
  await page.goto(`${own.url}/map?at=-43,-117,4`);
  await expect(page.locator(".maplibregl-canvas")).toBeVisible();
  await expect.poll(() => colour(page)).toBe(await token(page, "green"));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.every((range) => range.startsWith("bytes="))).toBe(true);
  await expect(page.getByText("© Test")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Appearance and language" }).click();
  await page.getByText("Dark", { exact: true }).click();
  await page.keyboard.press("Escape");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect.poll(() => colour(page)).toBe(await token(page, "green"));
  await expectAccessible(page);
});

test("a file of pictures is drawn as it is", async ({ page }) => {
  await setUp("/maps/pictures.pmtiles");
  await serve(page, "/maps/pictures.pmtiles", pictureArchive(200, 30, 120));
  await page.goto(`${own.url}/map?at=-43,-117,4`);
  await expect.poll(() => colour(page)).toBe("#c81e78");
});

test("a map that cannot be had is not replaced without a word", async ({ page, watch }) => {
  watch.allow({ status: 404, path: "/maps/" });
  await setUp("/maps/nowhere.pmtiles");
  await page.goto(`${own.url}/map?at=-43,-117,4`);
  await expect(page.getByText("The map that is set up could not be loaded; this is the built-in one.")).toBeVisible();
  await expect.poll(() => colour(page)).toBe(await token(page, "sea"));
  await expectAccessible(page);
  await serve(page, "/maps/other.pmtiles", Buffer.from("this is no map at all, however many bytes it has".repeat(400)));
  await setUp("/maps/other.pmtiles");
  await page.reload();
  await expect(page.getByText("The map that is set up could not be loaded; this is the built-in one.")).toBeVisible();
  await expect.poll(() => colour(page)).toBe(await token(page, "sea"));
});
