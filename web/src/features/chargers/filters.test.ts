// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import {
  exportPath,
  filterOf,
  filtersOf,
  isNarrowed,
  readSearch,
  valuesOf,
  withValues,
} from "@/features/chargers/filters";

describe("the address", () => {
  it("keeps what means something, and forgets the rest", () => {
    const search = readSearch({
      view: "offline",
      vendor: "ACME",
      online: "false",
      sort: "-name",
      nonsense: 1,
      model: {},
    });
    expect(search).toEqual({ view: "offline", vendor: ["ACME"], online: false, sort: "-name" });
    expect(readSearch({ view: "whatever", sort: "password" })).toEqual({});
  });

  it("goes through the bar of filters and back unchanged", () => {
    const search = readSearch({ view: "faulted", q: "bay", site_id: ["a", "b"], online: true, sort: "name" });
    expect(withValues(search, valuesOf(search))).toEqual(search);
  });

  it("is narrowed by a search or a filter, not by a view or an order", () => {
    expect(isNarrowed({ view: "offline", sort: "name" })).toBe(false);
    expect(isNarrowed({ q: "x" })).toBe(true);
    expect(isNarrowed({ faulted: true })).toBe(true);
  });
});

describe("the filter of the API", () => {
  it("leaves retired chargers out unless they are asked for", () => {
    expect(filterOf({})).toEqual({ retired: "false" });
    expect(filterOf({ retired: true })).toEqual({ retired: "true" });
  });

  it("takes texts by their beginning, sites with those below them, and codes exactly", () => {
    expect(filterOf({ vendor: ["AC"], site_id: ["s"], status: ["faulted"] })).toEqual({
      retired: "false",
      "vendor[prefix]": ["AC"],
      "places[contains_any]": ["s"],
      status: ["faulted"],
    });
  });

  it("tells apart who is away and who never came", () => {
    expect(filterOf({ view: "offline" })).toMatchObject({ online: "false", ever_connected: "true" });
    expect(filterOf({ view: "never" })).toMatchObject({ ever_connected: "false" });
  });
});

describe("targets", () => {
  it("are the filter where everything that matches is meant", () => {
    expect(filtersOf(new Set(), true, { q: "x" })).toEqual([{ retired: "false", q: "x" }]);
  });

  it("are at most a hundred ids each", () => {
    const ids = new Set(Array.from({ length: 250 }, (_, index) => String(index)));
    const filters = filtersOf(ids, false, {});
    expect(filters.map(({ id }) => id?.length)).toEqual([100, 100, 50]);
    expect(filters.flatMap(({ id }) => id)).toEqual([...ids]);
  });

  it("stand in the address of a file, each value by itself", () => {
    expect(exportPath({ id: ["a&b", "c"] }, "csv", "-name")).toBe(
      "/api/v1/chargers?format=csv&id=a%26b&id=c&sort=-name",
    );
  });
});
