// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Each screen in each of its states: waiting, failed, recovered without live updates, empty, filtered empty, forbidden. */
import type { APIRequestContext, Locator, Page } from "@playwright/test";

import { newPerson, sessionOf } from "./support/people.ts";
import { beginOutage, emptyLists, roleWithoutRights } from "./support/states.ts";
import { expect, expectAccessible, test } from "./support/test.ts";

interface Screen {
  name: string;
  /** Where it is; with something that is there, for what shows one thing. */
  path: string | ((api: APIRequestContext) => Promise<string>);
  /** What is answered during an outage all the same, to come to a part of a screen. */
  spared?: RegExp[];
  /** What shows that it is all there. */
  ready: (page: Page) => Locator;
  /** What it says when there is nothing yet. */
  empty?: string | RegExp;
  /** Added to the address, and what it says then. */
  filtered?: [query: string, words: string | RegExp];
  /** Whoever has no rights sees as much as everybody. */
  isForAll?: boolean;
}

async function idOf(api: APIRequestContext, path: string): Promise<string> {
  let id: string | undefined;
  await expect(async () => {
    const answer = await api.get(`/api/v1/${path}`);
    id = ((await answer.json()) as { items: { id: string }[] }).items[0]?.id;
    expect(id).toBeDefined();
  }).toPass({ timeout: 60_000 });
  return id ?? "";
}

