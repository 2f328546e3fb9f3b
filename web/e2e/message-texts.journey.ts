// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import type { APIRequestContext, Locator, Page } from "@playwright/test";

import { newPerson, sessionOf } from "./support/people.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

const WORDS = "/api/v1/notification-templates";

// one organization has one text of a kind and language: each test has a language of its own
const CHANGED = { kind: "alert_raised", language: "nl" };
const DISPUTED = { kind: "alert_resolved", language: "es" };

/** A button that was busy is named to screen readers for some seconds, also once it is gone with its dialog. */
async function expectAccessibleThen(page: Page): Promise<void> {
  await expect(page.locator("[data-live-announcer] [role=img]")).toHaveCount(0);
  await expectAccessible(page);
}

async function forget(api: APIRequestContext, { kind, language }: typeof CHANGED): Promise<void> {
  const gone = await api.delete(`${WORDS}/${kind}`, { params: { language } });
  expect(gone.status()).toBe(204);
}

const row = (page: Page, kind: string, language: string): Locator =>
  page.getByRole("row").filter({ hasText: kind }).filter({ hasText: language });
const preview = (page: Page): Locator => page.getByRole("region", { name: "Preview" });
const subject = (page: Page): Locator => page.getByRole("textbox", { name: "Subject" });
const message = (page: Page): Locator => page.getByRole("textbox", { name: "Message" });

test("a text is written with its preview, and goes back to what was delivered", async ({ page, api, watch }) => {
  watch.allow({ status: 400, path: WORDS });
  await forget(api, CHANGED);
  await page.goto("/alerts/rules?tab=channels");
  await page.getByRole("tab", { name: "Texts" }).click();
  await expect(row(page, "Alert raised", "Dutch")).toContainText("As delivered");
  await expect(row(page, "Alert resolved", "Arabic")).toBeVisible();
  await expectAccessible(page);
  await row(page, "Alert raised", "Dutch").getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1, name: "Alert raised, Dutch" })).toBeVisible();
  await expect(preview(page)).toContainText("CP-0815 (Harbour, bay 3) is offline");
  await expect(page.getByRole("button", { name: "Back to the delivered text" })).toHaveCount(0);
  await expectAccessible(page);

  await subject(page).fill("Let op: ");
  await page.getByRole("button", { name: "Insert {{ severity }}" }).click();
  await expect(subject(page)).toHaveValue("Let op: {{ severity }}");
  await expect(subject(page)).toBeFocused();
  await expect(preview(page)).toContainText("Let op: critical");
  await expectAccessible(page);

  await test.step("what cannot be used is told at its field", async () => {
    await message(page).fill("{{ body }} {{ secret }}");
    await expect(page.getByText("there is no value 'secret'")).toBeVisible();
    await expect(message(page)).toHaveAttribute("aria-invalid", "true");
    await expect(preview(page)).toContainText("As soon as the text can be used");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("list", { name: "What is wrong" }).or(page.getByRole("alert")).first()).toBeVisible();
    await expectAccessibleThen(page);
    await message(page).fill("{{ body }}\n\nKijk op {{ url }}");
    await expect(preview(page)).toContainText("Kijk op https://csms.example.com/alerts/");
    await expect(message(page)).not.toHaveAttribute("aria-invalid", "true");
  });
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The text is saved")).toBeVisible();
  await expect(page.getByText("Changed", { exact: true })).toBeVisible();
  await expectAccessibleThen(page);
  const kept = await api.get(`${WORDS}/${CHANGED.kind}`, { params: { language: CHANGED.language } });
  expect(await kept.json()).toMatchObject({ own: true, subject: "Let op: {{ severity }}" });

  await page.goto("/alerts/rules?tab=texts");
  await expect(row(page, "Alert raised", "Dutch")).toContainText("Changed");
  await page.getByRole("button", { name: "Actions of Alert raised, Dutch" }).click();
  await page.getByRole("menuitem", { name: "Back to the delivered text" }).click();
  const question = page.getByRole("alertdialog");
  await expect(question).toContainText("Alert raised, Dutch");
  await expectAccessible(page);
  await question.getByRole("button", { name: "Back to the delivered text" }).click();
  await expect(page.getByText("The delivered text is back")).toBeVisible();
  await expect(row(page, "Alert raised", "Dutch")).toContainText("As delivered");
  const audit = await api.get("/api/v1/audit", { params: { subject_id: "alert_raised/nl", limit: 2 } });
  const lines = ((await audit.json()) as { items: { action: string }[] }).items.map(({ action }) => action);
  expect(lines).toEqual(["notification:template:delete", "notification:template:set"]);
});

test("two who write the same text see both versions", async ({ page, api, watch }) => {
  watch.allow({ status: 412, path: WORDS });
  const { kind, language } = DISPUTED;
  await forget(api, DISPUTED);
  await page.goto(`/alerts/texts/${kind}?language=${language}`);
  await subject(page).fill("Mine: {{ title }}");
  const theirs = await api.put(`${WORDS}/${kind}`, {
    params: { language },
    data: { subject: "Theirs: {{ title }}", text: "{{ body }}" },
  });
  expect(theirs.status()).toBe(200);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Somebody else has changed this meanwhile")).toBeVisible();
  await expect(page.getByRole("cell", { name: "Theirs: {{ title }}" })).toBeVisible();
  await expect(page.getByRole("cell", { name: "Mine: {{ title }}" })).toBeVisible();
  await expectAccessibleThen(page);
  await page.getByRole("button", { name: "Keep as it is now" }).click();
  await expect(subject(page)).toHaveValue("Theirs: {{ title }}");
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);

  await page.getByRole("button", { name: "Back to the delivered text" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Back to the delivered text" }).click();
  await expect(subject(page)).toHaveValue("{{ title }}");
  await expect(page.getByText("As delivered")).toBeVisible();
  await expectAccessibleThen(page);
});

test.describe("whoever only reads channels", () => {
  test.use({ signedInAs: "nobody" });

  test("reads texts, and changes none", async ({ page, api, server }) => {
    const key = `reads-channels-${Date.now()}`;
    const made = await api.post("/api/v1/roles", {
      data: { key, name: "Reads channels", permissions: ["notification:channel:read"] },
    });
    expect(made.status(), await made.text()).toBe(201);
    const person = await newPerson(api, key);
    await page.context().addCookies((await sessionOf(server, person.username, person.password)).cookies);
    await page.goto("/alerts/texts/alert_raised?language=fr");
    await expect(page.getByText("You may read texts, and change none.")).toBeVisible();
    await expect(preview(page)).toContainText("CP-0815");
    await expect(page.getByRole("button", { name: /Insert/ })).toHaveCount(0);
    await expectAccessible(page);
  });
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("sees no texts", async ({ page }) => {
    await page.goto("/alerts/texts/alert_raised");
    await expect(page.getByText("You have no permission to see this")).toBeVisible();
    await expectAccessible(page);
  });
});
