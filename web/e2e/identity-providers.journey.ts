// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

import type { Browser, Locator, Page } from "@playwright/test";

import { startIdentityProvider, type IdentityProvider } from "./support/idp.ts";
import { fromElsewhere } from "./support/people.ts";
import type { Server } from "./support/server.ts";
import { expect, expectAccessible, test } from "./support/test.ts";
import { Watch } from "./support/watch.ts";

/** A button that was busy is named to screen readers for some seconds, also once it is gone with its dialog. */
async function expectAccessibleThen(page: Page): Promise<void> {
  await expect(page.locator("[data-live-announcer] [role=img]")).toHaveCount(0);
  await expectAccessible(page);
}

interface Somebody {
  name: string;
  domain: string;
  claims: { sub: string; email: string; email_verified: boolean; groups: string[] };
}

function newSomebody(): Somebody {
  const mark = randomBytes(3).toString("hex");
  const domain = `company-${mark}.example`;
  return {
    name: `Company ${mark}`,
    domain,
    claims: { sub: mark, email: `ada@${domain}`, email_verified: true, groups: ["csms-viewers"] },
  };
}

/** Another person at another machine, who is not signed in. */
async function elsewhere(browser: Browser, { url }: Server, act: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({
    baseURL: url,
    extraHTTPHeaders: fromElsewhere(),
    storageState: { cookies: [], origins: [] },
  });
  const page = await context.newPage();
  const watch = new Watch();
  await watch.follow(page);
  await act(page);
  await watch.check(page);
  await context.close();
}

