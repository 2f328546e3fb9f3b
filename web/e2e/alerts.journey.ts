// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { Page } from "@playwright/test";

import { raise } from "./support/alerts.ts";
import { newLostCharger } from "./support/charger.ts";
import { follow } from "./support/menu.ts";
import { expect, expectAccessible as accessible, pressOption, test } from "./support/test.ts";

/** A button that was busy is named to screen readers for some seconds, also once it is gone with its dialog. */
async function expectAccessible(page: Page): Promise<void> {
  await expect(page.locator("[data-live-announcer] [role=img]")).toHaveCount(0, { timeout: 20_000 });
  await accessible(page);
}

test("thirty alerts of one outage are acknowledged in three clicks", { tag: "@core" }, async ({ page, api }) => {
  test.setTimeout(240_000);
  const { group } = await raise(api, 30, { group_over: 10, group_within_s: 600 });
  expect(group.outage).toBe(group.id);
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const more = await follow(page, "Alerts");
  let clicks = 1 + more;
  await expect(page.getByRole("heading", { level: 1, name: "Alerts" })).toBeVisible();
  await expectAccessible(page);
  await page.locator(`a[href="/alerts/groups/${group.id}"]`).first().click();
  clicks += 1;
  await expect(page.getByText("30 alerts").first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
  clicks += 1;
  await expect(page.getByText("30 alerts acknowledged")).toBeVisible();
  expect(clicks).toBe(3 + more);
  const answer = await api.get("/api/v1/alerts", { params: { group: group.id, status: "open" } });
  expect(((await answer.json()) as { items: unknown[] }).items).toEqual([]);
  await expect(page.getByRole("button", { name: "Acknowledge", exact: true })).toHaveCount(0);
});

test("an alert is given to somebody, put off, discussed, resolved and opened again", async ({ page, api }) => {
  test.setTimeout(240_000);
  const { name } = await raise(api, 1, {});
  await page.goto(`/alerts?view=list&q=${encodeURIComponent(name)}`);
  await page
    .getByRole("link", { name: /Charger offline/ })
    .first()
    .click();
  await expect(page.getByRole("heading", { level: 1, name: /Charger offline/ })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Assign …" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Assign: Charger offline");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Assign", exact: true }).click();
  await expect(page.getByText("1 alert given to admin")).toBeVisible();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Snooze …" }).click();
  await expect(dialog).toContainText("Snooze: Charger offline");
  await expectAccessible(page);
  await dialog.getByText("Four hours").click();
  await dialog.getByRole("button", { name: "Snooze", exact: true }).click();
  await expect(page.getByText(/1 alert snoozed until/)).toBeVisible();
  await page.getByRole("textbox", { name: "Comment" }).fill("The fuse is on its way.");
  await page.getByRole("button", { name: "Add comment" }).click();
  const history = page.getByRole("list", { name: "History" });
  await expect(history).toContainText("The fuse is on its way.");
  await expect(history).toContainText("Assigned: admin");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Resolve …" }).click();
  const question = page.getByRole("alertdialog", { name: /^Resolve/ });
  await expect(question).toContainText("Charger offline");
  await expectAccessible(page);
  await question.getByRole("button", { name: "Resolve", exact: true }).click();
  await expect(page.getByText("1 alert resolved")).toBeVisible();
  await page.getByRole("button", { name: "Open again" }).click();
  await expect(page.getByText("The alert is open again")).toBeVisible();
});

test("several that are chosen are acknowledged together", async ({ page, api }) => {
  test.setTimeout(240_000);
  const { name } = await raise(api, 3, {});
  await page.goto(`/alerts?view=list&q=${encodeURIComponent(name)}`);
  await expect(page.getByText("3 alerts", { exact: true })).toBeVisible();
  const boxes = page.getByRole("checkbox", { name: /OUT-/ });
  await expect(boxes).toHaveCount(3); // the rows come after their number
  for (const at of [0, 1]) {
    await boxes.nth(at).click();
    await expect(boxes.nth(at)).toBeChecked();
  }
  const bar = page.getByRole("region", { name: "Selection" });
  await bar.getByRole("button", { name: "Acknowledge" }).click();
  await expect(page.getByText("2 alerts acknowledged")).toBeVisible();
  await expect(page.getByText("1 alert", { exact: true })).toBeVisible();
});

test("the bell says what is open, and leads there", async ({ page, api, server }) => {
  test.setTimeout(240_000);
  await newLostCharger(server, api);
  await raise(api, 2, {});
  await page.goto("/sites");
  await page.getByRole("button", { name: /^Alerts: \d+ open cause/ }).click();
  const panel = page.getByRole("dialog", { name: /^Alerts:/ });
  await expect(panel.getByRole("link", { name: /Charger offline/ }).first()).toBeVisible();
  await expectAccessible(page);
  await panel.getByRole("link", { name: "All alerts" }).click();
  await expect(page).toHaveURL(/\/alerts$/);
});

test("a rule is made, tested, changed and deleted", async ({ page }) => {
  const name = `Clock ${randomBytes(3).toString("hex")}`;
  await page.goto("/alerts/rules");
  await expect(page.getByRole("heading", { level: 1, name: "Rules and channels" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Add rule" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await dialog.getByRole("button", { name: /Cause/ }).click();
  await pressOption(page.getByRole("option", { name: "Wrong clock" }));
  await dialog.getByRole("textbox", { name: /By more than/ }).fill("90");
  await dialog.getByText("Quiet hours", { exact: true }).click();
  await expect(dialog.getByRole("group", { name: "Quiet hours" })).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(`${name} is saved`)).toBeVisible();
  await page.getByRole("searchbox").fill(name);
  await expect(page).toHaveURL(/q=/);
  const choose = async (action: RegExp) => {
    await page.getByRole("button", { name: new RegExp(`Actions for ${name}`) }).click();
    await page.getByRole("menuitem", { name: action }).click();
  };
  await choose(/^Test/);
  await expect(dialog).toContainText("It finds");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Close" }).click();
  await choose(/^Edit/);
  await expect(dialog.getByRole("textbox", { name: /By more than/ })).toHaveValue("90");
  await dialog.getByRole("textbox", { name: /By more than/ }).fill("300");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await choose(/^Delete/);
  await page.getByRole("button", { name: "Delete rule" }).click();
  await expect(page.getByText(`${name} is deleted`)).toBeVisible();
});

test("a channel to a program shows its secret once", async ({ page, api }) => {
  const name = `Pager ${randomBytes(3).toString("hex")}`;
  await page.goto("/alerts/rules?tab=channels");
  await page.getByRole("button", { name: "Add channel" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await dialog.getByText("Program", { exact: true }).click();
  await dialog.getByRole("textbox", { name: "Address of the program" }).fill("https://example.com/hook");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText(/^whsec_/)).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "I have kept it" }).click();
  const answer = await api.get("/api/v1/notification-channels", { params: { name } });
  const [made] = ((await answer.json()) as { items: { id: string }[] }).items;
  await page.goto("/alerts/rules?tab=messages");
  await expect(page.getByRole("tab", { name: "Messages", selected: true })).toBeVisible();
  await expectAccessible(page);
  await api.delete(`/api/v1/notification-channels/${made?.id}`);
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("reads alerts, and handles none", async ({ page, api }) => {
    test.setTimeout(240_000);
    const { group } = await raise(api, 2, {});
    await page.goto("/alerts");
    await page.locator(`a[href="/alerts/groups/${group.id}"]`).first().click();
    await expect(page.getByText("2 alerts").first()).toBeVisible();
    await expectAccessible(page);
    await expect(page.getByRole("button", { name: "Acknowledge" })).toHaveCount(0);
    await expect(page.getByRole("checkbox")).toHaveCount(0);
  });
});
