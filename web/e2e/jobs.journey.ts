// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { APIRequestContext } from "@playwright/test";

import { expect, expectAccessible, test } from "./support/test.ts";

const DONE_MS = 60_000;

/** Some that are not there, and so cannot be reached. */
async function newChargers(api: APIRequestContext, count: number): Promise<string[]> {
  const prefix = `J-${randomBytes(4).toString("hex").toUpperCase()}`;
  const ids = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
  for (const id of ids) {
    const made = await api.post("/api/v1/chargers", { data: { id } });
    expect(made.status(), await made.text()).toBe(201);
  }
  return ids;
}

test("a command to many is followed from the message to each charger, and tried again", async ({ page, api }) => {
  test.setTimeout(180_000);
  const [first = "", second = ""] = await newChargers(api, 2);
  await page.goto(`/chargers?q=${first.slice(0, -2)}`);
  await expect(page.getByText(second, { exact: true }).first()).toBeVisible();
  await page.getByRole("checkbox", { name: first }).click();
  await page.getByRole("checkbox", { name: second }).click();
  await page.getByRole("button", { name: "Reset", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Reset" }).click();
  await page.getByRole("link", { name: "Follow it" }).click();
  await expect(page).toHaveURL(/\/jobs\/[0-9a-f-]+$/);
  await expect(page.getByRole("heading", { level: 1, name: "Reset" })).toBeVisible();
  await expect(page.getByText("Not reachable: 2")).toBeVisible({ timeout: DONE_MS });
  await expect(page.getByText("Done").first()).toBeVisible({ timeout: DONE_MS });
  await expect(page.getByRole("link", { name: first })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Retry failed (2)" }).click();
  await expect(page.getByRole("alertdialog")).toContainText("Reset");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("Times tried again")).toBeVisible();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("menuitem", { name: /CSV/ }).click();
  expect((await download).suggestedFilename()).toMatch(/\.csv$/);
  await page
    .getByRole("navigation", { name: /breadcrumb|path|where/i })
    .getByRole("link", { name: "Jobs" })
    .click();
  await expect(page.getByText("Reset").first()).toBeVisible();
  await expectAccessible(page);
});

test("the rest of a command that waits is cancelled", async ({ page, api }) => {
  const ids = await newChargers(api, 3);
  const data = { filter: { id: ids }, command: { type: "clear_cache" }, queue_s: 3_600, at_once: 1 };
  const made = await api.post("/api/v1/bulk-commands", { data });
  const { id } = (await made.json()) as { id: string };
  await page.goto(`/jobs/${id}`);
  await expect(page.getByText("Waiting: 2")).toBeVisible({ timeout: DONE_MS });
  await page.getByRole("button", { name: "Cancel the rest" }).click();
  await expect(page.getByRole("alertdialog")).toContainText("2");
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel the rest" }).click();
  await expect(page.getByText("Cancelled").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Cancel the rest" })).toHaveCount(0);
});

test("each kind of job has its list, empty or not", async ({ page, api }) => {
  const ids = await newChargers(api, 2);
  const data = { ids, change: { heartbeat_interval_s: 900 } };
  const made = await api.post("/api/v1/bulk/charger-changes", { data });
  const { id } = (await made.json()) as { id: string };
  for (const name of ["Changes to chargers", "Changes to tags", "Imports", "In the background", "Commands"]) {
    await page.goto("/jobs");
    await page.getByRole("tab", { name, exact: true }).click();
    await expect(page.getByRole("tab", { name, exact: true, selected: true })).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    await expectAccessible(page);
  }
  await page.goto(`/jobs/${id}?of=chargers`);
  await expect(page.getByText("Changed: 2")).toBeVisible({ timeout: DONE_MS });
  await expectAccessible(page);
  await page.goto("/jobs?status=cancelled&actor=nobody-is-called-this");
  await expect(page.getByText("No job matches")).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(page).toHaveURL(/\/jobs$/);
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("reads jobs, and decides on none", async ({ page, api }) => {
    const ids = await newChargers(api, 1);
    const made = await api.post("/api/v1/bulk-commands", {
      data: { filter: { id: ids }, command: { type: "clear_cache" } },
    });
    const { id } = (await made.json()) as { id: string };
    await page.goto(`/jobs/${id}`);
    await expect(page.getByText("Not reachable: 1")).toBeVisible({ timeout: DONE_MS });
    await expect(page.getByRole("button", { name: /Retry|Cancel/ })).toHaveCount(0);
    await expectAccessible(page);
  });
});
