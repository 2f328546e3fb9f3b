// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Makes a screen wait, fail, be empty or go stale, whatever it asks: between the browser and the real server. */
import { randomBytes } from "node:crypto";

import { expect, type APIRequestContext, type Page, type Request, type Route } from "@playwright/test";

const API = /\/api\/v1\//;
/** What the frame around each screen needs, and what does not change. */
const FRAME = ["/api/v1/me", "/api/v1/installation", "/api/v1/events"];

function isAsked(request: Request, spared: readonly RegExp[]): boolean {
  const { pathname } = new URL(request.url());
  return request.method() === "GET" && !FRAME.includes(pathname) && !spared.some((each) => each.test(pathname));
}

function refuse(route: Route): Promise<void> {
  const problem = {
    type: "urn:csms:problem:internal_error",
    title: "Internal Server Error",
    status: 500,
    code: "internal_error",
    detail: "An unexpected error happened.",
    trace_id: "0af7651916cd43dd8448eb211c80319c",
  };
  return route.fulfill({ status: 500, contentType: "application/problem+json", json: problem });
}

export interface Outage {
  /** What waits is refused, and what is asked from now on. */
  fail: () => Promise<void>;
  /** Everything is answered again. */
  end: () => Promise<void>;
}

/** Nothing that is asked gets an answer, and there are no live updates. `spared`: paths that are answered all the same. */
export async function beginOutage(page: Page, spared: readonly RegExp[] = []): Promise<Outage> {
  const waiting: Route[] = [];
  let condition: "silent" | "failing" | "over" = "silent";
  await page.route(API, async (route, request) => {
    if (new URL(request.url()).pathname === "/api/v1/events") return route.fulfill({ status: 503 });
    if (condition === "over" || !isAsked(request, spared)) return route.continue();
    if (condition === "failing") return refuse(route);
    waiting.push(route);
  });
  return {
    fail: async () => {
      condition = "failing";
      // what the page gave up meanwhile takes no answer any more
      await Promise.allSettled(waiting.splice(0).map(refuse));
    },
    end: async () => {
      condition = "over";
    },
  };
}

interface Listing {
  items?: unknown[];
  /** Of the map. */
  points?: unknown[];
  next_cursor?: string | null;
  total_estimate?: number;
}

/** Lists have nothing in them, but those that are spared; things themselves are what they are. */
export async function emptyLists(page: Page, spared: readonly RegExp[] = []): Promise<void> {
  await page.route(API, async (route, request) => {
    if (!isAsked(request, spared)) return route.continue();
    const response = await route.fetch();
    if (!response.headers()["content-type"]?.includes("json")) return route.fulfill({ response });
    const json = (await response.json()) as Listing;
    if (json.points) return route.fulfill({ response, json: { ...json, points: [] } });
    if (!Array.isArray(json.items)) return route.fulfill({ response });
    return route.fulfill({ response, json: { ...json, items: [], next_cursor: null, total_estimate: 0 } });
  });
}

/** A role that may do nothing at all but sign in. */
export async function roleWithoutRights(api: APIRequestContext): Promise<string> {
  const key = `bare-${randomBytes(4).toString("hex")}`;
  const made = await api.post("/api/v1/roles", { data: { key, name: "No rights", permissions: [] } });
  expect(made.status(), await made.text()).toBe(201);
  return key;
}