async function made(api: APIRequestContext, path: string, data: Record<string, unknown>): Promise<string> {
  const answer = await api.post(`/api/v1/${path}`, { data });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

const CHARGER = [/^\/api\/v1\/chargers\/DEMO-001$/];
const cells = (page: Page): Locator => page.getByRole("main").getByRole("link");
const tabPanel = (page: Page): Locator => page.getByRole("tabpanel");

const SCREENS: Screen[] = [
  {
    name: "account, profile",
    path: "/account",
    ready: (page) => page.getByRole("textbox", { name: "Name", exact: true }),
    isForAll: true,
  },
  { name: "account, security", path: "/account?tab=security", ready: tabPanel, isForAll: true },
  {
    name: "account, sessions",
    path: "/account?tab=sessions",
    ready: (page) => page.getByText("This one"),
    isForAll: true,
  },
  {
    name: "overview",
    path: "/",
    ready: (page) => page.getByRole("region", { name: "Connectors by status" }),
    empty: "No sessions yet",
  },
  {
    name: "chargers",
    path: "/chargers",
    ready: (page) => page.getByText("DEMO-001").first(),
    empty: "No chargers yet",
    filtered: ["?q=nothing-is-called-this", "No charger matches"],
  },
  {
    name: "chargers that wait",
    path: "/chargers?view=pending",
    ready: (page) => page.getByRole("grid").or(page.getByText("No charger waits")).first(),
    empty: "No charger waits",
    filtered: ["&q=nothing-is-called-this", "No charger matches"],
  },
  {
    name: "charger",
    path: "/chargers/DEMO-001",
    ready: (page) => page.getByRole("region", { name: "How this charger is" }),
  },
  {
    name: "charger, status",
    path: "/chargers/DEMO-001",
    spared: CHARGER,
    ready: (page) => page.getByRole("region", { name: "How this charger is" }),
    empty: "Nothing has happened yet",
  },
  {
    name: "charger, sessions",
    path: "/chargers/DEMO-001/sessions",
    spared: CHARGER,
    ready: tabPanel,
    empty: "Nobody has charged here yet",
  },
  {
    name: "charger, configuration",
    path: "/chargers/DEMO-001/configuration",
    spared: CHARGER,
    ready: tabPanel,
    empty: "Nothing has been read yet",
  },
  {
    name: "charger, messages",
    path: "/chargers/DEMO-001/messages",
    spared: CHARGER,
    ready: (page) => page.getByText("From charger").first(),
    empty: "No messages are kept",
  },
  {
    name: "charger, security",
    path: "/chargers/DEMO-001/security",
    spared: CHARGER,
    ready: (page) => page.getByText("/ocpp/DEMO-001").first(),
  },
  { name: "charger, about", path: "/chargers/DEMO-001/about", spared: CHARGER, ready: tabPanel },
  {
    name: "add a charger",
    path: "/chargers/add",
    ready: (page) => page.getByRole("textbox", { name: "Identity" }),
  },
  { name: "import chargers", path: "/chargers/import", ready: (page) => page.getByText("CSV or Excel file").first() },
  {
    name: "sessions",
    path: "/sessions?tab=active",
    ready: (page) => cells(page).first(),
    empty: "Nobody is charging",
    filtered: ["&q=NO-SUCH-CHARGER", "No session matches"],
  },
  {
    name: "session",
    path: async (api) => `/sessions/${await idOf(api, "transactions?limit=1&sort=-created_at")}`,
    ready: (page) => page.getByRole("heading", { level: 1 }),
  },
  {
    name: "reservations",
    path: "/reservations",
    ready: (page) => page.getByRole("button", { name: "Reserve", exact: true }).first(),
    empty: "No reservations yet",
    filtered: ["?token=NOBODY", "No reservation matches"],
  },
  {
    name: "reservations, week",
    path: "/reservations?view=week",
    ready: (page) => page.getByRole("button", { name: "Reserve", exact: true }).first(),
  },
  {
    name: "tags",
    path: "/tags",
    ready: (page) => cells(page).first(),
    empty: "No tags yet",
    filtered: ["?q=nothing-is-called-this", "No tag matches"],
  },
  {
    name: "tag",
    path: async (api) => `/tags/${await idOf(api, "tokens?limit=1")}`,
    ready: (page) => page.getByRole("heading", { level: 1 }),
  },
  { name: "groups of tags", path: "/tags?tab=groups", ready: tabPanel, empty: "No groups yet" },
  { name: "import tags", path: "/tags/import", ready: (page) => page.getByRole("button", { name: "Check the file" }) },
  {
    name: "drivers",
    path: "/drivers",
    ready: (page) => page.getByRole("button", { name: "Add driver" }).first(),
    empty: "No drivers yet",
    filtered: ["?q=nothing-is-called-this", "No driver matches"],
  },
  {
    name: "driver",
    path: async (api) => `/drivers/${await made(api, "drivers", { name: `Ada ${Date.now()}` })}`,
    ready: (page) => page.getByRole("button", { name: "Give a tag" }),
  },
  {
    name: "import drivers",
    path: "/drivers/import",
    ready: (page) => page.getByRole("button", { name: "Check the file" }),
  },
  {
    name: "sites",
    path: async (api) => {
      await made(api, "sites", { name: `Yard ${Date.now()}` });
      return "/sites";
    },
    ready: (page) => cells(page).first(),
    empty: "No sites yet",
    filtered: ["?q=nothing-is-called-this", "No site matches"],
  },
  {
    name: "site",
    path: async (api) => `/sites/${await made(api, "sites", { name: `Depot ${Date.now()}`, city: "Bonn" })}`,
    ready: (page) => page.getByRole("region", { name: "Opening hours" }),
  },
  {
    name: "reports",
    path: "/reports",
    ready: (page) => page.getByRole("region", { name: "In figures" }).or(page.getByText("Nothing in this time")),
  },
];

async function pathOf({ path }: Screen, api: APIRequestContext): Promise<string> {
  return typeof path === "string" ? path : path(api);
}

const isWaiting = (page: Page): Locator => page.locator("[aria-busy=true]");
const again = (page: Page): Locator => page.getByRole("button", { name: "Try again" });

for (const screen of SCREENS) {
  const { name, spared, ready, empty, filtered } = screen;

  test(`${name}: waits, fails, recovers`, async ({ page, api, watch }) => {
    watch.allow({ status: 500, path: "/api/v1/" }, { status: 503, path: "/api/v1/events" });
    const path = await pathOf(screen, api);
    const outage = await beginOutage(page, spared);
    await page.goto(path);
    await expect(page.getByText("No live updates, retrying")).toBeVisible();
    await expectAccessible(page);
    const waits = (await isWaiting(page).count()) > 0;
    await outage.fail();
    await expect(isWaiting(page)).toHaveCount(0);
    if (waits) await expect(again(page).first()).toBeVisible();
    await expectAccessible(page);
    await outage.end();
    await expect(async () => {
      if (await again(page).count()) await again(page).first().click({ timeout: 1_000 });
      await expect(again(page)).toHaveCount(0, { timeout: 1_000 });
    }).toPass();
    await expect(ready(page)).toBeVisible();
    await expect(isWaiting(page)).toHaveCount(0);
    await expectAccessible(page);
  });

  if (empty || filtered)
    test(`${name}: nothing there`, async ({ page, api }) => {
      const path = await pathOf(screen, api);
      if (filtered) {
        await page.goto(path + filtered[0]);
        await expect(page.getByText(filtered[1]).first()).toBeVisible();
        await expectAccessible(page);
      }
      if (empty) {
        await emptyLists(page);
        await page.goto(path);
        await expect(page.getByText(empty).first()).toBeVisible();
        await expectAccessible(page);
      }
    });
}

test.describe("without rights", () => {
  test.use({ signedInAs: "nobody" });

  test("each screen names the right that is missing, and asks for nothing that is refused", async ({
    page,
    api,
    server,
  }) => {
    const person = await newPerson(api, await roleWithoutRights(api));
    await page.context().addCookies((await sessionOf(server, person.username, person.password)).cookies);
    const paths = new Set<string>();
    for (const screen of SCREENS) if (!screen.isForAll) paths.add(await pathOf(screen, api));
    for (const path of paths)
      await test.step(path, async () => {
        await page.goto(path);
        await expect(page.getByText("You have no permission to see this")).toBeVisible();
        await expectAccessible(page);
      });
  });
});

test("what lies over a screen can be used by everybody", async ({ page }) => {
  await page.goto("/reservations");
  const bar = page.getByRole("banner");
  const dialog = page.getByRole("dialog");
  const reserve = page.getByRole("button", { name: "Reserve", exact: true }).first();
  await expect(reserve).toBeVisible();
  const look = async (what: string, open: () => Promise<void>, shown: Locator): Promise<void> =>
    test.step(what, async () => {
      await open();
      await expect(shown).toBeVisible();
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      await expect(shown).toHaveCount(0);
    });

  const help = bar.getByRole("button", { name: "Keyboard shortcuts" });
  await page.getByRole("heading", { level: 1 }).hover(); // there is a pointer, from here on
  await look("a tooltip", () => help.hover(), page.getByRole("tooltip"));
  await look("the keys", () => help.click(), dialog);
  await look("the account", () => bar.getByRole("button").last().click(), page.getByRole("menu"));
  await look("the palette", () => page.keyboard.press("Control+k"), page.getByRole("menuitem").first());
  const appearance = bar.getByRole("button", { name: "Appearance and language" });
  await appearance.click();
  await look("a choice", () => dialog.getByRole("button", { name: /English/ }).click(), page.getByRole("listbox"));
  await page.keyboard.press("Escape");
  await reserve.click();
  await look("a search in a field", () => dialog.getByRole("combobox").first().click(), page.getByRole("listbox"));
  await page.keyboard.press("Escape");
  const drawer = bar.getByRole("button", { name: "Open the menu" });
  if (await drawer.isVisible()) await look("the menu of a phone", () => drawer.click(), dialog);
});

test("commands of a charger are found, and each asks for what it needs", async ({ page }) => {
  await page.goto("/chargers/DEMO-001");
  const menu = page.getByRole("main").getByRole("button", { name: "Actions" });
  const button = page.getByRole("button", { name: "Command …", exact: true });
  await expect(menu.or(button).first()).toBeVisible();
  if (await menu.isVisible()) {
    await menu.click();
    await page.getByRole("menuitem", { name: "Command …" }).click();
  } else await button.click();
  const search = page.getByRole("searchbox", { name: "Find a command" });
  await expect(search).toBeVisible();
  await expectAccessible(page);
  await search.fill("nothing is called this");
  await expect(page.getByText("No command matches")).toBeVisible();
  await expectAccessible(page);
});
