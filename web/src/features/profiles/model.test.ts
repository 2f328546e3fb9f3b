// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";

import type { ChargingProfile } from "@/api/types.gen";
import {
  clockOf,
  compositeOf,
  curveOf,
  draftOf,
  faultsOf,
  newPeriod,
  profileOf,
  rangeOf,
  secondsOf,
} from "@/features/profiles/model";

const NIGHT: ChargingProfile = {
  stack_level: 1,
  purpose: "tx_default_profile",
  kind: "recurring",
  recurrency: "daily",
  schedules: [
    {
      id: 1,
      unit: "A",
      start_at: "2027-01-01T00:00:00Z",
      periods: [
        { start_s: 0, limit: 16, number_phases: 3 },
        { start_s: 25_200, limit: 6, phase_to_use: 1 },
      ],
    },
  ],
};

test("clocks count hours beyond a day", () => {
  expect([0, 27_000, 91_800].map(clockOf)).toEqual(["0:00", "7:30", "25:30"]);
  expect(["7:30", "25:30", "8", "x", "7:60"].map(secondsOf)).toEqual([27_000, 91_800, 28_800, null, null]);
});

test("what the editor does not know of a profile stays", () => {
  expect(profileOf(draftOf(NIGHT), NIGHT)).toEqual(NIGHT);
  const changed = profileOf({ ...draftOf(NIGHT), kind: "relative", stackLevel: 4 }, NIGHT);
  expect(changed.recurrency).toBeUndefined();
  expect(changed.schedules[0]).toEqual({ ...NIGHT.schedules[0], start_at: undefined });
  expect(changed.schedules[0]?.periods[1]?.phase_to_use).toBe(1);
});

const faults = (...starts: string[]) => {
  const periods = starts.map((start) => newPeriod(start, 6));
  return [...faultsOf({ ...draftOf(), periods }).values()];
};

test("periods begin at the beginning, and follow each other", () => {
  expect(faults("0:00", "7:00")).toEqual([]);
  expect(faults("1:00", "7:00")).toEqual(["first"]);
  expect(faults("0:00", "7:00", "7:00")).toEqual(["order"]);
  expect(faults("0:00", "soon")).toEqual(["start"]);
  expect(faults("0:00", "24:00")).toEqual(["beyond"]);
  expect([...faultsOf({ ...draftOf(), periods: [newPeriod()] }).values()]).toEqual(["limit"]);
});

describe("what is drawn", () => {
  test("goes on to the end of the day it recurs in", () => {
    const { points, isElapsed } = curveOf(NIGHT);
    expect(isElapsed).toBe(false);
    expect(points.map(([at, limit]) => [new Date(at).toISOString(), limit])).toEqual([
      ["2027-01-01T00:00:00.000Z", 16],
      ["2027-01-01T07:00:00.000Z", 6],
      ["2027-01-02T00:00:00.000Z", 6],
    ]);
    expect(rangeOf(NIGHT)).toEqual({ from: 6, to: 16, unit: "A" });
  });

  test("without an end goes on a while", () => {
    const open: ChargingProfile = {
      ...NIGHT,
      kind: "relative",
      schedules: [{ unit: "W", periods: [{ start_s: 0, limit: 7 }] }],
    };
    expect(curveOf(open)).toEqual({
      points: [
        [0, 7],
        [3_600_000, 7],
      ],
      isElapsed: true,
    });
  });
});

test("composite schedules are read from the answers of both generations", () => {
  const periods = [
    { startPeriod: 0, limit: 10 },
    { startPeriod: 60, limit: 6 },
  ];
  const at = "2027-01-01T00:00:00Z";
  const begin = Date.parse(at);
  const points = [
    [begin, 10],
    [begin + 60_000, 6],
    [begin + 120_000, 6],
  ];
  const schedule = { duration: 120, chargingRateUnit: "A", chargingSchedulePeriod: periods };
  expect(compositeOf({ scheduleStart: at, chargingSchedule: schedule }, 0)).toEqual({ unit: "A", points });
  expect(compositeOf({ schedule: { ...schedule, scheduleStart: at, evseId: 1 } }, 0)).toEqual({ unit: "A", points });
  expect(compositeOf({ status: "Rejected" }, 0)).toBeNull();
});
