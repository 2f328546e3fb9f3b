// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { heapsOf, pathOf, pictureOf } from "./geography";

function point(name: string, latitude: number, longitude: number, chargers: Record<string, number>) {
  return { site_id: name, name, latitude, longitude, site_ids: [name], chargers };
}

const points = [
  point("Hamburg", 53.5, 10, { available: 3 }),
  point("Altona", 53.6, 9.9, { offline: 1, available: 1 }),
  point("Munich", 48.1, 11.6, { faulted: 2, in_use: 1 }),
];

test("the picture holds all points, with room around them", () => {
  expect(pictureOf([])).toBeNull();
  const picture = pictureOf(points);
  if (!picture) throw new Error("no picture");
  expect(picture.width / picture.height).toBeCloseTo(16 / 9);
  for (const { left, top } of heapsOf(points, picture)) {
    expect(left).toBeGreaterThan(5);
    expect(left).toBeLessThan(95);
    expect(top).toBeGreaterThan(5);
    expect(top).toBeLessThan(95);
  }
});

test("neighbours are one, as bad as the worst of them", () => {
  const picture = pictureOf(points);
  if (!picture) throw new Error("no picture");
  const heaps = heapsOf(points, picture);
  expect(heaps).toHaveLength(2);
  expect(heaps.find(({ name }) => name === "Hamburg, Altona")).toMatchObject({
    worst: "offline",
    worstCount: 1,
    total: 5,
  });
  expect(heaps.find(({ name }) => name === "Munich")).toMatchObject({ worst: "faulted", worstCount: 2, total: 3 });
  expect(heaps.find(({ name }) => name === "Munich")?.to).toBe("/map?at=48.1000%2C11.6000%2C13.0");
});

test("land is a path; the pole is not beyond all bounds", () => {
  const ring: [number, number][] = [
    [0, 0],
    [10, 0],
    [10, 90],
    [0, 0],
  ];
  const path = pathOf({
    type: "FeatureCollection",
    features: [{ type: "Feature", geometry: { type: "Polygon", coordinates: [ring] }, properties: { name: "x" } }],
  });
  expect(path).toMatch(/^M0\.00 -?0\.00L10\.00 -?0\.00L10\.00 -17\d\.\d\dL/);
});
