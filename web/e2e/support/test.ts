// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the tests of screens stand on; see ../README.md. */
import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type APIRequestContext, type Locator, type Page } from "@playwright/test";

import { kept } from "./kept.ts";
import { adminApi, fromElsewhere, newPerson, sessionOf, type State } from "./people.ts";
import type { Server } from "./server.ts";
import { expectNoSidewaysScroll, Watch } from "./watch.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Options {
  /** As whom `page` is signed in: the administrator, nobody, or somebody with another built-in role. */
  signedInAs: string;
}

interface Fixtures {
  server: Server;
  /** The API as the administrator, to make what a test needs. */
  api: APIRequestContext;
  /** `watch.allow({ status: 409, path: "/api/v1/…" })` for refusals that a test provokes. */
  watch: Watch;
}

async function stateFor(server: Server, who: string): Promise<State | undefined> {
  if (who === "nobody") return undefined;
  return kept(server, `session-${who}`, async () => {
    let name = { username: "admin", password: server.adminPassword };
    if (who !== "admin") {
      const api = await adminApi(server);
      name = await newPerson(api, who);
      await api.dispose();
    }
    return sessionOf(server, name.username, name.password);
  });
}

export const test = base.extend<Options & Fixtures>({
  signedInAs: ["admin", { option: true }],
  // oxlint-disable-next-line no-empty-pattern
  server: async ({}, use) => {
    const told = process.env.CSMS_E2E_SERVER;
    if (!told) throw new Error("no CSMS was started: run this by playwright test");
    await use(JSON.parse(told) as Server);
  },
  baseURL: async ({ server }, use) => {
    await use(server.url);
  },
  api: async ({ server }, use) => {
    const api = await adminApi(server);
    await use(api);
    await api.dispose();
  },
  // oxlint-disable-next-line no-empty-pattern
  extraHTTPHeaders: async ({}, use) => {
    await use(fromElsewhere());
  },
  storageState: async ({ server, signedInAs }, use) => {
    await use(await stateFor(server, signedInAs));
  },
  // oxlint-disable-next-line no-empty-pattern
  watch: async ({}, use) => {
    await use(new Watch());
  },
  page: async ({ page, watch }, use) => {
    await watch.follow(page);
    await use(page);
    await watch.check(page);
    // what a screen still asks for when its test is over fails nobody
    await page.unrouteAll({ behavior: "ignoreErrors" });
  },
});

/** Signed out behind the back of the screen, which is left first: nothing is still asked for, as nobody. */
export async function asNobody(page: Page): Promise<void> {
  await page.goto("about:blank");
  await page.context().clearCookies();
}

/** Of a list that opens: it is there before its place is found, and not to be pressed until then. */
export async function pressOption(option: Locator): Promise<void> {
  const isOnTop = (element: Element): boolean => {
    element.scrollIntoView({ block: "nearest" });
    const { left, top, width, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
  };
  await expect.poll(() => option.evaluate(isOnTop), { message: "the list has found its place" }).toBe(true);
  await option.click();
}

/** What fades in has no contrast yet; what turns for ever, such as what says that something is waited for, is let turn. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(() => {
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    return Promise.allSettled(ending.map((each) => each.finished));
  });
}

/** What a bar at the edge of the window lies half over is measured again in the middle of it. */
async function isLargeInSight(page: Page, target: unknown[]): Promise<boolean> {
  const selector = String(target[0]);
  await page.locator(selector).evaluate((element) => element.scrollIntoView({ block: "center", behavior: "instant" }));
  const axe = new AxeBuilder({ page }).include(selector).withRules("target-size").setLegacyMode();
  return (await axe.analyze()).violations.length === 0;
}

/**
 * What lies over a screen hides the rest from readers, and closes when the focus leaves it: that rest is looked at when
 * it is there again.
 */
const ABOUT_THE_REST = ["aria-hidden-focus", "landmark-one-main", "page-has-heading-one", "region"];

async function isCovered(page: Page): Promise<boolean> {
  return page.evaluate(() => Boolean(document.querySelector("main")?.closest("[inert], [aria-hidden=true]")));
}

/** A tooltip belongs to no landmark: it is read out with what it describes. */
async function hasTooltip(page: Page): Promise<boolean> {
  return (await page.getByRole("tooltip").count()) > 0;
}

/** Nothing that axe finds, and nothing wider than the window. Say it in each state of a screen. */
export async function expectAccessible(page: Page): Promise<void> {
  await expect(page.locator("h1").first(), "a screen has a heading").toBeAttached();
  await settled(page);
  // legacy: without another page for the frames that no screen has
  // of what is in order one example is told, not every element
  const axe = new AxeBuilder({ page })
    .options({ resultTypes: ["violations"] })
    .withTags(RULES)
    .setLegacyMode();
  // What React Aria had read out: it stays for some seconds, when the button that it names may be gone already.
  axe.exclude("[data-live-announcer]");
  const before = [await isCovered(page), await hasTooltip(page)];
  const { violations } = await axe.analyze();
  // what was there for a part of the time only may have been seen
  const [covered, tooltip] = [before[0] || (await isCovered(page)), before[1] || (await hasTooltip(page))];
  const passed = new Set([...(covered ? ABOUT_THE_REST : []), ...(tooltip ? ["region"] : [])]);
  const found: string[] = [];
  for (const { id, help, nodes } of violations.filter((each) => !passed.has(each.id)))
    for (const { html, target } of nodes)
      if (id !== "target-size" || !(await isLargeInSight(page, target))) found.push(`${id}: ${help}: ${html}`);
  expect(found).toEqual([]);
  await expectNoSidewaysScroll(page);
}

export { expect };
