// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import { boxOf, countsOf, inOrder, isWithin, readCamera, stationOf, writeCamera } from "./model";

const point = { site_id: "1", name: "Nord", latitude: 53, longitude: 10, site_ids: ["1"], chargers: {} };

describe("stations", () => {
  test("are as bad as their worst charger", () => {
    const station = stationOf({ ...point, chargers: { available: 3, offline: 1, in_use: 2 } });
    expect(station).toMatchObject({ worst: "offline", total: 6 });
    expect(countsOf(station).map(({ family }) => family)).toEqual(["offline", "in_use", "available"]);
    expect(stationOf(point)).toMatchObject({ worst: "available", total: 0 });
  });

  test("that need attention come first, then by name", () => {
    const [bad, second, tenth] = [
      stationOf({ ...point, name: "Z", chargers: { faulted: 1 } }),
      stationOf({ ...point, name: "Hof 2", chargers: { available: 1 } }),
      stationOf({ ...point, name: "Hof 10", chargers: { available: 1 } }),
    ];
    expect(inOrder([tenth, second, bad], "de")).toEqual([bad, second, tenth]);
  });
});

describe("what is looked at", () => {
  const fiji = { latitude: -17, longitude: 178 };
  const samoa = { latitude: -14, longitude: -172 };

  test("may lie across the line where days begin", () => {
    const box = [170, -20, 190, -10] as const;
    expect(isWithin(fiji, box)).toBe(true);
    expect(isWithin(samoa, box)).toBe(true);
    expect(isWithin({ latitude: -15, longitude: 160 }, box)).toBe(false);
    expect(isWithin({ latitude: -15, longitude: -160 }, box)).toBe(false);
    expect(isWithin(samoa, [-190, -20, -170, -10])).toBe(true);
    expect(isWithin(fiji, [-190, -20, -170, -10])).toBe(true);
    expect(isWithin({ latitude: 80, longitude: 0 }, [-300, -85, 300, 85])).toBe(true);
    expect(isWithin({ latitude: 86, longitude: 0 }, [-300, -85, 300, 85])).toBe(false);
  });

  test("holds all places, over the shorter way", () => {
    expect(boxOf([])).toBeNull();
    expect(boxOf([fiji])).toEqual([178, -17, 178, -17]);
    expect(boxOf([fiji, samoa])).toEqual([178, -17, 188, -14]);
    expect(
      boxOf([
        { latitude: 53, longitude: 10 },
        { latitude: 48, longitude: -3 },
      ]),
    ).toEqual([-3, 48, 10, 53]);
  });

  test("stands in the address, if it means something", () => {
    expect(writeCamera({ center: [190, 52.5], zoom: 9.123 })).toBe("52.50000,-170.00000,9.12");
    expect(readCamera("52.5,13.4,9.12")).toEqual({ center: [13.4, 52.5], zoom: 9.12 });
    for (const wrong of [undefined, "", "1,2", "91,0,3", "0,181,3", "0,0,-1", "a,b,c", "1,2,3,4"]) {
      expect(readCamera(wrong)).toBeNull();
    }
  });
});
