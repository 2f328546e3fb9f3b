// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { bareSearch, siteOf, siteSearch, sitesIn, withSite } from "./scope";

describe("a screen and its filter by site", () => {
  it("is narrowed in its own words, and keeps what else narrows it", () => {
    expect(withSite("/chargers", { view: "offline" }, "s")).toEqual({ view: "offline", site_id: ["s"] });
    expect(withSite("/alerts", { tab: "snoozed", site: ["a", "b"] }, "s")).toEqual({ tab: "snoozed", site: ["s"] });
    expect(withSite("/", { board: 2, site: "a" }, null)).toEqual({ board: 2 });
    expect(withSite("/tags", { q: "x" }, "s")).toBeUndefined();
  });

  it("says which sites it shows, as far as it knows sites", () => {
    expect(sitesIn("/sessions", { site_id: ["a", "b"] })).toEqual(["a", "b"]);
    expect(sitesIn("/reports", { site: "a" })).toEqual(["a"]);
    expect(sitesIn("/map", {})).toEqual([]);
    expect(sitesIn("/chargers", { view: "pending", site_id: ["a"] })).toBeUndefined();
    expect(sitesIn("/chargers/CP-1", {})).toBeUndefined();
  });
});

describe("an address", () => {
  it("is narrowed to the chosen site only if it says nothing of what is wanted", () => {
    expect(siteSearch("/sessions", { tab: undefined }, "s")).toEqual({ site_id: ["s"] });
    expect(siteSearch("/sessions", { tab: "finished" }, "s")).toBeUndefined();
    expect(siteSearch("/", { board: 1 }, "s")).toEqual({ board: 1, site: "s" });
    expect(siteSearch("/sessions", {}, null)).toBeUndefined();
    expect(siteSearch("/users", {}, "s")).toBeUndefined();
  });

  it("leaves room for a usual view beside the chosen site, and beside nothing else", () => {
    expect(bareSearch("/chargers", {}, null)).toEqual({});
    expect(bareSearch("/chargers", { site_id: ["s"], view: undefined }, "s")).toEqual({ site_id: ["s"] });
    expect(bareSearch("/chargers", { site_id: ["other"] }, "s")).toBeUndefined();
    expect(bareSearch("/chargers", { site_id: ["s"], vendor: ["A"] }, "s")).toBeUndefined();
    expect(bareSearch("/tags", { status: ["blocked"] }, "s")).toBeUndefined();
  });
});

it("is the choice of one person, not of whoever uses the browser next", () => {
  expect(siteOf({ user: "anna", site: "s" }, "anna")).toBe("s");
  expect(siteOf({ user: "anna", site: "s" }, "otto")).toBeNull();
  expect(siteOf({ user: null, site: null }, undefined)).toBeNull();
});
