// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { Site } from "@/api/types.gen";
import {
  addressOf,
  allDay,
  chargerFamily,
  hoursOf,
  kindOf,
  narrowed,
  possibleParents,
  treeOf,
} from "@/features/sites/model";

function site(id: string, parent: string | null, path: string[], rest: Partial<Site> = {}): Site {
  return {
    id,
    parent_id: parent,
    path,
    name: id,
    street: null,
    postal_code: null,
    city: null,
    country: null,
    latitude: null,
    longitude: null,
    time_zone: null,
    opening_hours: null,
    note: null,
    chargers: 0,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    ...rest,
  };
}

const SITES = [
  site("b", null, ["b"]),
  site("a2", "a", ["a", "a2"], { city: "Bonn" }),
  site("a", null, ["a"]),
  site("deep", "a2", ["a", "a2", "deep"]),
  site("lost", "gone", ["gone", "lost"]),
];

test("each site is below the one that it lies in", () => {
  expect(treeOf(SITES).map(({ site: { id }, depth }) => [id, depth])).toEqual([
    ["a", 0],
    ["a2", 1],
    ["deep", 2],
    ["b", 0],
    ["lost", 0],
  ]);
});

test("what matches is seen where it lies", () => {
  expect(narrowed(treeOf(SITES), "bonn").map(({ site: { id } }) => id)).toEqual(["a", "a2"]);
  expect(narrowed(treeOf(SITES), " ")).toHaveLength(5);
});

test("a site cannot lie in itself", () => {
  const [, a2] = SITES;
  expect(possibleParents(SITES, a2).map(({ id }) => id)).toEqual(["b", "a", "lost"]);
});

test("an address is what there is of it", () => {
  expect(addressOf({ street: "Ring 1", postal_code: null, city: "Bonn" })).toBe("Ring 1, Bonn");
  expect(addressOf({ street: null, postal_code: null, city: null })).toBeNull();
});

test("opening hours are in order, and named where they are simple", () => {
  const hours = hoursOf({
    opening_hours: [
      { weekday: 2, begin: "08:00:00", end: "18:00:00" },
      { weekday: 1, begin: "13:00:00", end: "24:00" },
    ],
  });
  expect(hours).toEqual([
    { weekday: 1, begin: "13:00", end: "24:00" },
    { weekday: 2, begin: "08:00", end: "18:00" },
  ]);
  expect([kindOf(hours), kindOf([]), kindOf(null), kindOf(allDay())]).toEqual(["some", "never", "unknown", "always"]);
});

test("a charger is as bad as its worst connector, unless it is away", () => {
  const connectors = [{ state: "available" }, { state: "faulted" }] as Parameters<
    typeof chargerFamily
  >[0]["connectors"];
  expect(chargerFamily({ online: true, status: "available", connectors })).toBe("faulted");
  expect(chargerFamily({ online: false, status: "available", connectors })).toBe("offline");
  expect(chargerFamily({ online: true, status: "charging", connectors: [] })).toBe("in_use");
});