function row(page: Page, name: string): Locator {
  return page.getByRole("row").filter({ hasText: name });
}

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole("button", { name: `Actions of ${name}` }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

async function fill(dialog: Locator, { issuer, client, secret }: IdentityProvider, who: Somebody): Promise<void> {
  await dialog.getByRole("textbox", { name: "Name", exact: true }).fill(who.name);
  await dialog.getByRole("textbox", { name: "Issuer" }).fill(issuer);
  await dialog.getByRole("textbox", { name: "Client ID" }).fill(client);
  await dialog.getByRole("textbox", { name: "Client secret" }).fill(secret);
}

test("a provider is added and asked, people come by it, and it is changed, switched off and deleted", async ({
  page,
  browser,
  server,
  watch,
}) => {
  const who = newSomebody();
  const idp = await startIdentityProvider(who.claims);
  watch.allow({ status: 400, path: "/api/v1/identity-providers" });
  await page.goto("/identity-providers");
  await expect(page.getByRole("heading", { level: 1, name: "Single sign-on" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Add provider" }).first().click();
  const dialog = page.getByRole("dialog");
  await fill(dialog, idp, who);
  await expectAccessible(page);

  await test.step("what does not go together is refused in words", async () => {
    await dialog.getByRole("textbox", { name: "Value and role" }).fill("csms-viewers");
    await dialog.getByRole("button", { name: "Add provider" }).click();
    await expect(dialog.getByText("Write each line as: value = role")).toBeVisible();
    await expectAccessible(page);
    await dialog.getByRole("textbox", { name: "Value and role" }).fill("csms-viewers = viewer");
    await dialog.getByText("Make users of people who come for the first time").click();
    await dialog.getByRole("button", { name: "Add provider" }).click();
    await expect(dialog.getByRole("alert")).toContainText("domains");
    await expectAccessibleThen(page);
  });
  await dialog.getByRole("textbox", { name: "Domains" }).fill(who.domain);
  await dialog.getByRole("textbox", { name: "Claim with the roles" }).fill("groups");
  await dialog.getByRole("button", { name: "Add provider" }).click();
  await expect(dialog.getByText(`${who.name} is added`)).toBeVisible();
  await expect(dialog.getByText(/\/api\/v1\/auth\/oidc\/[0-9a-f-]+\/callback$/)).toContainText(server.url);
  await expectAccessibleThen(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(row(page, who.name)).toContainText("Made, as");

  await choose(page, who.name, "Test the connection");
  await expect(dialog.getByText(`${who.name} answers as it should`)).toBeVisible();
  await expect(dialog.getByText(/^Keys: 2\./)).toBeVisible();
  await expectAccessibleThen(page);
  await dialog.getByRole("button", { name: "Done" }).click();

  await elsewhere(browser, server, async (other) => {
    await other.goto("/account");
    await expect(other.getByRole("link", { name: `Sign in with ${who.name}` })).toBeVisible();
    await expectAccessible(other);
    await other.getByRole("link", { name: `Sign in with ${who.name}` }).click();
    await other.getByRole("link", { name: `Go on as ${who.claims.email}` }).click();
    await expect(other).toHaveURL(`${server.url}/account`);
    await expect(other.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(other.getByText("Viewer").first()).toBeVisible();
    await expectAccessible(other);
  });

  await test.step("an issuer that nobody is, is noticed in a test", async () => {
    await choose(page, who.name, "Edit");
    await dialog.getByRole("textbox", { name: "Issuer" }).fill(`${idp.issuer}/elsewhere`);
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText(`${who.name} is saved`)).toBeVisible();
    await choose(page, who.name, "Test the connection");
    await expect(dialog.getByText(`${who.name} cannot be used`)).toBeVisible();
    await expectAccessibleThen(page);
    await dialog.getByRole("button", { name: "Edit" }).click();
  });

  await expect(dialog.getByRole("textbox", { name: "Domains" })).toHaveValue(who.domain);
  await dialog.getByRole("textbox", { name: "Issuer" }).fill(idp.issuer);
  await dialog.getByRole("textbox", { name: "Client secret" }).fill(idp.secret);
  await dialog.getByText("On", { exact: true }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(row(page, who.name)).toContainText("Off");
  await elsewhere(browser, server, async (other) => {
    await other.goto("/sign-in");
    await expect(other.getByRole("textbox", { name: "User name" })).toBeVisible();
    await expect(other.getByRole("link", { name: `Sign in with ${who.name}` })).toHaveCount(0);
  });

  await choose(page, who.name, "Delete");
  const question = page.getByRole("alertdialog", { name: /^Delete/ });
  await expect(question).toContainText(who.name);
  await expectAccessible(page);
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText(`${who.name} is deleted`)).toBeVisible();
  await expect(row(page, who.name)).toHaveCount(0);
  await expectAccessibleThen(page);
  await idp.stop();
});

test("whom a provider cannot let in comes back, and is told why", async ({ api, browser, server }) => {
  const who = newSomebody();
  const idp = await startIdentityProvider({ ...who.claims, email_verified: false });
  const made = await api.post("/api/v1/identity-providers", {
    data: {
      label: who.name,
      issuer: idp.issuer,
      client_id: idp.client,
      client_secret: idp.secret,
      domains: [who.domain],
      auto_create: true,
      default_role: "viewer",
    },
  });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = (await made.json()) as { id: string };
  await elsewhere(browser, server, async (other) => {
    await other.goto("/sign-in");
    await other.getByRole("link", { name: `Sign in with ${who.name}` }).click();
    await other.getByRole("link", { name: `Go on as ${who.claims.email}` }).click();
    await expect(other.getByText("You have no account here. Ask an administrator for one.")).toBeVisible();
    await expectAccessible(other);
  });
  await idp.stop();
  const deleted = await api.delete(`/api/v1/identity-providers/${id}`);
  expect(deleted.status()).toBe(204);
});

test.describe("an operator", () => {
  test.use({ signedInAs: "operator" });

  test("sees no providers", async ({ page }) => {
    await page.goto("/identity-providers");
    await expect(page.getByText("You have no permission to see this")).toBeVisible();
    await expectAccessible(page);
  });
});

test("two who change one provider see both versions", async ({ page, api, watch }) => {
  watch.allow({ status: 412, path: "/api/v1/identity-providers/" });
  const { name } = newSomebody();
  const made = await api.post("/api/v1/identity-providers", {
    data: { label: name, issuer: "https://login.company.example", client_id: name.replace(" ", "-") },
  });
  expect(made.status(), await made.text()).toBe(201);
  const path = `/api/v1/identity-providers/${((await made.json()) as { id: string }).id}`;
  await page.goto("/identity-providers");
  await choose(page, name, "Edit");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Claim with the roles" }).fill("mine");
  expect((await api.patch(path, { data: { role_claim: "theirs", enabled: false } })).status()).toBe(200);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("row", { name: "Claim with the roles theirs mine" })).toBeVisible();
  await expect(dialog.getByRole("row", { name: "On Off On" })).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save mine" }).click();
  await expect(page.getByText(`${name} is saved`)).toBeVisible();
  expect(await (await api.get(path)).json()).toMatchObject({ role_claim: "mine", enabled: true });
  await api.delete(path);
});
