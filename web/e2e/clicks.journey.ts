// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How many clicks the jobs of a bad morning take, from the overview; and how many steps by the command palette. */
import type { APIRequestContext, Page } from "@playwright/test";

import { knock, newChargingCharger, newIdentity, newLostCharger } from "./support/charger.ts";
import { Clicks } from "./support/clicks.ts";
import { follow } from "./support/menu.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

const IMPORT_MS = 60_000;

async function overview(page: Page): Promise<Clicks> {
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Needs attention" })).toBeVisible();
  return Clicks.from(page);
}

/** Ctrl K, some words, and Enter at what they found first. */
async function palette(page: Page, words: string, found: string): Promise<0> {
  await page.keyboard.press("Control+k");
  await page
    .getByRole("searchbox")
    .or(page.getByRole("textbox", { name: "Search and go" }))
    .last()
    .fill(words);
  const first = page.getByRole("menuitem").first();
  await expect(first).toContainText(found);
  await expect(first).toHaveAttribute("data-focused", "true");
  await page.keyboard.press("Enter");
  return 0;
}

async function newTag(api: APIRequestContext): Promise<string> {
  const value = newIdentity().replace("T-", "E2E");
  const made = await api.post("/api/v1/tokens", { data: { value } });
  expect(made.status(), await made.text()).toBe(201);
  return value;
}

async function chooseTable(page: Page, ids: readonly string[]): Promise<void> {
  const asked = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a file" }).click();
  const buffer = Buffer.from(["identity,name", ...ids.map((id) => `${id},Bay ${id}`)].join("\n"));
  await (await asked).setFiles({ name: "chargers.csv", mimeType: "text/csv", buffer });
}

function fifty(): string[] {
  const stem = newIdentity();
  return Array.from({ length: 50 }, (_, index) => `${stem}-${index + 1}`);
}

async function expectVerdict(page: Page, id: string): Promise<void> {
  await expect(page).toHaveURL(new RegExp(`/chargers/${id}$`));
  await expect(
    page
      .getByRole("region", { name: "How this charger is" })
      .getByText(/offline/i)
      .first(),
  ).toBeVisible();
}

test("why a charger is offline: 1 click, or 2 keys", { tag: "@core" }, async ({ page, api, server }) => {
  const id = await newLostCharger(server, api);
  let clicks = await overview(page);
  await page.getByRole("region", { name: "Needs attention" }).getByRole("link", { name: id, exact: true }).click();
  await expectVerdict(page, id);
  await clicks.expectTaken(1);
  await expectAccessible(page);

  clicks = await overview(page);
  await palette(page, id, id);
  await expectVerdict(page, id);
  await clicks.expectTaken(2);
});

test(
  "a session that nobody can account for is stopped: 3 clicks, or 4 steps",
  { tag: "@core" },
  async ({ page, api, server }) => {
    for (const [way, steps] of [
      [() => follow(page, "Sessions"), 3],
      [() => palette(page, "sessions", "Sessions"), 4],
    ] as const) {
      const charger = await newChargingCharger(server, api, "Accepted");
      const clicks = await overview(page);
      const more = await way();
      await expect(page.getByRole("tab", { name: /Needs attention/ })).toHaveAttribute("aria-selected", "true");
      await page.getByRole("button", { name: `Stop the session at ${charger.id}` }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Ask to stop" }).click();
      await expect(page.getByRole("dialog").getByText("The session has ended")).toBeVisible();
      await clicks.expectTaken(steps + more);
      await charger.close();
    }
  },
);

test(
  "where the charger refuses to stop, its record is closed: 2 clicks more at most",
  { tag: "@core" },
  async ({ page, api, server }) => {
    const charger = await newChargingCharger(server, api, "Rejected");
    const clicks = await overview(page);
    const more = await follow(page, "Sessions");
    await page.getByRole("button", { name: `Stop the session at ${charger.id}` }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByText("Not possible yet: the charger is connected.")).toBeVisible();
    await dialog.getByRole("button", { name: "Ask to stop" }).click();
    await expect(dialog.getByText("It can be closed: the charger refused to stop.")).toBeVisible();
    await expectAccessible(page);
    await dialog.getByRole("textbox", { name: "Reason" }).fill("Nobody is there");
    await dialog.getByRole("button", { name: "Close the record" }).click();
    await expect(dialog.getByText("The session has ended")).toBeVisible();
    expect(await clicks.taken()).toBeLessThanOrEqual(5 + more);
    await charger.close();
  },
);

test("fifty chargers come in from a table: 5 clicks, or 4 steps", { tag: "@core" }, async ({ page }) => {
  for (const [way, steps] of [
    [
      async () => {
        const more = await follow(page, "Chargers");
        await page.getByRole("button", { name: "Add chargers" }).click();
        await page.getByRole("menuitem", { name: "Import a list" }).click();
        return more;
      },
      5,
    ],
    [() => palette(page, "import ch", "Import chargers"), 4],
  ] as const) {
    const clicks = await overview(page);
    const more = await way();
    await chooseTable(page, fifty());
    await page.getByRole("button", { name: "Import 50 chargers" }).click({ timeout: IMPORT_MS });
    await expect(page.getByText("50 created")).toBeVisible({ timeout: IMPORT_MS });
    await clicks.expectTaken(steps + more);
  }
});

test("chargers that knocked are let in: 4 clicks", { tag: "@core" }, async ({ page, api, server }) => {
  const stem = newIdentity();
  const ids = Array.from({ length: 5 }, (_, index) => `${stem}-${index + 1}`);
  await knock(server, ids);
  const clicks = await overview(page);
  const more = await follow(page, "Chargers");
  await page.getByRole("link", { name: /Pending approval/ }).click();
  await page.getByRole("searchbox", { name: "Search chargers" }).fill(stem);
  await expect(page).toHaveURL(new RegExp(`q=${stem}`));
  await expect(page.getByRole("checkbox", { name: /^Select T-/ })).toHaveCount(ids.length);
  await page.getByRole("checkbox", { name: "Select all rows that are loaded" }).click();
  await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Approve" }).click();
  await expect(page.getByText("5 chargers were approved")).toBeVisible();
  await clicks.expectTaken(4 + more);
  expect((await api.get(`/api/v1/chargers/${ids[0]}`)).status()).toBe(200);
});

test("a tag is revoked: 4 clicks, or 3 steps", { tag: "@core" }, async ({ page, api }) => {
  const [lost, stolen] = [await newTag(api), await newTag(api)];
  const dialog = page.getByRole("alertdialog");
  let clicks = await overview(page);
  const more = await follow(page, "Tags");
  await page.getByRole("searchbox").fill(lost);
  await expect(page.getByText("1 tag", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: lost }).first().click();
  await page.getByRole("button", { name: "Block", exact: true }).click();
  await dialog.getByRole("button", { name: "Block", exact: true }).click();
  await expect(dialog.getByRole("img", { name: "Done" })).toBeVisible();
  await clicks.expectTaken(4 + more);

  clicks = await overview(page);
  await palette(page, `block ${stolen}`, `Block ${stolen}`);
  await expect(dialog).toContainText(stolen);
  await dialog.getByRole("button", { name: "Block", exact: true }).click();
  await expect(dialog.getByRole("img", { name: "Done" })).toBeVisible();
  await clicks.expectTaken(3);
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("button", { name: "Unblock" })).toBeVisible();
  await expect(page).not.toHaveURL(/ask=/);
});
