// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import type { APIRequestContext, Page } from "@playwright/test";

import { expect, expectAccessible, pressOption, test } from "./support/test.ts";

/** After this, what was read is read again. */
const STALE_MS = 10_500;

interface Session {
  id: string;
  charger_id: string;
  id_tag: string;
}

const DAY_MS = 86_400_000;

/** One that goes on now; the demo always has some. */
async function running(api: APIRequestContext): Promise<Session> {
  let found: Session | undefined;
  await expect(async () => {
    const answer = await api.get("/api/v1/transactions?status=active&limit=1");
    found = ((await answer.json()) as { items: Session[] }).items[0];
    expect(found).toBeDefined();
  }).toPass({ timeout: 60_000 });
  return found as Session;
}

async function newTag(api: APIRequestContext, group?: string): Promise<{ id: string; value: string }> {
  const value = `E2E${Date.now().toString(36)}${Math.round(Math.random() * 1e6).toString(36)}`.toUpperCase();
  const made = await api.post("/api/v1/tokens", { data: { value, group } });
  expect(made.status(), await made.text()).toBe(201);
  return (await made.json()) as { id: string; value: string };
}

function cell(page: Page, name: string) {
  return page.getByRole("link", { name }).first();
}

test.describe("sessions", () => {
  test("tabs are addresses, and a search is kept in the address", async ({ page, api }) => {
    await running(api);
    await page.goto("/sessions?tab=active");
    await expect(page).toHaveTitle(/Sessions/);
    await expect(page.getByRole("tab", { name: "Active" })).toHaveAttribute("aria-selected", "true");
    await expectAccessible(page);
    await page.getByRole("searchbox").fill("NO-SUCH-CHARGER");
    await expect(page).toHaveURL(/q=NO-SUCH-CHARGER/);
    await expect(page.getByText("No session matches")).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Clear filters" }).click();
    await expect(page).not.toHaveURL(/q=/);
    await page.getByRole("tab", { name: "Finished" }).click();
    await expect(page).toHaveURL(/tab=finished/);
  });

  test("a charger is asked to stop, says what it answers, and the session ends", async ({ page, api }) => {
    const { id } = await running(api);
    await page.goto(`/sessions/${id}`);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Close the record" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Ask to stop" }).click();
    await expect(page.getByRole("dialog")).toContainText(/Accepted|The session has ended/, { timeout: 30_000 });
    await expect
      .poll(async () => ((await (await api.get(`/api/v1/transactions/${id}`)).json()) as { status: string }).status, {
        timeout: 60_000,
      })
      .toBe("completed");
  });

  test.describe("as a viewer", () => {
    test.use({ signedInAs: "viewer" });

    test("nothing can be stopped", async ({ page, api }) => {
      await running(api);
      await page.goto("/sessions?tab=active");
      await expect(page.getByRole("gridcell").or(page.getByRole("article")).first()).toBeVisible();
      await expect(page.getByRole("button", { name: /^Stop/ })).toHaveCount(0);
    });
  });
});

test.describe("tags", () => {
  test("a tag is added, edited, blocked in four clicks, and deleted", async ({ page, api }) => {
    const { value } = await newTag(api);
    await page.goto("/tags");
    await page.getByRole("searchbox").fill(value);
    await expect(page.getByText("1 tag", { exact: true })).toBeVisible();
    await cell(page, value).click();
    await expect(page.getByRole("heading", { level: 1, name: value })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Block", exact: true }).click();
    const dialog = page.getByRole("alertdialog");
    await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Block", exact: true }).click();
    await expect(dialog.getByRole("img", { name: "Done" })).toBeVisible();
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("button", { name: "Unblock" })).toBeVisible();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await expect(page).toHaveURL(/\/tags$/);
  });

  test("who was slower sees both versions", async ({ page, api, watch }) => {
    watch.allow({ status: 412, path: "/api/v1/tokens/" });
    const { id, value } = await newTag(api);
    await page.goto(`/tags/${id}`);
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("textbox", { name: "Note" }).fill("mine");
    await api.patch(`/api/v1/tokens/${id}`, { data: { note: "theirs" } });
    // read again meanwhile, as whoever comes back to the window has it: what is typed stands on what was read before
    await page.waitForTimeout(STALE_MS);
    const read = page.waitForResponse((answer) => answer.url().endsWith(`/api/v1/tokens/${id}`));
    await page.evaluate(() => dispatchEvent(new Event("visibilitychange")));
    expect(((await (await read).json()) as { note: string }).note).toBe("theirs");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Somebody else has changed this meanwhile")).toBeVisible();
    await expect(page.getByRole("cell", { name: "theirs" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Save mine" }).click();
    await expect(page.getByText(`${value} is saved`)).toBeVisible();
  });

  test("many are changed by one filter, and how far it is can be seen", async ({ page, api }) => {
    const group = `G${Date.now().toString(36)}`;
    await newTag(api, group);
    await newTag(api, group);
    await page.goto(`/tags?group=${group}`);
    await page.getByRole("checkbox", { name: "Select all rows that are loaded" }).click();
    await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Block", exact: true }).click();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Block 2 tags" }).click();
    await expect(page.getByText("2 changed")).toBeVisible({ timeout: 30_000 });
    await page.getByRole("button", { name: "Done" }).click();
    const rows = page.getByRole("grid", { name: "Tags" }).or(page.getByRole("list", { name: "Tags" }));
    await expect(rows.getByText("Blocked")).toHaveCount(2);
  });

  test("a table is tried, then taken over", async ({ page }) => {
    const value = `CSV${Date.now().toString(36)}`.toUpperCase();
    await page.goto("/tags/import");
    await expectAccessible(page);
    const file = {
      name: "tags.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(`value,note\n${value},from a table\n,nobody\n`),
    };
    await page.locator("input[type=file]").setInputFiles(file);
    await page.getByRole("button", { name: "Check the file" }).click();
    await expect(page.getByText("1 would be new")).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText("1 row has errors")).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Import 1 row" }).click();
    await expect(page.getByText("1 is new")).toBeVisible({ timeout: 30_000 });
    await page.goto(`/tags?q=${value}`);
    await expect(cell(page, value)).toBeVisible();
  });
});

