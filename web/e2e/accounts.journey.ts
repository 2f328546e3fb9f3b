// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import type { APIRequestContext, Page } from "@playwright/test";

import { addAuthenticator } from "./support/authenticator.ts";
import { linkTo } from "./support/mailbox.ts";
import { newPassword, newPerson, sessionOf, type Person } from "./support/people.ts";
import { asNobody, expect, expectAccessible, pressOption, test } from "./support/test.ts";
import { codeOf } from "./support/totp.ts";

const OVERVIEW = /\/$/;

async function enter(page: Page, { username, password }: Pick<Person, "username" | "password">): Promise<void> {
  await page.getByLabel("User name").fill(username);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** An authenticator app, set up by the API; its key and the codes for bad days. */
async function giveTotp(
  api: APIRequestContext,
  url: string,
  person: Person,
): Promise<{ secret: string; codes: string[] }> {
  const login = await api.post(`${url}/api/v1/auth/login`, {
    data: { username: person.username, password: person.password },
  });
  const { access_token: token } = (await login.json()) as { access_token: string };
  const headers = { Authorization: `Bearer ${token}` };
  const made = await api.post(`${url}/api/v1/me/totp`, { headers, data: { password: person.password } });
  const { secret } = (await made.json()) as { secret: string };
  const done = await api.post(`${url}/api/v1/me/totp/confirm`, { headers, data: { code: codeOf(secret, -1) } });
  expect(done.status(), await done.text()).toBe(200);
  return { secret, codes: ((await done.json()) as { codes: string[] }).codes };
}

/** The key that stands below the QR code. */
async function shownSecret(page: Page): Promise<string> {
  return (await page.getByText(/^[A-Z2-7]{16,}$/).textContent()) ?? "";
}

/** A role that asks for a second factor; whoever makes it has one of their own. */
async function askingRole(api: APIRequestContext, url: string): Promise<string> {
  const admin = await newPerson(api, "admin");
  const { codes } = await giveTotp(api, url, admin);
  const begun = await api.post("/api/v1/auth/login", { data: { username: admin.username, password: admin.password } });
  const { mfa_token } = (await begun.json()) as { mfa_token: string };
  const shown = await api.post("/api/v1/auth/mfa", { data: { mfa_token, recovery_code: codes[0] } });
  const { access_token: token } = (await shown.json()) as { access_token: string };
  const key = `asked-${Date.now()}`;
  const made = await api.post("/api/v1/roles", {
    headers: { Authorization: `Bearer ${token}` },
    data: { key, name: "Asked for a second factor", like: "viewer", require_mfa: true },
  });
  expect(made.status(), await made.text()).toBe(201);
  return key;
}

/** A screen as somebody sees it who signed in before. */
async function open(page: Page, url: string, person: Person, path: string): Promise<void> {
  const { cookies } = await sessionOf(
    { url, ocppUrl: "", adminPassword: "", mails: "" },
    person.username,
    person.password,
  );
  await page.context().addCookies(cookies);
  await page.goto(path);
}

test.describe("at the door", () => {
  test.use({ signedInAs: "nobody" });

  test("name and password let in, to where one wanted to go", { tag: "@core" }, async ({ page, api }) => {
    const person = await newPerson(api);
    await page.goto("/account?tab=sessions");
    await expect(page).toHaveURL(/\/sign-in\?next=/);
    await expect(page).toHaveTitle(/Sign in/);
    await expect(page.getByLabel("User name")).toBeFocused();
    await expect(page.getByLabel("User name")).toHaveAttribute("autocomplete", "username");
    await expect(page.getByRole("textbox", { name: "Password", exact: true })).toHaveAttribute(
      "autocomplete",
      "current-password",
    );
    await expectAccessible(page);
    await enter(page, person);
    await expect(page).toHaveURL(/\/account\?tab=sessions/);
    await expect(page.getByText("This one")).toBeVisible();
  });

  test("what is wrong is not told, and typed names stay", async ({ page, api, watch }) => {
    watch.allow({ status: 401, path: "/api/v1/auth/login" });
    const { username } = await newPerson(api);
    await page.goto("/sign-in");
    for (const name of [username, "nobody-of-that-name"]) {
      await enter(page, { username: name, password: "a wrong horse" });
      await expect(page.getByRole("alert")).toHaveText(/User name or password is wrong\./);
      await expect(page.getByLabel("User name")).toHaveValue(name);
    }
    await expectAccessible(page);
  });

  test("whoever tries too often waits, and sees for how long", async ({ page, watch }) => {
    watch.allow({ status: 429, path: "/api/v1/auth/login" });
    await page.route("**/api/v1/auth/login", (route) =>
      route.fulfill({
        status: 429,
        headers: { "Retry-After": "3" },
        contentType: "application/problem+json",
        json: {
          type: "urn:csms:problem:too_many_requests",
          title: "Too Many Requests",
          status: 429,
          code: "too_many_requests",
        },
      }),
    );
    await page.goto("/sign-in");
    await enter(page, { username: "somebody", password: "a wrong horse" });
    await expect(page.getByText("Too many tries. Wait a little.")).toBeVisible();
    await expect(page.getByText(/Again in \d+ sec/)).toBeVisible();
    await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeDisabled();
    await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeEnabled();
    await expect(page.getByText("You can try again now.")).toBeVisible();
  });

  for (const next of [
    "//evil.example/x",
    "/\\evil.example",
    "https://evil.example/",
    "/.//evil.example",
    "javascript:alert(1)",
  ])
    test(`the way on never leads away: ${next}`, async ({ page, api, server }) => {
      const person = await newPerson(api);
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
      await enter(page, person);
      await expect(page).toHaveURL(OVERVIEW);
      expect(new URL(page.url()).origin).toBe(server.url);
    });

  test("another language is chosen before signing in, and stays", async ({ page }) => {
    await page.goto("/sign-in");
    await page.getByRole("button", { name: /English/ }).click();
    await pressOption(page.getByRole("option", { name: "العربية" }));
    await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
    await expect(page.getByRole("heading", { name: "تسجيل الدخول" })).toBeVisible();
    await expectAccessible(page);
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("lang", "ar");
  });

  test("a code of the app comes after the password, or one of the codes for bad days", async ({
    page,
    api,
    server,
    watch,
  }) => {
    watch.allow({ status: 401, path: "/api/v1/auth/mfa" });
    const person = await newPerson(api);
    const { secret, codes } = await giveTotp(api, server.url, person);
    await page.goto("/sign-in");
    await enter(page, person);
    const code = page.getByLabel("Code of the authenticator app");
    await expect(code).toBeFocused();
    await expect(code).toHaveAttribute("autocomplete", "one-time-code");
    await expectAccessible(page);
    await code.fill("000000");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByRole("alert")).toHaveText(/wrong, or was used before/);
    await code.fill(codeOf(secret));
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page).toHaveURL(OVERVIEW);

    await asNobody(page);
    await page.goto("/sign-in");
    await enter(page, person);
    await page.getByRole("link", { name: "Use a recovery code" }).click();
    await page.getByLabel("Recovery code").fill(codes[0] ?? "");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page).toHaveURL(OVERVIEW);
  });

  test("whoever is asked for a second factor sets one up at once, or shows the one they have", async ({
    page,
    api,
    server,
  }) => {
    const role = await askingRole(api, server.url);
    const person = await newPerson(api, role);
    await page.goto("/sign-in?next=/account");
    await enter(page, person);
    await expect(page.getByRole("heading", { name: "Set up a second factor" })).toBeVisible();
    await expectAccessible(page);
    await page.goto("/account");
    await expect(page.getByRole("heading", { name: "Set up a second factor" })).toBeVisible();
    await page.getByRole("button", { name: "Authenticator app" }).click();
    await page.getByLabel("Your password").fill(person.password); // the page was loaded anew since it was typed
    await page.getByRole("button", { name: "Show the QR code" }).click();
    await page.getByLabel("Code of the authenticator app").fill(codeOf(await shownSecret(page)));
    await page.getByRole("button", { name: "Turn on" }).click();
    await expect(page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem")).toHaveCount(10);
    await page.getByText("I have kept these codes").click();
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page).toHaveURL(/\/account/);

    // signed in before anybody asked, and before there was an app
    const other = await newPerson(api);
    await asNobody(page);
    await page.context().addCookies((await sessionOf(server, other.username, other.password)).cookies);
    const { codes } = await giveTotp(api, server.url, other);
    expect((await api.patch(`/api/v1/users/${other.id}`, { data: { role } })).status()).toBe(200);
    await page.goto("/account");
    await expect(page.getByRole("heading", { name: "Show your second factor" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Use a recovery code" }).click();
    await page.getByLabel("Recovery code").fill(codes[0] ?? "");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page).toHaveURL(/\/account/);
  });

  test("a passkey alone lets in", async ({ page, api, server }) => {
    const device = await addAuthenticator(page);
    const person = await newPerson(api);
    await page.goto("/sign-in");
    await enter(page, person);
    await expect(page).toHaveURL(OVERVIEW);
    await page.goto("/account?tab=security");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByLabel("Name of the passkey").fill("work laptop");
    await page.getByLabel("Your password").fill(person.password);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Make the passkey" }).click();
    await expect(page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem")).toHaveCount(10);
    await page.getByText("I have kept these codes").click();
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText("work laptop")).toBeVisible();
    expect(await device.credentials()).toBe(1);

    await page.getByRole("button", { name: "Rename work laptop" }).click();
    await page.getByLabel("Name of the passkey").fill("old laptop");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("old laptop", { exact: true })).toBeVisible();
    await expectAccessible(page);

    await asNobody(page);
    await page.goto("/sign-in");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect(page).toHaveURL(OVERVIEW);

    // the passkey is asked for after the password, too
    await asNobody(page);
    await page.goto("/sign-in");
    await enter(page, person);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page).toHaveURL(OVERVIEW);
    expect(new URL(page.url()).origin).toBe(server.url);
  });

  test("a forgotten password is replaced by the link of a mail", async ({ page, api, server, watch }) => {
    watch.allow({ status: 400, path: "/api/v1/auth/reset-password" });
    const person = await newPerson(api);
    await api.post(`/api/v1/users/${person.id}/email-verification`);
    const verify = await linkTo(server.mails, person.email, "/verify-email");
    await page.goto(verify);
    await expect(page.getByRole("heading", { name: "Is this your mail address?" })).toBeVisible();
    expect(page.url(), "the secret is not left in the address").not.toContain("#");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Yes, it is mine" }).click();
    await expect(page.getByText(`Done. ${person.email} is yours.`)).toBeVisible();

    await page.getByRole("link", { name: "To the sign-in page" }).click();
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await page.getByLabel("User name or mail address").fill(person.email);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByText(/a link is on its way/)).toBeVisible();

    const reset = await linkTo(server.mails, person.email, "/reset-password");
    await page.goto(reset);
    const chosen = newPassword();
    await page.getByRole("textbox", { name: "New password", exact: true }).fill("short");
    await page.getByLabel("New password once more").fill("shore");
    await page.getByRole("button", { name: "Set the password" }).click();
    await expect(page.getByText("It needs 12 characters or more.")).toBeVisible();
    await expect(page.getByText("The two are not the same.")).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("textbox", { name: "New password", exact: true }).fill(chosen);
    await page.getByLabel("New password once more").fill(chosen);
    await page.getByRole("button", { name: "Set the password" }).click();
    await expect(page.getByText("Done. Sign in with the new password.")).toBeVisible();
    await page.getByRole("link", { name: "To the sign-in page" }).click();
    await enter(page, { username: person.username, password: chosen });
    await expect(page).toHaveURL(OVERVIEW);

    await page.goto(reset);
    await page.getByRole("textbox", { name: "New password", exact: true }).fill(newPassword());
    await page.getByLabel("New password once more").fill("not the same as that");
    await page
      .getByLabel("New password once more")
      .fill(await page.getByRole("textbox", { name: "New password", exact: true }).inputValue());
    await page.getByRole("button", { name: "Set the password" }).click();
    await expect(page.getByRole("alert")).toHaveText(/used already, or its time is over/);
  });

  test("an invitation by mail leads in", async ({ page, api, server, watch }) => {
    watch.allow({ status: 400, path: "/api/v1/auth/accept-invitation" });
    const username = `invited-${Date.now()}`;
    const email = `${username}@example.com`;
    expect((await api.post("/api/v1/users", { data: { username, email, role: "viewer" } })).status()).toBe(201);
    await page.goto(await linkTo(server.mails, email, "/invitation"));
    const password = newPassword();
    await page.getByRole("textbox", { name: "New password", exact: true }).fill(username);
    await page.getByLabel("New password once more").fill(username);
    await page.getByRole("button", { name: "Set the password" }).click();
    await expect(page.getByRole("alert")).toHaveText(/Take another password/);
    await page.getByRole("textbox", { name: "New password", exact: true }).fill(password);
    await page.getByLabel("New password once more").fill(password);
    await page.getByRole("button", { name: "Set the password" }).click();
    await expect(page.getByText(`Done. Your user name is ${username}.`)).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("link", { name: "To the sign-in page" }).click();
    await enter(page, { username, password });
    await expect(page).toHaveURL(OVERVIEW);
  });

  test("a link without its secret says so", async ({ page }) => {
    for (const path of ["/invitation", "/reset-password", "/verify-email"]) {
      await page.goto(path);
      await expect(page.getByText(/has no link in it/)).toBeVisible();
      await expectAccessible(page);
    }
  });

  test("whom single sign-on refuses is told in words", async ({ page }) => {
    await page.goto("/api/v1/auth/oidc/00000000-0000-7000-8000-000000000000/start");
    await expect(page).toHaveURL(/\/sign-in\?problem=provider_not_found/);
    await expect(page.getByText("This provider is not offered any more.")).toBeVisible();
  });
});

