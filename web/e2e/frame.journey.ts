// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import type { APIRequestContext, Browser, Page } from "@playwright/test";

import { newPerson, sessionOf } from "./support/people.ts";
import type { Server } from "./support/server.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

test("whoever is signed in sees the overview and the menu", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expectAccessible(page);
});

/** Somebody whose browser speaks a language, and who has not chosen another one. */
async function visit(
  { browser, server, api }: { browser: Browser; server: Server; api: APIRequestContext },
  locale: string,
  viewport: { width: number; height: number },
): Promise<Page> {
  const { username, password } = await newPerson(api, "admin");
  const context = await browser.newContext({
    baseURL: server.url,
    storageState: await sessionOf(server, username, password),
    locale,
    viewport,
    hasTouch: viewport.width < 768,
  });
  return context.newPage();
}

for (const language of ["en", "de", "fr", "es", "nl", "ar"]) {
  test(`on the smallest phone, without the live stream, nothing is wider than the screen (${language})`, async ({
    browser,
    server,
    api,
  }) => {
    const page = await visit({ browser, server, api }, language, { width: 320, height: 720 });
    await page.route("**/api/v1/events*", (route) => route.fulfill({ status: 503 }));
    for (const path of ["/tags", "/alerts/rules"]) {
      await page.goto(path);
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByRole("main").getByRole("article").first()).toBeVisible();
      await expect(page.getByRole("banner").locator("[class*=dot-lost]")).toBeVisible();
      await expectAccessible(page);
    }
    await page.context().close();
  });

  test(`every name in the menu is on one line (${language})`, async ({ browser, server, api }) => {
    const page = await visit({ browser, server, api }, language, { width: 1440, height: 900 });
    await page.goto("/templates"); // the longest, and it stands out
    await expect(page.locator("html")).toHaveAttribute("lang", language);
    const names = page.locator("nav a span");
    await expect(names.first()).toBeVisible();
    await page.evaluate(() => document.fonts.ready);
    const broken = await names.evaluateAll((all) =>
      all.filter((each) => each.getBoundingClientRect().height > 30).map((each) => each.textContent),
    );
    expect(broken).toEqual([]);
    await page.context().close();
  });
}

test.describe("nobody", () => {
  test.use({ signedInAs: "nobody" });

  test("whoever is not signed in comes to the sign-in page, and back from there", async ({ page }) => {
    await page.goto("/");
    await expect(page).toHaveURL(/\/sign-in/);
  });
});
