// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { layersOf } from "./archive-layers";
import { addressOf, isArchive } from "./model";

const COLOURS = { sea: "#001", land: "#002", green: "#003", building: "#004", road: "#005", border: "#006" };

function idsOf(...inside: string[]): string[] {
  return layersOf("tiles", inside, COLOURS, "de").map(({ id }) => id);
}

test("tiles of the usual schemas are drawn from the ground up to the names", () => {
  expect(idsOf("boundaries", "buildings", "earth", "landuse", "places", "pois", "roads", "water")).toEqual([
    "tiles-land-earth",
    "tiles-green-landuse",
    "tiles-water-water",
    "tiles-rivers-water",
    "tiles-buildings-buildings",
    "tiles-roads-roads-paths",
    "tiles-roads-roads-small",
    "tiles-roads-roads-large",
    "tiles-borders-boundaries",
    "tiles-places-places-villages",
    "tiles-places-places-towns",
  ]);
  expect(idsOf("transportation", "landcover", "place")).toEqual([
    "tiles-green-landcover",
    "tiles-roads-transportation-paths",
    "tiles-roads-transportation-small",
    "tiles-roads-transportation-large",
    "tiles-places-place-villages",
    "tiles-places-place-towns",
  ]);
  expect(idsOf("ocean", "water_lines", "streets", "place_labels")[0]).toBe("tiles-water-ocean");
});

test("tiles of a schema that nobody knows are drawn all the same", () => {
  expect(idsOf("plots")).toEqual(["tiles-plots", "tiles-plots-lines"]);
  expect(idsOf()).toEqual([]);
});

test("an archive is told from a style by its name", () => {
  const here = "https://csms.example/map?at=1,2,3";
  expect(addressOf(undefined, here)).toBeNull();
  expect(addressOf("builtin", here)).toBeNull();
  expect(addressOf("/maps/europe.pmtiles", here)).toBe("https://csms.example/maps/europe.pmtiles");
  expect(isArchive("https://maps.example/europe.pmtiles?key=1")).toBe(true);
  expect(isArchive("https://maps.example/style.json?of=europe.pmtiles")).toBe(false);
});
