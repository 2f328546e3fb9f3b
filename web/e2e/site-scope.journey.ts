// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Somebody who looks after one site of many chooses it once, at the top. */
import { randomBytes } from "node:crypto";

import type { APIRequestContext, Locator, Page } from "@playwright/test";

import { newChargingCharger, newIdentity, type ChargingCharger } from "./support/charger.ts";
import { expectNoPicker, expectSite, go, openMenu, openPicker, picker } from "./support/menu.ts";
import { newPerson, sessionOf, type Person } from "./support/people.ts";
import type { Server } from "./support/server.ts";
import { asNobody, expect, expectAccessible, pressOption, test } from "./support/test.ts";

test.use({ signedInAs: "nobody" }); // a choice of the administrator's would hold for other tests too

async function made(api: APIRequestContext, path: string, data: object): Promise<string> {
  const answer = await api.post(`/api/v1/${path}`, { data });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

interface Place {
  name: string;
  id: string;
  /** Inside it. */
  hall: string;
}

async function newPlace(api: APIRequestContext): Promise<Place> {
  const name = `Garage ${randomBytes(3).toString("hex")}`;
  const id = await made(api, "sites", { name, city: "Aachen", latitude: 72, longitude: 120 });
  return { name, id, hall: await made(api, "sites", { name: `${name}, hall`, parent_id: id }) };
}

async function move(api: APIRequestContext, charger: string, site: string): Promise<void> {
  expect((await api.patch(`/api/v1/chargers/${charger}`, { data: { site_id: site } })).status()).toBe(200);
}

async function signIn(page: Page, server: Server, { username, password }: Person): Promise<void> {
  await page.context().addCookies((await sessionOf(server, username, password)).cookies);
}

function chip(page: Page): Locator {
  return page.getByRole("button", { name: "Remove filter Site" });
}

async function choose(page: Page, name: string): Promise<void> {
  await openPicker(page);
  await page.getByRole("combobox", { name: "Find a site" }).fill(name);
  await pressOption(page.getByRole("option", { name }).first());
  await expectSite(page, `Site: ${name}`);
}

/** The sites that the address says, whatever the screen calls them. */
function sitesOf(page: Page): string {
  const { searchParams } = new URL(page.url());
  return searchParams.get("site_id") ?? searchParams.get("site") ?? "";
}

test.describe("with a session at the site", () => {
  let charging: ChargingCharger;

  test.beforeEach(async ({ api, server }) => {
    charging = await newChargingCharger(server, api, "Accepted");
  });

  test.afterEach(() => charging.close());

  test("a site is chosen by keys, and every screen that knows sites shows it alone", async ({ page, api, server }) => {
    const { name, id, hall } = await newPlace(api);
    await move(api, charging.id, hall);
    const idle = await made(api, "chargers", { id: newIdentity(), security_profile: 0, site_id: id });
    await signIn(page, server, await newPerson(api, "operator"));
    await page.goto("/");
    const isInDrawer = await openMenu(page);
    await expect(picker(page)).toHaveAccessibleName("Site: All sites");
    await picker(page).focus();
    await page.keyboard.press("Enter");
    const search = page.getByRole("combobox", { name: "Find a site" });
    await expect(search).toBeFocused();
    await expect(page.getByRole("option", { name: "All sites" })).toHaveAttribute("aria-selected", "true");
    await expectAccessible(page);
    await page.keyboard.type(name);
    await expect(page.getByRole("option")).toHaveCount(2);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    if (!isInDrawer) await expect(picker(page)).toBeFocused();
    await expectSite(page, `Site: ${name}`);
    await expect(page.getByRole("region", { name: "Online", exact: true })).toContainText("1 of 2 chargers");
    await expect(chip(page)).toBeVisible();
    await expectAccessible(page);

    // a figure leads to the list of the same site
    await page.getByRole("link", { name: "In use: 1" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Sessions" })).toBeVisible();
    await expect(page.getByRole("main").getByText(charging.id).first()).toBeVisible();
    expect(sitesOf(page)).toContain(id);
    await expect(chip(page)).toBeVisible();
    for (const place of ["Map", "Sessions", "Reservations", "Alerts", "Reports", "Overview", "Chargers"]) {
      await go(page, place);
      await expect.poll(() => sitesOf(page), place).toContain(id);
      await expectSite(page, `Site: ${name}`);
      if (place !== "Reports") await expect(chip(page), place).toBeVisible();
      else await expect(page.getByRole("button", { name: /Site/ }).last()).toContainText(name);
    }
    await expect(page.getByRole("link", { name: charging.id })).toBeVisible();
    await expect(page.getByRole("link", { name: idle })).toBeVisible();
    await expect(page.getByRole("link", { name: "DEMO-001" })).toHaveCount(0);
    await expectAccessible(page);
    await page.getByRole("link", { name: "Never connected" }).click();
    await expect(page.getByRole("link", { name: charging.id })).toHaveCount(0);
    await expect(chip(page)).toBeVisible();
  });
});

test("taken away it stays away until one comes again; all sites are one press", async ({ page, api, server }) => {
  const { name, id } = await newPlace(api);
  await signIn(page, server, await newPerson(api, "operator"));
  await page.goto("/chargers");
  await choose(page, name);
  await expect(page.getByText("No charger matches")).toBeVisible();
  await chip(page).click();
  await expect(page.getByRole("link", { name: "DEMO-001" })).toBeVisible();
  await expectSite(page, `Site: ${name}, not here`);
  await page.getByRole("link", { name: "DEMO-001" }).click();
  await expect(page.getByRole("tab", { name: "Configuration" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("link", { name: "DEMO-001" })).toBeVisible();
  expect(sitesOf(page)).toBe("");
  await openPicker(page);
  await expect(page.getByText("What you see now is of all sites.")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: `Show only ${name}` }).click();
  await expect(chip(page)).toBeVisible();
  // what an address says holds
  await page.goto("/chargers?vendor=Nobody");
  await expect(page.getByText("No charger matches")).toBeVisible();
  expect(sitesOf(page)).toBe("");
  await go(page, "Sites");
  await openPicker(page);
  await expect(page.getByText("This screen cannot be narrowed to a site.")).toBeVisible();
  await pressOption(page.getByRole("option", { name: "All sites" }));
  await expectSite(page, "Site: All sites");
  await go(page, "Chargers");
  await expect(page.getByRole("link", { name: "DEMO-001" })).toBeVisible();
  expect(page.url()).not.toContain(id);
});

test("it is the same in another browser, and all sites once it is gone", async ({
  page,
  api,
  server,
  watch,
  browser,
}) => {
  const { name, id, hall } = await newPlace(api);
  const person = await newPerson(api, "operator");
  await signIn(page, server, person);
  await page.goto("/sessions");
  const kept = page.waitForResponse((answer) => answer.url().endsWith("/me/preferences") && answer.ok());
  await choose(page, name);
  await kept;
  await expect
    .poll(async () => {
      const mine = await page.request.get("/api/v1/me/preferences");
      return ((await mine.json()) as { scope: { site_id: string } | null }).scope?.site_id;
    })
    .toBe(id);
  const storageState = await sessionOf(server, person.username, person.password);
  const context = await browser.newContext({ baseURL: server.url, storageState });
  const other = await context.newPage();
  await other.goto("/chargers");
  await expectSite(other, `Site: ${name}`);
  await expect(chip(other)).toBeVisible();
  await context.close();
  for (const each of [hall, id]) expect((await api.delete(`/api/v1/sites/${each}`)).status()).toBe(204);
  watch.allow({ status: 404, path: `/api/v1/sites/${id}` }, { status: 404, path: "/api/v1/overview" });
  await page.goto("/");
  await expect(page.getByText("The site that you had chosen is gone: you see all sites")).toBeVisible();
  await expectSite(page, "Site: All sites");
  await expect(chip(page)).toHaveCount(0);
});

test("Ctrl K shows only a site, and all of them again", async ({ page, api, server }) => {
  const { name, id } = await newPlace(api);
  await signIn(page, server, await newPerson(api, "operator"));
  await page.goto("/alerts");
  await expect(page.getByRole("heading", { level: 1, name: "Alerts" })).toBeVisible();
  await page.keyboard.press("Control+k");
  const words = page.getByRole("dialog").getByRole("textbox");
  await words.fill(name);
  await expect(page.getByRole("menuitem", { name: `Show only ${name}`, exact: true })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("menuitem", { name: `Show only ${name}`, exact: true }).click();
  await expect(chip(page)).toBeVisible();
  expect(sitesOf(page)).toContain(id);
  await page.keyboard.press("Control+k");
  await words.fill("all sites");
  await expect(page.getByRole("menuitem")).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(chip(page)).toHaveCount(0);
});

test("a list finds sites beyond those that it offers", async ({ page, api, server }) => {
  const { name, id } = await newPlace(api);
  await signIn(page, server, await newPerson(api, "operator"));
  await page.goto("/reservations");
  await page.getByRole("button", { name: "Add filter" }).click();
  await page.getByRole("menuitem", { name: "Site" }).click();
  const editor = page.getByRole("dialog", { name: "Site" });
  const search = editor.getByRole("searchbox", { name: "Find" });
  await search.or(editor.getByRole("checkbox").first()).first().waitFor();
  if ((await search.count()) > 0) {
    await search.fill("nothing is called this");
    await expect(editor.getByText("Nothing found")).toBeVisible();
    await search.fill(name);
  }
  await editor.getByText(name, { exact: true }).click();
  await expectAccessible(page);
  await editor.getByRole("button", { name: "Apply" }).click();
  await expect(chip(page)).toBeVisible();
  await expect(page.getByRole("group", { name: "Filters" })).toContainText(name);
  expect(sitesOf(page)).toContain(id);
  // a filter of a list is of this list only
  await expectSite(page, "Site: All sites");
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("it is in the menu", async ({ page, api, server }) => {
    const { name } = await newPlace(api);
    await signIn(page, server, await newPerson(api, "operator"));
    await page.goto("/");
    await expect(picker(page)).toBeHidden();
    await page.getByRole("button", { name: "Open the menu" }).click();
    const menu = page.getByRole("dialog", { name: "Main menu" });
    await menu.getByRole("button", { name: "Site: All sites" }).click();
    await page.getByRole("combobox", { name: "Find a site" }).fill(name);
    await expect(page.getByRole("option", { name }).first()).toBeVisible();
    await expectAccessible(page);
    await pressOption(page.getByRole("option", { name }).first());
    await expect(menu).toHaveCount(0);
    await expect(chip(page)).toBeVisible();
    await expectAccessible(page);
  });
});

test("from right to left", async ({ page, api, server }) => {
  const { name } = await newPlace(api);
  await signIn(page, server, await newPerson(api, "operator"));
  await page.goto("/");
  const answer = await page.request.patch("/api/v1/me/preferences", {
    data: { locale: "ar" },
    headers: { Origin: server.url },
  });
  expect(answer.status()).toBe(200);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const isInDrawer = await openMenu(page, "افتح القائمة");
  await page.getByRole("button", { name: "كل المواقع" }).filter({ visible: true }).click();
  await page.getByRole("combobox").fill(name);
  await expect(page.getByRole("option", { name }).first()).toBeVisible();
  await expectAccessible(page);
  await pressOption(page.getByRole("option", { name }).first());
  if (isInDrawer) await openMenu(page, "افتح القائمة");
  await expect(page.getByRole("button", { name }).filter({ visible: true }).first()).toBeVisible();
  await expectAccessible(page);
});

test("whoever sees one site only, or may not read sites, has no choice to make", async ({ page, api, server }) => {
  const { hall } = await newPlace(api);
  const person = await newPerson(api, "none");
  const given = { assignments: [{ role: "technician", site_id: hall }] };
  expect((await api.patch(`/api/v1/users/${person.id}`, { data: given })).status()).toBe(200);
  await signIn(page, server, person);
  await page.goto("/chargers");
  await expect(page.getByText("No chargers yet")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Alerts|^No open/ }).first()).toBeVisible();
  await expectNoPicker(page);
  const key = `blind-${randomBytes(3).toString("hex")}`;
  const permissions = ["charger:charger:read"];
  expect((await api.post("/api/v1/roles", { data: { key, name: "Blind", permissions } })).status()).toBe(201);
  await asNobody(page);
  await signIn(page, server, await newPerson(api, key));
  await page.goto("/chargers");
  await expect(page.getByRole("link", { name: "DEMO-001" })).toBeVisible();
  await expectNoPicker(page);
});