test.describe("my account", () => {
  test.use({ signedInAs: "nobody" });

  test("name and mail address", async ({ page, api, server }) => {
    const person = await newPerson(api);
    await open(page, server.url, person, "/account");
    await expect(page).toHaveTitle("My account");
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ada Example");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Your name is saved")).toBeVisible();
    await expect(page.getByRole("button", { name: "Ada Example" })).toBeVisible();
    await expect(page.getByText("Not verified")).toBeVisible();
    await expectAccessible(page);

    await page.getByRole("region", { name: "Mail address" }).getByRole("button", { name: "Change" }).click();
    const other = `new-${person.email}`;
    await page.getByLabel("New mail address").fill(other);
    await page.getByLabel("Your password").fill(person.password);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByText(`Waiting for ${other}`)).toBeVisible();
    await page.goto(await linkTo(server.mails, other, "/verify-email"));
    await page.getByRole("button", { name: "Yes, it is mine" }).click();
    await expect(page.getByText(`Done. ${other} is yours.`)).toBeVisible();
  });

  test("an authenticator app is set up and turned off, each time by showing whose account it is", async ({
    page,
    api,
    server,
    watch,
  }) => {
    watch.allow(
      { status: 401, path: "/api/v1/me/" },
      { status: 403, path: "/api/v1/me/" },
      { status: 400, path: "/api/v1/me/" },
    );
    const person = await newPerson(api);
    await open(page, server.url, person, "/account?tab=security");
    await page.getByRole("button", { name: "Set up" }).click();
    await page.getByLabel("Your password").fill("a wrong horse");
    await page.getByRole("button", { name: "Show the QR code" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await page.getByLabel("Your password").fill(person.password);
    await page.getByRole("button", { name: "Show the QR code" }).click();
    await expect(page.getByRole("img", { name: /QR code/ })).toBeVisible();
    const secret = await shownSecret(page);
    await expectAccessible(page);
    await page.getByLabel("Code of the authenticator app").fill("123456");
    await page.getByRole("button", { name: "Turn on" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await page.getByLabel("Code of the authenticator app").fill(codeOf(secret));
    await page.getByRole("button", { name: "Turn on" }).click();
    await expect(page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem")).toHaveCount(10);
    await expect(page.getByRole("button", { name: "Continue" })).toBeDisabled();
    await expectAccessible(page);
    const saved = page.waitForEvent("download");
    await page.getByRole("link", { name: "Save as a file" }).click();
    expect((await saved).suggestedFilename()).toBe("csms-recovery-codes.txt");
    await page.getByText("I have kept these codes").click();
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText("The authenticator app is on")).toBeVisible();
    await expect(page.getByText("10 are left")).toBeVisible();

    await page.getByRole("button", { name: "Turn off" }).click();
    // a toast is an alertdialog, too
    const question = page.getByRole("alertdialog", { name: "Turn off the authenticator" });
    await expect(question).toContainText("your last second factor");
    await expectAccessible(page);
    await page.getByLabel("Your password").fill(person.password);
    await question.getByRole("button", { name: "Turn off" }).click();
    await expect(page.getByRole("button", { name: "Set up" })).toBeVisible();
  });

  test("a new password, and the other sessions end", async ({ page, api, server, watch }) => {
    watch.allow({ status: 400, path: "/api/v1/auth/change-password" });
    const person = await newPerson(api);
    await open(page, server.url, person, "/account?tab=security");
    const chosen = newPassword();
    await page.getByRole("button", { name: "Change password" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Present password").fill("a wrong horse");
    await dialog.getByRole("textbox", { name: "New password", exact: true }).fill(chosen);
    await dialog.getByLabel("New password once more").fill(chosen);
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Change password" }).click();
    await expect(dialog.getByRole("alert")).toHaveText(/The password is wrong/);
    await dialog.getByLabel("Present password").fill(person.password);
    await dialog.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByText("Your password is changed")).toBeVisible();

    await sessionOf(server, person.username, chosen);
    await sessionOf(server, person.username, chosen);
    await page.getByRole("tab", { name: "Where I am signed in" }).click();
    await expect(page).toHaveURL(/tab=sessions/);
    await expect(page.getByRole("button", { name: /^Sign out / })).toHaveCount(3);
    await expectAccessible(page);
    await page
      .getByRole("button", { name: /^Sign out (?!all)/ })
      .first()
      .click();
    await expect(page.getByRole("button", { name: /^Sign out (?!all)/ })).toHaveCount(1);
    await page.getByRole("button", { name: "Sign out all others" }).click();
    await expectAccessible(page);
    await page.getByRole("alertdialog").getByRole("button", { name: "Sign out all others" }).click();
    await expect(page.getByText("1 session ended")).toBeVisible();
    await expect(page.getByText("This one")).toBeVisible();
  });

  test("a session that ends while somebody types comes back in a dialog, and what they typed stays", async ({
    page,
    api,
    server,
    watch,
  }) => {
    watch.allow({ status: 401, path: "/api/v1/" });
    const person = await newPerson(api);
    await open(page, server.url, person, "/account");
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Half typed");
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Save" }).click();
    const dialog = page.getByRole("dialog", { name: "You are signed out" });
    await expect(dialog).toBeVisible();
    await expect(dialog.getByLabel("User name")).toHaveValue(person.username);
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await expect(page.getByText("You are signed out")).toBeVisible();
    await page.getByRole("button", { name: "Sign in" }).click();
    await dialog.getByRole("textbox", { name: "Password", exact: true }).fill(person.password);
    await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Half typed");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Your name is saved")).toBeVisible();
  });
});
