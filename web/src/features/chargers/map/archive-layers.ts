// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/**
 * How the tiles of an archive are drawn: in the colours of the app, whatever the layers are called. Known are the names
 * of Protomaps, of OpenMapTiles and of Shortbread; of an archive with none of them every layer is drawn plainly.
 */
import type { MapOptions } from "maplibre-gl";

type Style = Exclude<NonNullable<MapOptions["style"]>, string>;
export type Layer = Style["layers"][number];
type Filter = Extract<Layer, { type: "fill" }>["filter"];

export type Colours = Readonly<Record<"sea" | "land" | "green" | "building" | "road" | "border", string>>;

/** What of the tiles has a name that is shown, and what the sign of a name begins with. */
export const NAME_SIGN = "t|";

const NAMES = {
  land: ["earth"],
  green: ["landcover", "globallandcover", "landuse", "landuse_overlay", "park", "land"],
  water: ["ocean", "water", "water_polygons"],
  rivers: ["water", "waterway", "water_lines"],
  buildings: ["buildings", "building"],
  roads: ["roads", "transportation", "streets"],
  borders: ["boundaries", "boundary"],
  places: ["places", "place", "place_labels"],
} as const;

// each schema has a word of its own for what something is
const KIND = ["to-string", ["coalesce", ["get", "kind"], ["get", "class"], ""]];
const DETAIL = ["to-string", ["coalesce", ["get", "kind_detail"], ["get", "class"], ["get", "kind"], ""]];

const GREEN =
  "allotments cemetery dog_park farmland forest garden golf_course grass grassland heath meadow national_park nature_reserve orchard park pitch playground protected_area recreation_ground scrub village_green vineyard wetland wood";
const LARGE = "highway major_road motorway primary trunk";
const SMALL = "ferry path pedestrian footway cycleway steps track transit rail";
const TOWNS = "capital city state_capital town";
const VILLAGES = "hamlet neighbourhood quarter suburb village";

function isOne(of: unknown, words: string): unknown[] {
  return ["in", of, ["literal", words.split(" ")]];
}

function shaped(shape: "Polygon" | "LineString" | "Point", ...further: unknown[]): Filter {
  return ["all", ["==", ["geometry-type"], shape], ...further] as Filter;
}

function widths(...stops: number[]): never {
  return ["interpolate", ["exponential", 1.5], ["zoom"], ...stops] as never;
}

export function layersOf(source: string, inside: readonly string[], colours: Colours, language: string): Layer[] {
  const known = Object.values(NAMES).flat() as string[];
  if (!inside.some((name) => known.includes(name))) return plainly(source, inside, colours);
  const each = (what: keyof typeof NAMES, make: (common: Common) => Layer[]): Layer[] =>
    NAMES[what]
      .filter((name) => inside.includes(name))
      .flatMap((name) => make({ id: `tiles-${what}-${name}`, source, "source-layer": name }));
  const filled = (what: keyof typeof NAMES, colour: string, ...further: unknown[]) =>
    each(what, (common) => [
      { ...common, type: "fill", filter: shaped("Polygon", ...further), paint: { "fill-color": colour } },
    ]);
  const lined = (what: keyof typeof NAMES, colour: string, width: never) =>
    each(what, (common) => [
      {
        ...common,
        type: "line",
        filter: shaped("LineString"),
        paint: { "line-color": colour, "line-width": width },
      },
    ]);
  return [
    ...filled("land", colours.land),
    ...filled("green", colours.green, isOne(KIND, GREEN)),
    ...filled("water", colours.sea),
    ...lined("rivers", colours.sea, widths(8, 0.5, 16, 4)),
    ...filled("buildings", colours.building),
    ...each("roads", (common) => roads(common, colours)),
    ...lined("borders", colours.border, widths(4, 0.5, 10, 1.5)),
    ...each("places", (common) => places(common, language)),
  ];
}

function number(property: string): unknown[] {
  return ["to-number", ["get", property], 0];
}

interface Common {
  id: string;
  source: string;
  "source-layer": string;
}

function roads(common: Common, { road }: Colours): Layer[] {
  const line = (id: string, filter: unknown[], width: never, minzoom: number): Layer => ({
    ...common,
    id: `${common.id}-${id}`,
    type: "line",
    minzoom,
    filter: shaped("LineString", filter),
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": road, "line-width": width },
  });
  return [
    line("paths", isOne(KIND, SMALL), widths(13, 0.5, 18, 2), 13),
    line("small", ["!", isOne(KIND, `${LARGE} ${SMALL}`)], widths(10, 0.5, 18, 12), 10),
    line("large", isOne(KIND, LARGE), widths(5, 0.5, 18, 22), 5),
  ];
}

function places(common: Common, language: string): Layer[] {
  const name = ["coalesce", ["get", `name:${language}`], ["get", `name_${language}`], ["get", "name"], ""];
  const signs = (id: string, words: string, minzoom: number): Layer => ({
    ...common,
    id: `${common.id}-${id}`,
    type: "symbol",
    minzoom,
    filter: shaped("Point", isOne(DETAIL, words), ["!=", name, ""]),
    layout: {
      "icon-image": ["concat", NAME_SIGN, name] as never,
      "icon-padding": 4,
      // the larger first: one schema counts people or classes of them upwards, another ranks downwards
      "symbol-sort-key": [
        "-",
        ["-", number("rank"), number("population_rank")],
        ["/", number("population"), 1e6],
      ] as never,
    },
  });
  return [signs("villages", VILLAGES, 12), signs("towns", TOWNS, 5)];
}

function plainly(source: string, inside: readonly string[], colours: Colours): Layer[] {
  return inside.flatMap((name): Layer[] => [
    {
      id: `tiles-${name}`,
      source,
      "source-layer": name,
      type: "fill",
      filter: shaped("Polygon"),
      paint: { "fill-color": colours.green, "fill-outline-color": colours.border },
    },
    {
      id: `tiles-${name}-lines`,
      source,
      "source-layer": name,
      type: "line",
      filter: shaped("LineString"),
      paint: { "line-color": colours.border },
    },
  ]);
}
