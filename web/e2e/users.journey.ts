// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { Page } from "@playwright/test";

import { follow } from "./support/menu.ts";
import { newPassword, newPerson } from "./support/people.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

/** What was pressed is gone; until what reads aloud forgets it, it names something that is not there. */
async function expectAccessibleThen(page: Page): Promise<void> {
  await expect(page.locator("[data-live-announcer] [role=img]")).toHaveCount(0);
  await expectAccessible(page);
}

function newName(what: string): string {
  return `${what}-${randomBytes(3).toString("hex")}`;
}

/** Typing is not counted, nor what it needs: pressing Enter or Tab. */
async function countClicks(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = window as Window & { clicks?: number };
    counted.clicks = 0;
    document.addEventListener(
      "pointerdown",
      () => {
        counted.clicks = (counted.clicks ?? 0) + 1;
      },
      true,
    );
  });
  return () => page.evaluate(() => (window as Window & { clicks?: number }).clicks ?? 0);
}

test("a new technician for two sites, in five clicks", { tag: "@core" }, async ({ page, api }) => {
  const sites: string[] = [];
  for (const what of ["north", "south"]) {
    const name = newName(what);
    await api.post("/api/v1/sites", { data: { name } });
    sites.push(name);
  }
  const email = `${newName("tess")}@example.com`;
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const clicks = await countClicks(page);
  const more = await follow(page, "Users");
  await page.getByRole("button", { name: "Invite user" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "E-mail" }).fill(email);
  await dialog.getByText("Technician", { exact: true }).click();
  const places = dialog.getByRole("combobox", { name: "Only at these sites and groups" });
  await places.click();
  for (const site of sites) {
    await page.keyboard.type(site);
    await expect(page.getByRole("option").first()).toHaveText(site);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(dialog.locator("li", { hasText: site })).toBeVisible();
  }
  await page.keyboard.press("Escape");
  await dialog.getByRole("button", { name: "Send invitation" }).click();
  await expect(dialog.getByText(`${email} is invited`)).toBeVisible();
  expect(await clicks()).toBe(5 + more);
  await expectAccessibleThen(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  const made = await api.get(`/api/v1/users?username=${encodeURIComponent(email)}`);
  const { items } = (await made.json()) as { items: { role: string; assignments: { role: string }[] }[] };
  expect(items[0]?.role).toBe("none");
  expect(items[0]?.assignments.map(({ role }) => role)).toEqual(["technician", "technician"]);
});

test("a user is changed, signed out, suspended, brought back and retired", async ({ page, api }) => {
  const person = await newPerson(api, "support");
  await api.post("/api/v1/auth/login", { data: { username: person.username, password: person.password } });
  await page.goto(`/users?q=${person.username}`);
  await expect(page.getByRole("heading", { level: 1, name: "Users" })).toBeVisible();
  await expect(page.getByText(person.username).first()).toBeVisible();
  await expectAccessibleThen(page);
  await page.goto(`/users/${person.id}`);
  await expect(page.getByRole("heading", { level: 1, name: person.username })).toBeVisible();
  await expect(page.getByRole("button", { name: /^End the session/ })).toHaveCount(1);
  await expectAccessibleThen(page);
  await page.getByRole("button", { name: /^End the session/ }).click();
  await expect(page.getByText("Signed in nowhere")).toBeVisible();
  await page.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name", exact: true }).fill("Sam Support");
  await expectAccessibleThen(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Sam Support" })).toBeVisible();
  const more = async (action: string) => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: action }).click();
  };
  for (const [action, done] of [
    ["Sign out everywhere", "is signed out everywhere"],
    ["Suspend", "is suspended"],
    ["Reactivate", "is active again"],
    ["Retire", "is retired"],
  ] as const) {
    await more(action);
    const question = page.getByRole("alertdialog").filter({ hasText: "Cancel" }); // what was done is told in one, too
    await expect(question).toContainText("Sam Support");
    await question.getByRole("button", { name: action, exact: true }).click();
    await expect(page.getByText(`Sam Support ${done}`)).toBeVisible();
  }
  await expect(page.getByText("Erase personal data")).toBeVisible();
  await page.getByRole("tab", { name: "Activity" }).click();
  await expect(page.getByRole("table", { name: "Activity" })).toBeVisible();
  await expectAccessibleThen(page);
});

test("where no mail goes out, the link is handed on", async ({ page, api }) => {
  const username = newName("ivy");
  const made = await api.post("/api/v1/users", { data: { username, role: "viewer" } });
  const { id } = (await made.json()) as { id: string };
  await page.goto(`/users/${id}`);
  await expect(page.getByText("Invited, not accepted yet")).toBeVisible();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Invite again" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = await dialog.getByRole("group", { name: "Link of the invitation" }).locator("code").textContent();
  expect(link).toContain("/invitation#");
  await expectAccessibleThen(page);
  const accepted = await api.post("/api/v1/auth/accept-invitation", {
    data: { token: link?.split("#")[1], password: newPassword() },
  });
  expect(accepted.status()).toBe(200);
});

