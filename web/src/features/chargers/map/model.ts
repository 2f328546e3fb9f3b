// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What is where: points of the map as the list shows them, and the piece of the world that is looked at. */
import type { MapPoint } from "@/api/types.gen";
import type { StatusFamily } from "@/kit";

/** The worst last: its place here is its rank on the map. */
export const RANKS: readonly StatusFamily[] = ["available", "in_use", "reserved", "unavailable", "offline", "faulted"];

export interface Station extends MapPoint {
  worst: StatusFamily;
  total: number;
}

export interface Count {
  family: StatusFamily;
  count: number;
}

/** The worst first. */
export function countsOf({ chargers }: Pick<MapPoint, "chargers">): Count[] {
  return RANKS.toReversed().flatMap((family) => {
    const count = chargers[family] ?? 0;
    return count > 0 ? [{ family, count }] : [];
  });
}

export function stationOf(point: MapPoint): Station {
  const counts = countsOf(point);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  return { ...point, worst: counts[0]?.family ?? "available", total };
}

/** West, south, east, north; west may be beyond -180, and east beyond 180. */
export type Box = readonly [west: number, south: number, east: number, north: number];

type Place = Pick<MapPoint, "latitude" | "longitude">;

export function isWithin({ latitude, longitude }: Place, [west, south, east, north]: Box): boolean {
  if (latitude < south || latitude > north) return false;
  if (east - west >= 360) return true;
  // the world goes round: the same place is met again after 360 degrees
  const turns = Math.ceil((west - longitude) / 360);
  return longitude + turns * 360 <= east;
}

/** What needs attention first, then by name. */
export function inOrder(stations: readonly Station[], language: string): Station[] {
  const { compare } = new Intl.Collator(language, { numeric: true });
  return stations.toSorted(
    (one, other) => RANKS.indexOf(other.worst) - RANKS.indexOf(one.worst) || compare(one.name, other.name),
  );
}

/** All of them, or null where there is none. Over the shorter way: Fiji and Samoa are neighbours. */
export function boxOf(places: readonly Place[]): Box | null {
  if (!places.length) return null;
  const latitudes = places.map(({ latitude }) => latitude);
  const longitudes = places.map(({ longitude }) => longitude).toSorted((one, other) => one - other);
  let [west, east] = [longitudes[0] ?? 0, longitudes.at(-1) ?? 0];
  let widest = 360 - (east - west);
  for (let index = 1; index < longitudes.length; index++) {
    const [before, here] = [longitudes[index - 1] ?? 0, longitudes[index] ?? 0];
    if (here - before > widest) [widest, west, east] = [here - before, here, before + 360];
  }
  const south = latitudes.reduce((least, each) => Math.min(least, each), 90);
  const north = latitudes.reduce((most, each) => Math.max(most, each), -90);
  return [west, south, east, north];
}

/** What is set up, as browsers ask for it; null is the map that asks nobody. */
export function addressOf(style: string | undefined, here: string): string | null {
  return style === undefined || style === "builtin" ? null : new URL(style, here).href;
}

/** A file that cannot be had, or is no archive of tiles. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** One file with all tiles, instead of a style. */
export function isArchive(address: string): boolean {
  return new URL(address).pathname.endsWith(".pmtiles");
}

export interface Camera {
  center: [longitude: number, latitude: number];
  zoom: number;
}

const DIGITS = 5;

/** In the address: latitude, longitude and zoom. */
export function writeCamera({ center: [longitude, latitude], zoom }: Camera): string {
  const turned = ((((longitude + 180) % 360) + 360) % 360) - 180;
  return [latitude.toFixed(DIGITS), turned.toFixed(DIGITS), zoom.toFixed(2)].join(",");
}

export function readCamera(text: string | undefined): Camera | null {
  const parts = text?.split(",").map(Number) ?? [];
  const [latitude = Number.NaN, longitude = Number.NaN, zoom = Number.NaN] = parts;
  const isOne = parts.length === 3 && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && zoom >= 0 && zoom <= 24;
  return isOne ? { center: [longitude, latitude], zoom } : null;
}
