// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The map itself. What is on it is drawn here; what it means stands in the list beside it. */
import { addProtocol, Map as MapLibre, setWorkerUrl, type GeoJSONSource, type MapOptions } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import { ArchiveError, isArchive, RANKS, type Box, type Camera, type Station } from "@/features/chargers/map/model";
import { countSign, RATIO, wordsSign, type Sign } from "@/features/chargers/map/signs";
import { countryNames, loadWorld } from "@/features/chargers/map/world";

setWorkerUrl(workerUrl);
// a style of somebody else's may have sources of that kind as well
addProtocol("pmtiles", async (asked, abort) =>
  (await import("@/features/chargers/map/archive")).readTile(asked, abort),
);

type StyleSpecification = Exclude<NonNullable<MapOptions["style"]>, string>;

export interface ViewOptions {
  container: HTMLElement;
  /** The address of a style or of an archive of tiles, or nothing for the map that asks nobody. */
  style: string | null;
  language: string;
  title: string;
  camera: Camera | null;
  onMove: (box: Box, camera: Camera) => void;
  /** The id of a station's site. */
  onChoose: (site: string) => void;
  /** The style cannot be had. */
  onStyleLost: () => void;
  /** Something that it draws cannot be had. */
  onTilesLost: () => void;
}

const MOST_ZOOM = 18;
const NEAR_ZOOM = 14;
const CLUSTERED = { cluster: true, clusterRadius: 52, clusterMaxZoom: MOST_ZOOM - 2 };
const WORLD: Camera = { center: [8, 30], zoom: 1.2 };

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

async function ownStyle(): Promise<StyleSpecification> {
  const { countries, names } = await loadWorld();
  return {
    version: 8,
    sources: {
      world: { type: "geojson", data: countries as never, maxzoom: 10 },
      names: { type: "geojson", data: names as never, maxzoom: 8 },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": colour("map-sea") } },
      { id: "land", type: "fill", source: "world", paint: { "fill-color": colour("map-land") } },
      {
        id: "borders",
        type: "line",
        source: "world",
        paint: {
          "line-color": colour("map-border"),
          "line-width": ["interpolate", ["linear"], ["zoom"], 1, 0.5, 8, 1.5],
        },
      },
      {
        id: "names",
        type: "symbol",
        source: "names",
        minzoom: 1.5,
        layout: {
          "icon-image": ["concat", "n|", ["get", "code"], "|", ["get", "name"]],
          "icon-padding": 6,
          "symbol-sort-key": ["-", 0, ["get", "size"]],
        },
        paint: { "icon-opacity": ["interpolate", ["linear"], ["zoom"], 6.5, 1, 8, 0.4] },
      },
    ],
  };
}

/** An archive, where it has something: above the built-in map, in the same colours. */
async function inArchive(address: string, language: string): Promise<StyleSpecification> {
  const [base, { archiveStyle }] = await Promise.all([ownStyle(), import("@/features/chargers/map/archive-style")]);
  return archiveStyle(address, language, base, colour);
}

export class MapView {
  readonly #options: ViewOptions;
  readonly #map: MapLibre;
  readonly #count: (value: number) => string;
  readonly #nameOf: (code: string, english: string) => string;
  #stations: readonly Station[] = [];
  #chosen: string | null = null;
  #me: [longitude: number, latitude: number] | null = null;
  #isDrawn = false;
  #isGone = false;

  /** Throws where the browser has no WebGL 2. */
  constructor(options: ViewOptions) {
    const { container, language, title, camera, style } = options;
    const isElsewhere = style !== null && !isArchive(style);
    this.#options = options;
    const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
    const whole = new Intl.NumberFormat(language);
    this.#count = (value) => (value < 1_000 ? whole : short).format(value);
    this.#nameOf = countryNames(language);
    this.#map = new MapLibre({
      container,
      ...(camera ?? WORLD),
      minZoom: 0.5,
      maxZoom: MOST_ZOOM,
      attributionControl: style === null ? false : {},
      locale: { "Map.Title": title },
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      // without letters of a server, those of the browser are drawn
      ...(isElsewhere && { style }),
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.setMissingStyleImageResolver((id) => this.#draw(id));
    this.#map.on("style.load", () => this.#begin());
    this.#map.on("error", ({ error }) => {
      if (style === null) reportError(error); // it has all that it needs: that is a fault
      if (!this.#isDrawn) options.onStyleLost();
      else if (style !== null) options.onTilesLost();
    });
    this.#map.on("moveend", () => this.#tell());
    this.#hearClicks();
    if (!isElsewhere) void this.#paint(style === null ? ownStyle() : inArchive(style, language));
    this.#tell();
  }