test("a role is cloned, changed, looked at as its bearers do, and deleted", async ({ page }) => {
  const name = newName("Night shift");
  await page.goto("/roles");
  await expect(page.getByRole("link", { name: "Technician" })).toBeVisible();
  await expectAccessibleThen(page);
  await page.getByRole("link", { name: "Viewer" }).click();
  await expect(page.getByRole("table", { name: "Operate" })).toBeVisible();
  await expectAccessibleThen(page);
  await page.getByRole("button", { name: "Clone" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await expectAccessibleThen(page);
  await dialog.getByRole("button", { name: "Add role" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByText(/^\s*Chargers: Reset/).click();
  await expectAccessibleThen(page);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(`${name} is saved`)).toBeVisible();
  await page.getByRole("button", { name: "Preview as this role" }).click();
  await expect(page.getByText(`You see the app as ${name} would`)).toBeVisible();
  await expect(page.getByRole("link", { name: "Users", exact: true })).toHaveCount(0);
  await expectAccessibleThen(page);
  await page.getByRole("button", { name: "Stop the preview" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(page.getByText("You see the app as")).toHaveCount(0);
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText(`${name} is deleted`)).toBeVisible();
});

test("while a role is previewed, files and the live stream are that role's as well", async ({ page, api }) => {
  const key = newName("few").toLowerCase();
  const permissions = [
    "charger:charger:read",
    "charger:message:read",
    "data:list:export",
    "site:site:read",
    "system:event:read",
  ];
  const made = await api.post("/api/v1/roles", { data: { key, name: `Few ${key}`, permissions } });
  expect(made.status(), await made.text()).toBe(201);
  const roleOf = (headers: Record<string, string>) => headers["csms-preview-role"];
  const streams: (string | undefined)[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/v1/events") streams.push(roleOf(request.headers()));
  });
  await page.goto(`/roles/${key}`);
  await expect.poll(() => streams).toEqual([undefined]);
  await page.getByRole("button", { name: "Preview as this role" }).click();
  await expect(page.getByText("You see the app as")).toBeVisible();
  await expect.poll(() => streams).toEqual([undefined, key]);
  const file = async (press: () => Promise<void>): Promise<string | undefined> => {
    const asked = page.waitForRequest((request) => /format=/.test(request.url()));
    const saved = page.waitForEvent("download");
    await press();
    expect((await saved).suggestedFilename()).toMatch(/\.(?:csv|ndjson|jsonl)$/);
    return roleOf((await asked).headers());
  };
  await follow(page, "Sites");
  const ofSites = await file(async () => {
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByRole("menuitem", { name: /CSV/ }).click();
  });
  expect(ofSites).toBe(key);
  await follow(page, "Chargers");
  await page.getByRole("checkbox", { name: "Select Bay 1" }).click();
  const ofChargers = await file(async () => {
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByRole("menuitem", { name: /CSV/ }).click();
  });
  expect(ofChargers).toBe(key);
  await page.getByRole("button", { name: "Stop the preview" }).click();
  await expect(page.getByText("You see the app as")).toHaveCount(0);
  await expect.poll(() => streams).toEqual([undefined, key, undefined]);
  await page.goto("about:blank"); // nothing asks for the role any more
  await api.delete(`/api/v1/roles/${key}`);
});

test("a key is made, shown once, rotated and revoked", async ({ page, server, request }) => {
  const name = newName("Reporting");
  await page.goto("/api-keys");
  await page.getByRole("button", { name: "Create key" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await dialog.getByText(/^\s*Chargers: Read/).click();
  await expectAccessibleThen(page);
  await dialog.getByRole("button", { name: "Create key" }).click();
  const key = (await dialog.getByRole("group", { name: "Key" }).locator("code").textContent()) ?? "";
  await expectAccessibleThen(page);
  await dialog.getByRole("button", { name: "I have kept it" }).click();
  const headers = { "X-API-Key": key };
  expect((await request.get(`${server.url}/api/v1/chargers`, { headers })).status()).toBe(200);
  await page.getByRole("searchbox").fill(name);
  await expect(page).toHaveURL(/q=/);
  await page
    .getByRole("button", { name: /^Actions for/ })
    .first()
    .click();
  await page.getByRole("menuitem", { name: "Open key" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expectAccessibleThen(page);
  await page.getByRole("button", { name: "Rotate" }).click();
  await dialog.getByRole("textbox", { name: "Hours that the old key still works" }).fill("0");
  await dialog.getByRole("button", { name: "Rotate" }).click();
  await dialog.getByRole("button", { name: "I have kept it" }).click();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText(`${name} is revoked`)).toBeVisible();
  expect((await request.get(`${server.url}/api/v1/chargers`, { headers })).status()).toBe(401);
});

test("Ctrl K invites somebody", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("invite");
  await page.getByRole("menuitem", { name: "Invite user" }).click();
  await expect(page.getByRole("dialog", { name: "Invite somebody" })).toBeVisible();
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("sees no users, roles, keys", async ({ page }) => {
    for (const [path, permission] of [
      ["/users", "account:user:read"],
      ["/roles", "account:role:read"],
      ["/api-keys", "account:api_key:read"],
    ] as const) {
      await page.goto(path);
      await expect(page.getByText(permission)).toBeVisible();
    }
    await expectAccessibleThen(page);
    await expect(page.getByRole("link", { name: "Users", exact: true })).toHaveCount(0);
  });
});
