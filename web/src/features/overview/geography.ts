// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A small picture of the world: which part of it is shown, and what lies there together. */
import type { MapPoint } from "@/api/types.gen";
import type { StatusFamily } from "@/kit";
import { ringsOf, type Countries, type Ring } from "@/lib/world";

/** A piece of the world in the projection of Mercator, in degrees. */
export interface Picture {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Heap {
  key: string;
  /** In percent of the picture. */
  left: number;
  top: number;
  worst: StatusFamily;
  worstCount: number;
  total: number;
  name: string;
  to: string;
}

const RATIO = 16 / 9;
const LEAST = 4;
const ROOM = 1.35;
const CELLS = 6;
const WORST: readonly StatusFamily[] = ["faulted", "offline", "unavailable", "reserved", "in_use", "available"];
const MOST_LATITUDE = 85;

function down(latitude: number): number {
  const clamped = Math.max(-MOST_LATITUDE, Math.min(MOST_LATITUDE, latitude));
  return -Math.log(Math.tan(Math.PI / 4 + (clamped * Math.PI) / 360)) * (180 / Math.PI);
}

/** Around all points, with something to see around them; null where there is none. */
export function pictureOf(points: readonly MapPoint[]): Picture | null {
  if (!points.length) return null;
  let [west, east, north, south] = [180, -180, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { longitude, latitude } of points) {
    const y = down(latitude);
    [west, east] = [Math.min(west, longitude), Math.max(east, longitude)];
    [north, south] = [Math.min(north, y), Math.max(south, y)];
  }
  const width = Math.max((east - west) * ROOM, (south - north) * ROOM * RATIO, LEAST * RATIO);
  const height = width / RATIO;
  return { x: (west + east - width) / 2, y: (north + south - height) / 2, width, height };
}

/** What would lie on top of each other is one. */
export function heapsOf(points: readonly MapPoint[], { x, y, width, height }: Picture): Heap[] {
  const cells = new Map<string, MapPoint[]>();
  for (const point of points) {
    const column = Math.floor(((point.longitude - x) / width) * CELLS);
    const row = Math.floor(((down(point.latitude) - y) / height) * CELLS);
    const key = `${column} ${row}`;
    const there = cells.get(key);
    if (there) there.push(point);
    else cells.set(key, [point]);
  }
  return [...cells].map(([key, there]) => heapOf(key, there, { x, y, width, height }));
}

function heapOf(key: string, there: readonly MapPoint[], { x, y, width, height }: Picture): Heap {
  const longitude = there.reduce((sum, each) => sum + each.longitude, 0) / there.length;
  const latitude = there.reduce((sum, each) => sum + each.latitude, 0) / there.length;
  const countOf = (family: StatusFamily) => there.reduce((sum, { chargers }) => sum + (chargers[family] ?? 0), 0);
  const worst = WORST.find((family) => countOf(family) > 0) ?? "available";
  const zoom = there.length > 1 ? Math.log2(360 / width) + 3 : 13;
  return {
    key,
    left: ((longitude - x) / width) * 100,
    top: ((down(latitude) - y) / height) * 100,
    worst,
    worstCount: countOf(worst),
    total: WORST.reduce((sum, family) => sum + countOf(family), 0),
    name: there
      .map(({ name }) => name)
      .slice(0, 3)
      .join(", "),
    to: `/map?at=${encodeURIComponent([latitude.toFixed(4), longitude.toFixed(4), zoom.toFixed(1)].join(","))}`,
  };
}

function line(ring: Ring): string {
  const points = ring.map(([longitude, latitude]) => `${longitude.toFixed(2)} ${down(latitude).toFixed(2)}`);
  return `M${points.join("L")}Z`;
}

/** All land, as a path of SVG. */
export function pathOf({ features }: Countries): string {
  return features.flatMap((country) => ringsOf(country).map(line)).join("");
}