  async #paint(made: Promise<StyleSpecification>): Promise<void> {
    try {
      const style = await made;
      if (!this.#isGone) this.#map.setStyle(style);
    } catch (error) {
      if (!(error instanceof ArchiveError)) reportError(error);
      if (!this.#isGone) this.#options.onStyleLost();
    }
  }

  remove(): void {
    this.#isGone = true;
    this.#map.remove();
  }

  get camera(): Camera {
    const { lng, lat } = this.#map.getCenter();
    return { center: [lng, lat], zoom: this.#map.getZoom() };
  }

  set stations(stations: readonly Station[]) {
    this.#stations = stations;
    void this.#source("stations")?.setData(this.#points() as never);
  }

  set chosen(site: string | null) {
    this.#chosen = site;
    if (this.#isDrawn) this.#map.setFilter("chosen", ["==", ["get", "site"], site ?? ""]);
  }

  zoom(by: number): void {
    this.#map.zoomTo(this.#map.getZoom() + by);
  }

  fit([west, south, east, north]: Box, isAtOnce = false): void {
    const bounds: [number, number, number, number] = [west, south, east, north];
    this.#map.fitBounds(bounds, { padding: 48, maxZoom: NEAR_ZOOM - 2, animate: !isAtOnce });
  }

  show({ longitude, latitude }: Pick<Station, "longitude" | "latitude">): void {
    this.#map.easeTo({ center: [longitude, latitude], zoom: Math.max(this.#map.getZoom(), NEAR_ZOOM) });
  }

  showMe(longitude: number, latitude: number): void {
    this.#me = [longitude, latitude];
    void this.#source("me")?.setData(this.#mine() as never);
    this.#map.easeTo({ center: this.#me, zoom: Math.max(this.#map.getZoom(), NEAR_ZOOM - 2) });
  }

  #tell(): void {
    const bounds = this.#map.getBounds();
    const box: Box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    this.#options.onMove(box, this.camera);
  }

  #source(id: string): GeoJSONSource | undefined {
    return this.#isDrawn ? this.#map.getSource<GeoJSONSource>(id) : undefined;
  }

  #points() {
    return {
      type: "FeatureCollection",
      features: this.#stations.map(({ site_id: site, name, longitude, latitude, worst, total }) => ({
        type: "Feature",
        geometry: { type: "Point", coordinates: [longitude, latitude] },
        properties: { site, name, worst: RANKS.indexOf(worst), total },
      })),
    };
  }

  #mine() {
    const features = this.#me && [
      { type: "Feature", geometry: { type: "Point", coordinates: this.#me }, properties: {} },
    ];
    return { type: "FeatureCollection", features: features ?? [] };
  }

  #begin(): void {
    const map = this.#map;
    this.#isDrawn = true;
    map.addSource("me", { type: "geojson", data: this.#mine() as never });
    map.addSource("stations", {
      type: "geojson",
      data: this.#points() as never,
      ...CLUSTERED,
      clusterProperties: { worst: ["max", ["get", "worst"]], total: ["+", ["get", "total"]] },
    });
    const accent = colour("accent");
    map.addLayer({
      id: "me",
      type: "circle",
      source: "me",
      paint: {
        "circle-radius": 7,
        "circle-color": accent,
        "circle-stroke-width": 3,
        "circle-stroke-color": colour("surface-raised"),
      },
    });
    map.addLayer({
      id: "chosen",
      type: "circle",
      source: "stations",
      filter: ["==", ["get", "site"], this.#chosen ?? ""],
      paint: {
        "circle-radius": 32,
        "circle-color": accent,
        "circle-opacity": 0.2,
        "circle-stroke-width": 2,
        "circle-stroke-color": accent,
      },
    });
    map.addLayer({
      id: "station-names",
      type: "symbol",
      source: "stations",
      filter: ["!", ["has", "point_count"]],
      minzoom: 6,
      layout: { "icon-image": ["concat", "s|", ["get", "name"]], "icon-anchor": "top", "icon-offset": [0, 17] },
    });
    const kind = ["case", ["has", "point_count"], "c|", "p|"];
    map.addLayer({
      id: "stations",
      type: "symbol",
      source: "stations",
      layout: {
        "icon-image": ["concat", kind, ["to-string", ["get", "worst"]], "|", ["to-string", ["get", "total"]]] as never,
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "worst"],
      },
    });
  }

  #draw(id: string): void {
    const sign = this.#sign(id);
    if (sign && !this.#map.hasImage(id)) this.#map.addImage(id, sign, { pixelRatio: RATIO });
  }

  #sign(id: string): Sign | null {
    const [kind, one = "", other = ""] = id.split("|");
    if (kind === "n") return wordsSign(this.#nameOf(one, other), "country");
    if (kind === "s") return wordsSign(id.slice(2), "station");
    if (kind === "t") return wordsSign(id.slice(2), "country");
    if (kind === "c" || kind === "p") return countSign(Number(one), this.#count(Number(other)), kind === "c");
    return null; // of a style of somebody else's
  }

  #hearClicks(): void {
    const map = this.#map;
    map.on("click", (event) => {
      if (!this.#isDrawn) return;
      const [found] = map.queryRenderedFeatures(event.point, { layers: ["stations"] });
      if (!found) return;
      const { cluster_id: cluster, site } = found.properties as { cluster_id?: number; site?: string };
      if (cluster === undefined) {
        if (site !== undefined) this.#options.onChoose(site);
        return;
      }
      const center = (found.geometry as unknown as { coordinates: [number, number] }).coordinates;
      const nearer = (zoom: number) => map.easeTo({ center, zoom: Math.min(zoom, MOST_ZOOM) });
      // some stations are at one place: then it is as near as it gets, and the list has them
      this.#source("stations")
        ?.getClusterExpansionZoom(cluster)
        .then(
          (zoom) => nearer(zoom + 0.3),
          () => nearer(map.getZoom() + 2), // it has changed meanwhile
        );
    });
    const point = (name: string) => () => {
      map.getCanvas().style.cursor = name;
    };
    map.on("mouseenter", "stations", point("pointer"));
    map.on("mouseleave", "stations", point(""));
  }
}
