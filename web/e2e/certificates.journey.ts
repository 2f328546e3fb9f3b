// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import type { APIRequestContext, Page } from "@playwright/test";

import { expect, expectAccessible, pressOption, test } from "./support/test.ts";

const TRY_MS = 60_000;

interface Certificate {
  id: string;
  charger_id: string;
  status: string;
  in_use: boolean;
}

/** A simulated charger that has a certificate: it is told to ask for one. */
async function certified(api: APIRequestContext, charger: string): Promise<Certificate> {
  const asked = await api.post(`/api/v1/chargers/${charger}/commands`, {
    data: { type: "trigger_message", message: "sign_charging_station_certificate" },
  });
  expect(asked.ok(), await asked.text()).toBe(true);
  let found: Certificate | undefined;
  await expect
    .poll(
      async () => {
        const answer = await api.get(`/api/v1/certificates?charger_id=${charger}&in_use=true`);
        found = ((await answer.json()) as { items: Certificate[] }).items[0];
        return found?.in_use;
      },
      { timeout: TRY_MS },
    )
    .toBe(true);
  if (!found) throw new Error(`${charger} has no certificate`);
  return found;
}

async function open(page: Page, charger: string, action: string): Promise<void> {
  await page
    .getByRole("button", { name: `Actions for ${charger}` })
    .first()
    .click();
  await page.getByRole("menuitem", { name: action }).click();
}

test("what ends when is counted, narrowed to, shown and downloaded", async ({ page, api }) => {
  await certified(api, "DEMO-003");
  await page.goto("/certificates");
  await expect(page.getByRole("region", { name: "When certificates end" })).toBeVisible();
  await expect(page.getByText("DEMO-003").first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("region", { name: "When certificates end" }).getByRole("link", { name: "Later" }).click();
  await expect(page).toHaveURL(/ends=later/);
  await expect(page.getByText("DEMO-003").first()).toBeVisible();
  await page.getByRole("region", { name: "When certificates end" }).getByRole("link", { name: "Ended" }).click();
  await expect(page.getByText("No certificate fits")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Show all" }).click();
  await open(page, "DEMO-003", "Show");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("-----BEGIN CERTIFICATE-----").first()).toBeVisible();
  await expect(dialog.getByText("PRIVATE KEY")).toHaveCount(0);
  await expectAccessible(page);
  const file = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Download PEM" }).click();
  expect((await file).suggestedFilename()).toMatch(/^DEMO-003-.*\.pem$/);
  await page.keyboard.press("Escape");
  const authority = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download its certificate" }).click();
  expect((await authority).suggestedFilename()).toBe("chargers-ca.pem");
});

test("a certificate is renewed, and the old one revoked", async ({ page, api }) => {
  const first = await certified(api, "DEMO-004");
  await page.goto("/certificates?charger_id=DEMO-004");
  await open(page, "DEMO-004", "Renew");
  await expect(page.getByRole("dialog").or(page.getByRole("alertdialog"))).toContainText("DEMO-004");
  await page.getByRole("button", { name: "Renew", exact: true }).click();
  await expect(page.getByText("DEMO-004 is asked for a new request")).toBeVisible();
  await expect
    .poll(
      async () => {
        const answer = await api.get(`/api/v1/certificates/${first.id}`);
        return ((await answer.json()) as Certificate).in_use;
      },
      { timeout: TRY_MS },
    )
    .toBe(false);
  await page.goto("/certificates?charger_id=DEMO-004&used=false");
  await open(page, "DEMO-004", "Revoke");
  await expect(page.getByRole("alertdialog")).toContainText("nobody is let in");
  await expectAccessible(page);
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("The certificate of DEMO-004 is revoked")).toBeVisible();
  await expect(page.getByText("Revoked").first()).toBeVisible();
});

test("a root is brought to a charger, and a private key is not", async ({ page, api }) => {
  const authority = await api.get("/api/v1/certificates/authority");
  const { certificate } = (await authority.json()) as { certificate: string };
  await page.goto("/certificates");
  await page.getByRole("button", { name: "Install a root …" }).click();
  const dialog = page.getByRole("dialog");
  const field = dialog.getByRole("textbox", { name: "Certificate (PEM)" });
  await field.fill(`${certificate}\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`);
  await expect(dialog.getByText("There is a private key in it")).toBeVisible();
  await field.fill(certificate);
  await expect(dialog.getByText("Certificates in it: 1")).toBeVisible();
  const chargers = dialog.getByRole("combobox", { name: "Chargers" });
  await chargers.click(); // as a finger does; a field that is scrolled to while its list is open closes that
  await chargers.fill("DEMO-005");
  await pressOption(page.getByRole("option", { name: /DEMO-005/ }));
  await page.keyboard.press("Tab"); // the list stays open for more
  await expect(page.getByRole("listbox")).toHaveCount(0);
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Install", exact: true }).click();
  await expect(page.getByText("The certificate is being installed")).toBeVisible();
});

test.describe("a viewer", () => {
  test.use({ signedInAs: "viewer" });

  test("reads certificates, and does nothing with them", async ({ page, api }) => {
    await certified(api, "DEMO-006");
    await page.goto("/certificates?charger_id=DEMO-006");
    await page.getByRole("button", { name: "Actions for DEMO-006" }).first().click();
    await expect(page.getByRole("menuitem", { name: "Download PEM" })).toBeVisible();
    await expect(page.getByRole("menuitem", { name: "Revoke" })).toHaveCount(0);
    await expect(page.getByRole("menuitem", { name: "Renew" })).toHaveCount(0);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("button", { name: "Install a root …" })).toHaveCount(0);
    await expectAccessible(page);
  });
});
