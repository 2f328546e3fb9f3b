// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** How a map in one file is drawn. Loaded where a map is one. */
import type { MapOptions } from "maplibre-gl";

import { openArchive } from "@/features/chargers/map/archive";
import { layersOf } from "@/features/chargers/map/archive-layers";

type StyleSpecification = Exclude<NonNullable<MapOptions["style"]>, string>;

/** An archive, where it has something: above the built-in map, in the same colours. */
export async function archiveStyle(
  address: string,
  language: string,
  base: StyleSpecification,
  colour: (name: string) => string,
): Promise<StyleSpecification> {
  const { isPicture, layers, tiles, ...about } = await openArchive(address);
  const own = base.layers.filter(({ id }) => id !== "names");
  const names = base.layers.filter(({ id }) => id === "names");
  if (isPicture) {
    const sources = { ...base.sources, tiles: { type: "raster", tiles, tileSize: 256, ...about } as const };
    return { ...base, sources, layers: [...own, { id: "tiles", type: "raster", source: "tiles" }] };
  }
  const colours = {
    sea: colour("map-sea"),
    land: colour("map-land"),
    green: colour("map-green"),
    building: colour("map-building"),
    road: colour("map-road"),
    border: colour("map-border"),
  };
  const [west, south, east, north] = about.bounds;
  const corners = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  const frame = { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [corners] } };
  const sources = { ...base.sources, frame: { type: "geojson", data: frame as never } as const };
  return {
    ...base,
    sources: { ...sources, tiles: { type: "vector", tiles, ...about } },
    layers: [
      ...own,
      // where tiles draw nothing but water on land, the coast of the built-in map, which is less exact, goes below it
      ...(layers.includes("earth")
        ? []
        : [{ id: "frame", type: "fill", source: "frame", paint: { "fill-color": colours.land } } as const]),
      ...layersOf("tiles", layers, colours, language),
      ...names,
    ],
  };
}
