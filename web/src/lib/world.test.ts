// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

import { afterEach, expect, test, vi } from "vitest";

import { readCountries, ringsOf, unrolled, type Ring } from "./world";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("an outline goes on beyond the edge of the world", () => {
  const fiji: Ring = [
    [178, -16],
    [-179, -16],
    [-179, -18],
    [178, -18],
    [178, -16],
  ];
  expect(unrolled(fiji).map(([longitude]) => longitude)).toEqual([178, 181, 181, 178, 178]);
  const antarctica: Ring = [
    [-180, -70],
    [-60, -70],
    [60, -70],
    [179, -70],
    [-180, -70],
  ];
  expect(unrolled(antarctica).slice(-3)).toEqual([
    [180, -90],
    [-180, -90],
    [-180, -70],
  ]);
});

test.each(["50m", "110m"])("no outline of the %s world jumps across it", async (scale) => {
  const file = readFileSync(`node_modules/world-atlas/countries-${scale}.json`);
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(file)));
  const { features } = await readCountries("/world.json");
  expect(features.length).toBeGreaterThan(150);
  const steps = features.flatMap(ringsOf).flatMap((ring) =>
    ring.slice(1).map(([longitude, latitude], index) => {
      const before = ring[index];
      return before && Math.abs(latitude) < 90 ? Math.abs(longitude - before[0]) : 0;
    }),
  );
  expect(Math.max(...steps.filter((step) => step < 360))).toBeLessThan(180);
});

test("a world that cannot be had is an error", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("", { status: 404 })));
  await expect(readCountries("/world.json")).rejects.toThrow("404");
});
