// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A screen that states.journey.ts looks at in each of its states, and what making it takes. */
import { randomBytes } from "node:crypto";

import { expect, type APIRequestContext, type Locator, type Page } from "@playwright/test";

export interface Screen {
  name: string;
  /** Where it is; with something that is there, for what shows one thing. */
  path: string | ((api: APIRequestContext) => Promise<string>);
  /** What is answered all the same during an outage, and where lists are empty, to come to a part of a screen. */
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

export async function idOf(api: APIRequestContext, path: string): Promise<string> {
  let id: string | undefined;
  await expect(async () => {
    const answer = await api.get(`/api/v1/${path}`);
    id = ((await answer.json()) as { items: { id: string }[] }).items[0]?.id;
    expect(id).toBeDefined();
  }).toPass({ timeout: 60_000 });
  return id ?? "";
}

export async function made(api: APIRequestContext, path: string, data: Record<string, unknown>): Promise<string> {
  const answer = await api.post(`/api/v1/${path}`, { data });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

export const cells = (page: Page): Locator => page.getByRole("main").getByRole("link");
/** The rows of a list; on a phone they are cards. */
export const rows = (page: Page): Locator => page.getByRole("grid").or(page.getByRole("main").getByRole("article"));
export const tabPanel = (page: Page): Locator => page.getByRole("tabpanel");
export const heading = (page: Page): Locator => page.getByRole("heading", { level: 1 });
/** A name that nothing has had before. */
export const fresh = (what: string): string => `${what} ${randomBytes(3).toString("hex")}`;