test.describe("drivers", () => {
  test("a driver is added, given a tag, handed their data, and erased", async ({ page, api }) => {
    const name = `Journey ${Date.now().toString(36)}`;
    const { value } = await newTag(api);
    await page.goto("/drivers");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Add driver" }).first().click();
    await page.getByRole("textbox", { name: "Name" }).fill(name);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await expect(page.getByText(`${name} is added`)).toBeVisible();
    await page.getByRole("searchbox").fill(name);
    await cell(page, name).click();
    await page.getByRole("button", { name: "Give a tag" }).click();
    await page.getByRole("combobox", { name: "Tag" }).fill(value);
    await pressOption(page.getByRole("option", { name: value }));
    await page.getByRole("dialog").getByRole("button", { name: "Give a tag" }).click();
    await expect(page.getByRole("link", { name: value })).toBeVisible();
    await page.getByRole("button", { name: "Put together" }).click();
    await expect(page.getByText("Ready")).toBeVisible({ timeout: 30_000 });
    await expectAccessible(page);
    await page.getByRole("button", { name: /^Erase/ }).click();
    const erase = page.getByRole("button", { name: "Erase for ever" });
    await expect(erase).toBeDisabled();
    await page.getByRole("alertdialog").getByRole("textbox").fill(name);
    await erase.click();
    await expect(page).toHaveURL(/\/drivers$/);
  });
});

test.describe("reservations", () => {
  test("a place is kept, stands in the week, and is given up", async ({ page, api }) => {
    const { value } = await newTag(api);
    let kept: { charger_id: string; reservation_id: number } | undefined;
    await expect(async () => {
      const list = (await (await api.get("/api/v1/chargers?online=true&limit=20&fields=id")).json()) as {
        items: { id: string }[];
      };
      for (const { id } of list.items) {
        const body = { type: "reserve_now", token: value, expires_at: new Date(Date.now() + DAY_MS).toISOString() };
        await api.post(`/api/v1/chargers/${id}/commands?wait=10`, { data: body });
        const found = await api.get(`/api/v1/reservations?token=${value}`);
        [kept] = ((await found.json()) as { items: { charger_id: string; reservation_id: number }[] }).items;
        if (kept) return;
      }
      expect(kept).toBeDefined();
    }).toPass({ timeout: 120_000 });
    await page.goto(`/reservations?view=week&token=${value}`);
    const entry = page.getByRole("button", { name: `${value} Reserved` }).first(); // not the filter of that name
    await expect(entry).toBeVisible();
    await expectAccessible(page);
    await entry.click();
    await page.getByRole("menuitem", { name: "Cancel reservation" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Cancel reservation" }).click();
    await expect(page.getByText(/is free again/)).toBeVisible({ timeout: 30_000 });
  });

  test("what speaks against it is said before the charger is asked", async ({ page }) => {
    await page.goto("/reservations");
    await page.getByRole("button", { name: "Reserve", exact: true }).first().click();
    await expectAccessible(page);
    await expect(page.getByRole("dialog").getByRole("button", { name: "Reserve", exact: true })).toBeDisabled();
  });
});
